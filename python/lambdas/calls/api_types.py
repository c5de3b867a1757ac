"""What the API is sent and what it answers. The description in docs/openapi.json is made of these types."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from core.contract import guideline
from core.contract.events import LONGEST

# Neither control characters nor what is not seen or turns the writing's direction; for Python, `$` is before a last
# line feed as well.
VISIBLE = r"^[^\u0000-\u001f\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]*$(?!\n)"
PHOTO_ID = r"^[0-9a-f]{64}$"
MOST_PHOTOS, MOST_LEASED, LAST_NUMBER, MOST_SECONDS = 100, 20, 1000, 3600
ID = "c0ffee" + "0" * 58
TIME = "2026-11-27T12:00:05.000Z"

PhotoId = Annotated[str, Meta(pattern=PHOTO_ID, description="The photo's.", examples=[ID])]
Moment = Annotated[str, Meta(description="A time in UTC.", examples=[TIME])]
FileName = Annotated[str, Meta(min_length=1, max_length=255, pattern=VISIBLE, examples=["bay-2.png"])]
Source = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=LONGEST["source"],
        pattern=VISIBLE,
        description="Which camera or phone took the photo.",
        examples=["bay 2"],
    ),
]
Reference = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=LONGEST["reference"],
        pattern=VISIBLE,
        description="What the sender calls it: a driver, or an order.",
        examples=["order 4711"],
    ),
]
Label = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=VISIBLE,
        description="One that has a route, `other` with its kind in `vehicle`, `unusable`, or `cannot_tell`.",
        examples=["bicycle"],
    ),
]
Vehicle = Annotated[
    str, Meta(max_length=64, pattern=VISIBLE, description="Of `other`: what it is.", examples=["van"])
]
Seconds = Annotated[
    float, Meta(ge=0, le=MOST_SECONDS, description="How long the person looked.", examples=[1.8])
]
Number = Annotated[int, Meta(ge=1, le=LAST_NUMBER, description="Which decision on the photo.", examples=[1])]
Key = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=255,
        pattern=r"^[!-~]*$(?!\n)",
        description="Names the photo: the same key is the same photo, however often it is sent.",
        examples=["order-4711-1"],
    ),
]
Picture = Annotated[str, Meta(description="Where the picture is, for five minutes.")]
Decider = Literal["model", "person", "driver"]
PhotoState = Literal["expected", "claimed", "waiting", "routed", "decided", "failed"]


class Asked(Struct, forbid_unknown_fields=True):
    """What is sent has nothing else in it."""


class PhotoRequest(Asked):
    """A photo that is about to be uploaded."""

    file_name: FileName
    content_type: Literal["image/png", "image/jpeg"]
    source: Source | UnsetType = UNSET
    reference: Reference | UnsetType = UNSET


BY_STATE = (
    "Those in this state. A lead gives one of claimed, waiting, failed and untold, which is routed and not told yet, "
    "or a source or decided_by, and with these any state."
)
BY_TIME = (
    "Those from this time on, which has a zone, as Z. It is compared with when they were announced; in a lead's list "
    "by state with when they came into that state, where what nobody waits for has no time and is left out; in a "
    "lead's list by source with when they first came; and of a lead's decided_by it names the day, by UTC."
)
BY_DECIDER = (
    "For a lead: those that were first routed today, or on the day of since, and by whom; of person also those that "
    "people corrected on that day, found unusable, or looked at again because the driver objected."
)
BY_SOURCE = "Those of this camera or phone."
BY_CURSOR = "That of the page before, with the same query beside it: the page that follows."
BY_MOST = "How many are looked at for a page: of those it shows what is in the state and of the source."


class PhotoQuery(Asked):
    """Which photos, of one's own; a lead, who sees all, gives one of the open states, a source or who decided."""

    state: Annotated[PhotoState | Literal["untold"] | UnsetType, Meta(description=BY_STATE)] = UNSET
    since: Annotated[datetime, Meta(tz=True, description=BY_TIME)] | UnsetType = UNSET
    source: Annotated[Source, Meta(description=BY_SOURCE)] | UnsetType = UNSET
    decided_by: Annotated[Decider | UnsetType, Meta(description=BY_DECIDER)] = UNSET
    cursor: Annotated[str, Meta(max_length=2048, description=BY_CURSOR)] | UnsetType = UNSET
    most: Annotated[int, Meta(ge=1, le=MOST_PHOTOS, description=BY_MOST)] = 50


BY_LOT = "How many photos, if no driver waits: with 0 none but a driver's."
BY_BESIDES = "Photos that the caller has already: they are not given again, and another comes."
BY_TAKE = (
    "With false nobody gets a photo: what would come is in `next` alone, for a page at which nobody acts."
)


class LotRequest(Asked):
    """What a person is given."""

    most: Annotated[int, Meta(ge=0, le=MOST_LEASED, description=BY_LOT)] = 10
    besides: Annotated[list[PhotoId], Meta(max_length=MOST_LEASED, description=BY_BESIDES)] = []
    take: Annotated[bool, Meta(description=BY_TAKE)] = True


class DecisionRequest(Asked):
    """What a person sees on a photo."""

    label: Label
    vehicle: Vehicle = ""
    seconds: Seconds | UnsetType = UNSET


class Upload(Struct):
    """A form for exactly one photo: a POST as multipart/form-data, these fields first and `file` last."""

    url: str
    fields: dict[str, str]
    expires_at: Moment


class ExpectedPhoto(Struct):
    """A photo that may be uploaded now."""

    id: PhotoId
    upload: Upload


class Assignment(Struct):
    """Where the driver goes."""

    loading_bay: str
    max_distance_km: float


FOR_LEADS = "For a lead: the number of the decision that comes next, as a correction."
WHEN_DECIDED = "In a lead's list of what people decided on a day: when that was."
SHOWN_TO_LEADS = "For a lead: where the picture is, for five minutes."


class Photo(Struct):
    """What became of a photo. What is not known, or not so, is left out."""

    id: PhotoId
    state: PhotoState
    label: str | UnsetType = UNSET
    vehicle: str | UnsetType = UNSET
    confidence: float | UnsetType = UNSET
    decided_by: Decider | UnsetType = UNSET
    assignment: Assignment | UnsetType = UNSET
    routed_at: Moment | UnsetType = UNSET
    decided_at: Annotated[Moment, Meta(description=WHEN_DECIDED)] | UnsetType = UNSET
    source: str | UnsetType = UNSET
    reference: str | UnsetType = UNSET
    problem: Annotated[str, Meta(description="By what name it failed.")] | UnsetType = UNSET
    objection: Literal["waiting", "answered", "unusable"] | UnsetType = UNSET
    number: Annotated[Number, Meta(description=FOR_LEADS)] | UnsetType = UNSET
    picture: Annotated[Picture, Meta(description=SHOWN_TO_LEADS)] | UnsetType = UNSET


class Photos(Struct):
    """A page of photos, the oldest first, and of a day by their ids.

    There are more if it has a cursor, even if it has no photo.
    """

    photos: list[Photo]
    cursor: str | UnsetType = UNSET


class Objection(Struct):
    """A photo that a person looks at, because its driver says that the answer is wrong."""

    id: PhotoId
    objected_at: Moment


class LeasedPhoto(Struct):
    """A photo that is one person's until then, and the number of the decision that comes next."""

    id: PhotoId
    number: Number
    picture: Picture
    until: Moment
    waits_since: Annotated[str, Meta(description="When its driver began to wait.")] | UnsetType = UNSET


class NextPhoto(Struct):
    """A photo that may come next. It is nobody's yet."""

    id: PhotoId
    picture: Picture


FREE = "Where nothing is taken: whether what would come is a driver's, which nobody has."


class Lot(Struct):
    """The photo of a driver who waits, or several for which nobody does."""

    photos: list[LeasedPhoto]
    next: list[NextPhoto]
    waiting: Annotated[int, Meta(description="Drivers who wait, and about whom no decision is under way.")]
    free: Annotated[bool, Meta(description=FREE)] | UnsetType = UNSET


class Lease(Struct):
    """Until when the photo is one's own."""

    id: PhotoId
    until: Moment


class Decision(Struct):
    """A decision, and from when on it cannot be withdrawn any more."""

    id: PhotoId
    number: Number
    label: str
    vehicle: str
    effect_at: Moment
    withdrawn: Literal[True] | UnsetType = UNSET


Example = Annotated[str, Meta(pattern=guideline.PICTURE, description="An address that holds the picture.")]


class Examples(Struct):
    """Two photographs at most that are easily known, and two that are not."""

    good: list[Example]
    bad: list[Example]


class Guideline(Struct):
    """By class; of no class if the live model has none."""

    classes: dict[str, Examples]


class RoutedToday(Struct):
    """How many photos were first routed today, by whom."""

    model: int
    person: int
    driver: int


class Summary(Struct):
    """How things stand."""

    waiting: Annotated[int, Meta(description="Drivers who wait for a person.")]
    archive: Annotated[int, Meta(description="Photos for which nobody waits.")]
    routed_today: RoutedToday
    worse: Annotated[list[str], Meta(description="Sources of which more photos than before wait.")]
    oldest_seconds: Annotated[int, Meta(description="How long the first of them waits.")] | UnsetType = UNSET
    by_person: dict[str, int] | UnsetType = UNSET


class ProblemDetails(Struct):
    """Why the API refused, as RFC 9457 has it."""

    type: Annotated[str, Meta(pattern=r"^urn:scones-unlimited:[A-Za-z]+$")]
    title: str
    status: int
    detail: str


class GatewayMessage(Struct):
    """What API Gateway says itself."""

    message: str | None
