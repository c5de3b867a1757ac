"""Two models on the same photos, as a reviewer reads it: from artefacts and a staged folder to the page."""

import json
import sys

import pytest
from tests.told_models import pack_model, stage_photos

from core.console import UserError
from core.figures.metrics import Estimate
from training import comparison, comparison_text


@pytest.fixture
def make_model(tmp_path):
    return lambda name, easy, **more: pack_model(tmp_path / f"{name}.tar.gz", easy, **more)


@pytest.fixture
def stage(tmp_path):
    return lambda *hardness, **more: stage_photos(tmp_path / "data", *hardness, **more)


@pytest.fixture
def compare(monkeypatch, capsys, tmp_path):
    """Run the command, and give what it said and wrote."""

    def run(candidate, live, data, *flags):
        where = ("--candidate", candidate, "--live", live, "--data", data, "--out", tmp_path / "out")
        monkeypatch.setattr(sys, "argv", ["comparison", *map(str, (*where, *flags))])
        comparison.main()
        written = [(tmp_path / "out" / name).read_text() for name in ("comparison.json", "comparison.md")]
        return capsys.readouterr().out, json.loads(written[0]), written[1]

    return run


def slices(found):
    return [(it["kind"], it["name"]) for it in found["slices"]]


def fallen(found):
    return [(it["kind"], it["name"]) for it in found["slices"] if it["falls"]]


def test_a_candidate_that_is_right_on_more_of_the_same_photos_is_surely_better(make_model, stage, compare):
    data = stage([0] * 80 + [100] * 20)
    said, found, page = compare(make_model("new", 200), make_model("old", 50), data)
    assert (found["verdict"], found["counts"]) == ("surely better", {"test": 100, "accepted": 0, "waited": 0})
    assert (found["base"]["ours"], found["base"]["theirs"]) == (1, 0.8)
    assert "candidate is better by 20.0 points, surely between" in " ".join(said.split())
    assert "**On the base's test split the candidate is better by 20.0 points, surely between" in page
    assert "of live photos there are too few to tell. It is surely better.**" in page


def test_on_live_photos_each_stratum_counts_by_its_traffic(make_model, stage, compare):
    """It is right on a third more of what waited, and what waited is half of the traffic."""
    data = stage([0] * 80, [0] * 60, [0] * 40 + [100] * 20, traffic=(1000, 1000))
    _, found, page = compare(make_model("new", 200), make_model("old", 50), data)
    assert found["on_live"]["change"]["value"] == pytest.approx(1 / 3 / 2)
    assert found["on_live"]["theirs"] == pytest.approx(1 / 2 + 2 / 3 / 2)
    assert found["base"]["change"]["value"] == 0
    assert found["verdict"] == "surely better"
    assert "60 live ones that the live model accepted, judged blind, and 60 that waited" in page


@pytest.mark.parametrize(("waited", "traffic"), [(9, (3000, 1000)), (60, None)])
def test_of_one_stratum_alone_or_of_unknown_traffic_nothing_is_made(
    waited, traffic, make_model, stage, compare
):
    """What the live model accepted is where it is the best: an equal candidate would look worse there."""
    data = stage([0] * 80, [100] * 60, [0] * waited, traffic=traffic)
    _, found, _ = compare(make_model("new", 200), make_model("old", 50), data)
    assert (found["on_live"], found["verdict"]) == (None, "not surely better")
    assert {kind for kind, _ in slices(found)} == {"the base's test split, class", "all"}


def test_where_nothing_waits_what_was_accepted_is_all_there_is(make_model, stage, compare):
    data = stage([0] * 80, [0] * 40 + [100] * 20, traffic=(3000, 0))
    _, found, _ = compare(make_model("new", 200), make_model("old", 50), data)
    assert found["on_live"]["change"]["value"] == pytest.approx(1 / 3)
    assert found["verdict"] == "surely better"


def test_a_candidate_that_is_right_on_the_same_photos_is_not_surely_better(make_model, stage, compare):
    _, found, page = compare(make_model("new", 60), make_model("old", 50), stage([0] * 90 + [100] * 10))
    assert found["verdict"] == "not surely better"
    assert "as good, surely between" in page
    assert "It is not surely better.**" in page


def test_each_look_at_the_same_live_model_has_to_be_surer(make_model, stage, compare):
    """Chance has another go with each candidate."""
    data, models = stage([0] * 88 + [100] * 12), (make_model("new", 200), make_model("old", 50))
    _, first, _ = compare(*models, data)
    _, tenth, page = compare(*models, data, "--look", 30)
    assert (first["verdict"], first["beyond"]) == ("surely better", 0.00625)
    assert tenth["verdict"] == "not surely better"
    assert tenth["beyond"] == pytest.approx(0.0125 / 930)
    assert "This is look 30 at a candidate for this live model" in page


def test_what_falls_on_the_base_outweighs_what_is_gained_on_live_photos(make_model, stage, compare):
    """What it learned of the live photos it has forgotten of the base."""
    data = stage([0] * 40 + [10] * 40, [100] * 60, [100] * 20, traffic=(3000, 1000))
    _, found, page = compare(make_model("new", 120, forgotten=10), make_model("old", 50), data)
    assert found["on_live"]["change"]["low"] > 0
    assert found["verdict"] == "it surely falls"
    assert ("the base's test split, class", "bicycle") in fallen(found)
    assert "On the base's test split the candidate is worse by 50.0 points" in page
    assert "SURELY FALLS: worse by 50.0 points" in page


def test_a_source_and_an_hour_are_slices_where_both_strata_have_photos_enough(make_model, stage, compare):
    data = stage(
        [0] * 40,
        [0] * 45,
        [0] * 45,
        source=lambda number: "gate-1" if number % 45 < 36 else "gate-2",
        hour=lambda number: 8 if number % 45 < 20 else 17,
        traffic=(300, 100),
    )
    _, found, _ = compare(make_model("new", 60), make_model("old", 50), data)
    assert slices(found) == [
        ("the base's test split, class", "bicycle"),
        ("the base's test split, class", "motorcycle"),
        ("all", "coverage"),
        ("all", "accuracy of the accepted"),
        ("live photos, class", "bicycle"),
        ("live photos, class", "motorcycle"),
        ("live photos, source", "gate-1"),
        ("live photos, hour", "08 h UTC"),
        ("live photos, hour", "17 h UTC"),
    ]


def test_a_source_that_surely_falls_is_named(make_model, stage, compare):
    data = stage(
        [0] * 80 + [100] * 20,
        [0] * 40 + [10] * 20,
        [0] * 40 + [10] * 20,
        source=lambda number: "gate-1" if number % 60 < 40 else "gate-2",
        traffic=(300, 300),
    )
    _, found, page = compare(make_model("new", 200, forgotten=10), make_model("old", 50), data)
    assert found["base"]["change"]["low"] > 0
    assert ("live photos, source", "gate-2") in fallen(found)
    assert "live photos, source gate-2 is worse by 100.0 points" in page


def test_what_others_have_named_does_nothing_in_a_pull_request(make_model, stage, compare):
    data = stage(
        [0] * 20,
        [0] * 20,
        [0] * 20,
        source=lambda _: "a|b @team [x](http://x.example)",
        traffic=(300, 300),
    )
    _, _, page = compare(make_model("new", 60), make_model("old", 50), data)
    assert "| live photos, source `a\\u007cb @team [x](http://x.example)`, 40 photos |" in page


def test_accepting_less_is_a_fall_though_it_is_as_right(make_model, stage, compare):
    data = stage([0] * 100 + [100] * 30)
    _, found, _ = compare(make_model("new", 200, sure=0.8), make_model("old", 50), data)
    assert found["base"]["change"]["low"] > 0
    assert found["verdict"] == "it surely falls"
    assert fallen(found) == [("all", "coverage")]
    assert found["accepted"] is None


def test_accepting_less_is_no_fall_where_what_is_accepted_is_surely_more_right_but_it_has_a_floor(
    make_model, stage, compare
):
    """The live model is sure of everything."""
    data = stage([0] * 40 + [100] * 60)
    candidate = make_model("new", 100, unsure_from=100)
    _, found, page = compare(candidate, make_model("old", 50), data)
    assert (found["coverage"]["ours"], found["coverage"]["theirs"]) == (0.4, 1)
    assert found["accepted"]["change"]["low"] > 0
    assert (found["verdict"], fallen(found)) == ("not surely better", [])
    assert "its coverage is worse by 60.0 points" in page


def test_what_is_accepted_is_compared_on_the_base_alone_since_the_live_model_accepted_the_other(
    make_model, stage, compare
):
    data = stage([0] * 60, [10] * 20 + [100] * 40, [0] * 20, traffic=(300, 100))
    candidate = make_model("new", 100, unsure_from=100)
    _, found, page = compare(candidate, make_model("old", 50), data)
    assert (found["coverage"]["ours"], found["coverage"]["n"], found["accepted"]["n"]) == (1, 60, 60)
    assert found["verdict"] == "surely better"
    assert "Coverage and what is accepted are those of the base's test split" in page


def test_a_class_that_the_live_model_does_not_know_it_never_says(make_model, stage, compare):
    swapped = make_model("new", 200, labels=["motorcycle", "bicycle"])
    _, found, _ = compare(swapped, make_model("old", 200), stage([0] * 30))
    assert (found["base"]["ours"], found["base"]["theirs"]) == (0, 1)


def test_the_page_tells_latency_and_size_and_has_no_name_of_a_photo(make_model, stage, compare):
    _, found, page = compare(make_model("new", 60), make_model("old", 50), stage([0] * 20, [0] * 20))
    assert found["candidate"]["milliseconds"] > 0
    assert "| latency |" in page
    assert "the instance is the same, and so is what it costs" in page
    assert ".png" not in page + json.dumps(found)
    assert "photo1" not in page + json.dumps(found)


@pytest.mark.parametrize(
    ("name", "text"), [("test.lst", "0\tbicycle\n"), ("test.lst", "0\t7\tx.png\n"), ("origins.json", "[")]
)
def test_a_broken_data_set_is_said_in_a_line(name, text, make_model, stage, compare):
    data, model = stage([0] * 10, [0] * 10), make_model("new", 60)
    (data / name).write_text(text)
    with pytest.raises(UserError, match="cannot be read"):
        compare(model, model, data)


def test_a_threshold_that_is_none_is_refused(make_model, stage, command):
    """As a user runs it."""
    data, model = stage([0] * 10), make_model("new", 60)
    done = command("comparison", "--candidate", model, "--live", model, "--data", data, "--threshold", "93")
    said = "error: --threshold 93.0 is not a share: give a number from 0 to 1\n"
    assert (done.returncode, done.stderr) == (1, said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((0.019, 0.004, 0.035), "better by 1.9 points, surely between 0.4 and 3.5"),
        ((-0.02, -0.03, -0.01), "worse by 2.0 points, surely between 1.0 and 3.0"),
        ((0.007, -0.012, 0.025), "0.7 points better, surely between 1.2 worse and 2.5 better"),
        ((-0.007, -0.025, 0.012), "0.7 points worse, surely between 2.5 worse and 1.2 better"),
        ((0.0, -0.02, 0.02), "as good, surely between 2.0 worse and 2.0 better"),
    ],
)
def test_a_change_is_said_so(change, said):
    assert comparison_text.say(Estimate(*change)) == said
