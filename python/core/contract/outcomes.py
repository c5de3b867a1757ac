"""How a photo ends: by these names in results, in logs, and on every page and table; and why, if a function failed."""

import json

ACCEPTED = "accepted"  # the model is sure
REVIEW = "review"  # it is not: a person decides
FAILED = "failed"
OUTCOMES = (ACCEPTED, REVIEW, FAILED)
DUPLICATE = "duplicate"  # an execution's, and no photo's: another execution has the photo


def reason(cause: str) -> str:
    """What a failed function said: its message out of the JSON that Step Functions keeps."""
    try:
        return json.loads(cause)["errorMessage"]
    except (ValueError, KeyError, TypeError):
        return cause
