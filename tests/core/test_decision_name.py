"""A decision's execution is found again by its name."""

from core.contract import decision_name
from core.contract.events import Pointer


def test_what_is_written_is_known_as_a_decision_and_a_photo_alone_is_not():
    photo = Pointer("bucket", "incoming/photo.png", "v1").id
    assert all(decision_name.PATTERN.fullmatch(decision_name.write(photo, it)) for it in (1, 20))
    assert not decision_name.PATTERN.fullmatch(photo)
