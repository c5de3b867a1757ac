"""POST /photos/{id}/objection: the driver says that the answer is wrong, and waits for a person again."""

from core.contract import register
from core.contract.shapes import Json
from lambdas.calls import photo_view, stored
from lambdas.calls.api_settings import write_now
from lambdas.calls.api_types import Objection
from lambdas.calls.asking import Ask, Reply
from lambdas.calls.problems import NothingToObject, PhotoNotFound

OBJECT = "SET #open = :waiting, #since = :now, #objected_at = :now REMOVE #objection"
ANSWERED = "#state = :routed AND attribute_not_exists(#open)"

NOTE = "SET #objected_at = :now REMOVE #objection"
NOT_TOLD = "#state = :routed AND #open = :untold"


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
        photo = beforehand(ask, refused.item)
    return Reply(202, Objection(ask.photo, photo["objected_at"]))


def beforehand(ask: Ask, photo: Json) -> Json:
    """The objection that there is, or one to a route that the sweep has yet to tell: it lets the driver wait then."""
    if photo_view.objection(photo) == register.WAITING:
        return photo
    try:
        return stored.photos(ask.given).update(
            ask.photo, NOTE, NOT_TOLD, untold=register.UNTOLD, routed=register.ROUTED, now=write_now()
        )
    except stored.Refused as refused:
        raise NothingToObject(f"it is {refused.item.get('state', 'gone')}") from refused
