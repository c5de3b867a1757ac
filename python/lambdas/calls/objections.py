"""POST /photos/{id}/objection: the driver says that the answer is wrong, and waits for a person again."""

from core.contract import register
from lambdas.calls import photo_view, stored
from lambdas.calls.api_settings import write_now
from lambdas.calls.api_types import Objection
from lambdas.calls.asking import Ask, Reply
from lambdas.calls.problems import NothingToObject, PhotoNotFound

OBJECT = "SET #open = :waiting, #since = :now, #objected_at = :now REMOVE #objection"
ANSWERED = "#state = :routed AND attribute_not_exists(#open)"


def object_to(ask: Ask) -> Reply:
    photos = stored.photos(ask.given)
    photo = photos.get(ask.photo)
    photo_view.check_there(photo)
    if photo.get("owner") != ask.caller.sub and not ask.caller.leads:
        raise PhotoNotFound(photo_view.NOBODYS)
    try:
        photo = photos.update(
            ask.photo, OBJECT, ANSWERED, waiting=register.WAITING, routed=register.ROUTED, now=write_now()
        )
    except stored.Refused as refused:
        photo = refused.item
        if photo_view.objection(photo) != register.WAITING:
            untold = photo.get("open") == register.UNTOLD
            state = "not told yet: try again in a minute" if untold else photo.get("state")
            raise NothingToObject(f"it is {state}") from refused
    return Reply(202, Objection(ask.photo, photo["objected_at"]))
