"""What `make bench ONLY=soak` finds where the register, the executions and the bus do not say the same."""

from copy import deepcopy

import pytest

from bench.agreed import KINDS, Ended, find_disagreements, find_unsettled

SURE, UNSURE, POISON, *_ = KINDS
PHOTOS = {"a": (SURE, 1), "b": (SURE, 1), "c": (UNSURE, 2), "d": (POISON, 1), "e": (SURE, 3)}
ITEMS = {
    "a": {"state": "routed", "label": "bicycle"},
    "b": {"state": "routed", "label": "bicycle", "told_at": "now", "error": "EventBridge.InternalException"},
    "c": {"state": "waiting", "reason": "UnlikeTraining"},
    "d": {"state": "failed", "error": "NotAnImage"},
    "e": {"state": "routed", "label": "motorcycle"},
}
OUTCOMES = ("bicycle", "EventBridge.InternalException", "UnlikeTraining", "NotAnImage", "motorcycle")
TOLD = ["a", "b", "b", "e"]


class Story:
    """One that agrees, to be changed."""

    def __init__(self) -> None:
        items = deepcopy(ITEMS)
        self.items = [{"s3_key": key, "execution": f"of-{key}", **item} for key, item in items.items()]
        self.ended = {f"of-{key}": Ended(key, it) for key, it in zip(ITEMS, OUTCOMES, strict=True)}
        self.ended |= {"again": Ended("a", "duplicate"), "early": Ended("c", "DynamoDB.InternalServerError")}
        self.ended |= {"poisoned": Ended("d", "NotAnImage")}
        self.told = [*TOLD]

    def judge(self) -> list[str]:
        return find_disagreements(PHOTOS, self.items, self.ended, self.told)

    def item(self, key: str) -> dict:
        return next(it for it in self.items if it["s3_key"] == key)


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_story_that_agrees_has_nothing_to_be_said_of(story):
    assert story.judge() == []
    assert find_unsettled(PHOTOS, story.items) == []


def test_a_photo_that_is_missing_twice_there_or_ended_otherwise_is_named(story):
    story.items.append(story.item("a") | {"execution": "again"})
    assert any("a has 2 items" in it for it in story.judge())
    del story.items[0], story.items[-1]
    assert any("a has 0 items" in it for it in story.judge())
    story.item("d").update(state="routed", label="bicycle")
    assert "d is routed by None" in story.judge()
    story.item("c").update(state="routed", label="bicycle")
    assert "c is routed by None" in story.judge()
    story.item("e").update(state="claimed")
    assert "e is claimed by None" in story.judge()


def test_one_picture_that_is_two_things_is_named(story):
    story.item("b").update(label="motorcycle")
    (said,) = story.judge()
    assert said.startswith("picture 1 has the labels")


@pytest.mark.parametrize(
    ("execution", "came_to"),
    [
        ("again", "bicycle"),
        ("of-a", "motorcycle"),
        ("of-b", "bicycle"),
        ("of-e", "duplicate"),
        ("early", "EventBridge.InternalException"),
    ],
)
def test_an_execution_that_came_to_something_else_is_named(story, execution, came_to):
    story.ended[execution] = Ended(story.ended[execution].key, came_to)
    (said,) = story.judge()
    assert said.startswith(f"{execution} of ")


def test_an_execution_that_nobody_started_is_named(story):
    story.item("a").update(execution="unknown")
    assert "unknown is not known" in story.judge()


@pytest.mark.parametrize(
    "told",
    [
        ["a", "a", "b", "e"],
        ["a", "e"],
        ["a", "b", "c", "e"],
        ["a", "b", "d", "e"],
    ],
    ids=["twice at once", "never", "of what waits", "of poison"],
)
def test_what_the_bus_heard_otherwise_is_named(story, told):
    story.told = told
    (said,) = story.judge()
    assert "was told" in said


def test_what_failed_by_no_fault_of_its_own_or_is_not_there_is_sent_again(story):
    story.item("e").update(state="failed", error="DynamoDB.InternalServerError")
    story.items.remove(story.item("a"))
    assert find_unsettled(PHOTOS, story.items) == ["a", "e"]
