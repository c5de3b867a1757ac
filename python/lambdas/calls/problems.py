"""Why a call is refused. A problem's class is its name in the answer, after `urn:scones-unlimited:`."""

from typing import ClassVar

from lambdas.calls.api_types import ProblemDetails
from lambdas.calls.asking import Reply


class Problem(Exception):
    """The message says what is wrong with this call."""

    status: ClassVar[int]
    title: ClassVar[str]
    headers: ClassVar[dict[str, str]] = {}

    def reply(self) -> Reply:
        kind = f"urn:scones-unlimited:{type(self).__name__}"
        told = ProblemDetails(kind, self.title, self.status, str(self))
        return Reply(self.status, told, {"content-type": "application/problem+json", **self.headers})


class InvalidRequest(Problem):
    status, title = 400, "What was sent is not what the call takes"


class NotAllowed(Problem):
    status, title = 403, "The caller may not do this"


class PhotoNotFound(Problem):
    status, title = 404, "There is no such photo, or not for this caller"


class LeaseLost(Problem):
    status, title = 409, "The photo is not the caller's now"


class DecisionTaken(Problem):
    status, title = 409, "This number has another decision"


class DecisionTooLate(Problem):
    status, title = 409, "The decision has taken effect"


class NotDecidable(Problem):
    status, title = 409, "The photo cannot be decided now"


class NothingToObject(Problem):
    status, title = 409, "The photo has no answer that could be wrong"


class KeyReused(Problem):
    status, title = 422, "The Idempotency-Key was used for another photo"


class Unavailable(Problem):
    status, title = 503, "Try again in a moment"
    headers: ClassVar[dict[str, str]] = {"retry-after": "2"}
