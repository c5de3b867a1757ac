"""What a person reads of the true accuracy, where it can be told and where not."""

import pytest
from tests.builders import make_label

from core.figures import true_words
from core.figures.true_accuracy import Truth, find

DAY = "2026-11-26"


def look(right: int, wrong: int, expected: float | None = 0.98, confidence: float = 0.985, **more) -> Truth:
    labels = [
        make_label(f"{n}", label="bicycle" if n < right else "motorcycle", confidence=confidence)
        for n in range(right + wrong)
    ]
    found = find(
        [*labels, *more.pop("besides", ())], {DAY: 900}, labels[0].model if labels else "m", expected, **more
    )
    assert found
    return found


def test_what_has_fallen_is_said_with_how_wrong_the_estimate_was():
    besides = [
        *(make_label("u", label="unusable"), make_label("c", label="cannot_tell")),
        *(
            make_label(f"o{n}", label="motorcycle", blind=False, assisted=True, confidence=0.985)
            for n in range(2)
        ),
    ]
    found = look(240, 60, besides=besides, objected={DAY: 2})
    assert true_words.say(found) == [
        "true accuracy of what was accepted, 2026-11-26 to 2026-11-26: 79.8%, surely between 69.8% and 87.3%, by 300 "
        "photos that people judged",
        "by its confidence the model is right on 98.5% of the same photos: too high by 18.7 points, surely by 11.2 to "
        "28.7 points",
        "in training it was right on 98.0% of what it accepted: fallen by 18.2 points, surely by 10.7 points at least",
        "photos without a judgement: 1 cannot tell, 1 unusable",
        "2 more, objected to or corrected, count each for itself alone",
    ]


def test_what_has_not_fallen_is_said_where_enough_photos_say_it():
    said = true_words.say(look(296, 4))
    assert said[1].endswith("of the same photos, which may be so")
    assert said[2].endswith("accepted: nothing says that it has fallen")


def test_too_few_say_nothing_of_a_fall():
    assert true_words.say(look(39, 1))[2].endswith(
        "too few are judged to show a fall of 5.0 points, see docs/drift.md"
    )
    assert len(true_words.say(look(39, 1, expected=None))) == 2
    assert true_words.say(look(0, 0)) == [
        "true accuracy of what was accepted, 2026-11-26 to 2026-11-26: nobody has judged a photo of its blind sample"
    ]


def test_a_model_that_says_too_little_of_itself_is_said_to():
    assert (
        "of the same photos: too low by 39.0 points, surely by"
        in true_words.say(look(299, 1, confidence=0.6067))[1]
    )


def test_days_that_nobody_has_judged_are_said():
    labels = [make_label(f"{n}") for n in range(40)]
    found = find(labels, {"2026-11-24": 0, "2026-11-25": 300, DAY: 700}, labels[0].model)
    assert found and true_words.say(found)[0].endswith(
        "by 40 photos that people judged, on 2 of 3 days, with 70% of what was accepted"
    )


@pytest.mark.parametrize(
    ("judged", "said"), [(1, "by 1 photo that people judged"), (2, "by 2 photos that people judged")]
)
def test_one_photo_is_one(judged, said):
    day = find([make_label(f"{n}") for n in range(judged)], {DAY: judged}, make_label().model)
    assert day and true_words.say(day)[0].endswith(said)
