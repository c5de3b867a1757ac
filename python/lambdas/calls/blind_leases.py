"""Who has a photo without the model's answer, and sends no driver anywhere: of the blind sample, or a known answer."""

from core.contract import answered_items, register
from core.contract.shapes import Json
from lambdas.calls import candidates
from lambdas.calls.api_settings import write_now
from lambdas.calls.caller import Caller

LATE_SECONDS = 600  # an answer that comes within them, after its lease, was meant for the sample


def is_blind(photo: Json, review: Json, caller: Caller) -> bool:
    """Not any more if its driver objects. A lead, who may correct any photo, has answered or left it at some time."""
    if answered_items.OBJECTED_AT in photo or not (photo["state"] == register.ROUTED or review.get("known")):
        return False
    if review.get("by") != caller.sub or not review.get("blind"):
        return False
    if not caller.leads:
        return True
    answered = candidates.has_answered(photo, review, caller.sub, "")
    return not answered and review["until"] >= write_now(-LATE_SECONDS)
