"""The charts of executions: what they count, and that they are drawn for none, one and thousands."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from report import draw_workflow, executions, theme, workflow, workflow_facts
from report.executions import Execution, Machine
from report.graph import states
from report.graph.graph import END, START, parse
from report.history import Step
from report.page import Picture

UNTIL = datetime(2024, 10, 16, 12, tzinfo=UTC)
SINCE = UNTIL - timedelta(hours=24)
DEFINITION = {
    "StartAt": "Classify",
    "States": {
        "Classify": {
            "Type": "Task",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Broken"}],
            "Next": "Filter",
        },
        "Filter": {
            "Type": "Task",
            "Catch": [{"ErrorEquals": ["ThresholdConfidenceNotMet"], "Next": "Review"}],
            "Next": "Done",
        },
        "Done": {"Type": "Pass", "End": True},
        "Review": {"Type": "Fail"},
        "Broken": {"Type": "Fail"},
    },
}
WAYS = {  # each outcome's states, and the error from which place on
    "accepted": (["Classify", "Filter", "Done"], 3, ""),
    "duplicate": (["Done"], 1, ""),
    "decided": (["Done"], 1, ""),
    "review": (["Classify", "Filter", "Review"], 1, "ThresholdConfidenceNotMet"),
    "failed": (["Classify", "Broken"], 0, "EndpointUnavailable"),
}


def execution(outcome: str, start: datetime, seconds: float = 0.1) -> Execution:
    way, broken, error = WAYS[outcome]
    steps = [
        Step(
            state=state,
            came_from=way[place - 1] if place else None,
            entered=start + timedelta(seconds=seconds * place),
            left=start + timedelta(seconds=seconds * (place + 1)),
            error=error if place >= broken else None,
            caught=place >= broken and place < len(way) - 1,
            fails=state in ("Review", "Broken"),
        )
        for place, state in enumerate(way)
    ]
    status = "FAILED" if error else "SUCCEEDED"
    end = start + timedelta(seconds=seconds * len(way))
    name = f"{outcome}-{start:%H%M%S}"
    label, confidence = ("bicycle", 0.987) if outcome == "accepted" else (None, None)
    return Execution(
        name, f"arn:{name}", status, outcome, start, end, error, "", "x.png", label, confidence, steps
    )


def machine(executions: list[Execution], histories: int | None = None) -> Machine:
    read = len(executions) if histories is None else histories
    return Machine("workflow", "arn:workflow", DEFINITION, executions, read)


def many(number: int) -> list[Execution]:
    """The newest first, one of ten failed and two of ten for review."""
    kinds = ["accepted"] * 7 + ["review"] * 2 + ["failed"]
    return [
        execution(kinds[place % 10], UNTIL - (UNTIL - SINCE) * (place + 1) / number)
        for place in range(number)
    ]


def test_no_executions_are_said_in_words_and_not_drawn(tmp_path: Path) -> None:
    assert workflow.draw_charts(machine([]), SINCE, UNTIL, tmp_path) == []
    words = workflow.describe_scope(machine([]), SINCE, UNTIL)
    assert words == "No execution of workflow started from 15 Oct 2024, 12:00 UTC to 16 Oct 2024, 12:00 UTC."
    assert list(tmp_path.iterdir()) == []


def test_a_duplicate_is_no_failure_and_routed_nobody_but_its_photo_s_own_execution_did(
    tmp_path: Path,
) -> None:
    found = machine([execution("accepted", SINCE), execution("duplicate", SINCE)])
    (tile,) = workflow.show_tiles(found)
    assert tile.note == "photos taken up: 1 accepted, 0 for review, 0 failed, 1 duplicate"
    shown = workflow.show(found, workflow_facts.gather(found), SINCE, UNTIL, tmp_path)["outcomes"]
    assert "1 accepted, 1 duplicate" in shown.data
    unrouted = workflow_facts.find_unrouted(found, SINCE, [])
    assert unrouted is not None
    assert unrouted.times == {}


def test_what_people_decide_is_an_outcome_of_its_own_and_none_of_the_models(tmp_path: Path) -> None:
    decision = f"{'0af1' * 16}-1"
    broken = replace(execution("failed", SINCE), name=f"{'0af1' * 16}-2")
    found = machine(
        [execution("accepted", SINCE), replace(execution("decided", SINCE), name=decision), broken]
    )
    (tile,) = workflow.show_tiles(found)
    assert tile.note == "photos taken up: 1 accepted, 0 for review, 1 failed; 1 decision of people"
    facts = workflow_facts.gather(found)
    assert (facts.answered, facts.outcomes["decided"]) == (1, 1)
    shown = workflow.show(found, facts, SINCE, UNTIL, tmp_path)["outcomes"]
    assert "1 accepted, 1 decided, 1 failed" in shown.data
    picture, _ = shown.blocks
    assert isinstance(picture, Picture)
    assert "1 decided" in picture.chart.alt
    unrouted = workflow_facts.find_unrouted(found, SINCE, [])
    assert unrouted is not None
    assert unrouted.times == {}


def test_photos_of_the_api_are_counted_once_and_decisions_without_effect_are_told(tmp_path: Path) -> None:
    photo = "0af1" * 16
    by_api = [
        replace(execution(outcome, SINCE), name=name, s3_key=f"incoming/api/{photo}")
        for outcome, name in (("accepted", photo), ("decided", f"{photo}-1"), ("duplicate", f"{photo}-2"))
    ]
    found = machine([*by_api, execution("accepted", SINCE)])
    facts = workflow_facts.gather(found)
    assert (facts.by_api, facts.decisions) == (1, {"decided": 1, "duplicate": 1})
    said = workflow.show(found, facts, SINCE, UNTIL, tmp_path)["outcomes"].data
    assert "By the API came 1 photo. Of 2 decisions 1 had no effect: withdrawn in time, or" in said
    plain = machine([execution("accepted", SINCE)])
    assert workflow.describe_api(workflow_facts.gather(plain)) == ""


def test_one_execution_is_drawn(tmp_path: Path) -> None:
    charts = workflow.draw_charts(machine(many(1)), SINCE, UNTIL, tmp_path)
    words = workflow.describe_scope(machine(many(1)), SINCE, UNTIL)
    assert [chart.name for chart in charts] == ["executions", "states", "trace-accepted", "latency"]
    assert words == "1 execution, and every step of each."


def test_thousands_are_drawn_light_and_dark_with_what_they_show_in_words(tmp_path: Path) -> None:
    ran = machine(many(3000), histories=400)
    charts = workflow.draw_charts(ran, SINCE, UNTIL, tmp_path)
    words = workflow.describe_scope(ran, SINCE, UNTIL)
    by_name = {chart.name: chart for chart in charts}
    assert list(by_name) == ["executions", "states", "trace-accepted", "trace-failed", "latency"]
    newest = "3,000 executions; states, times and traces are of the newest 400."
    assert words == f"{newest} Of the others, duplicates count as accepted."
    assert "2,100 accepted, 600 review, 300 failed" in by_name["executions"].alt
    assert "Classify: 400 entered, 40 failed" in by_name["states"].alt
    assert "Filter: 360 entered, 80 for review" in by_name["states"].alt
    assert "Review: 80 ended here; Broken: 40 ended here" in by_name["states"].alt
    assert by_name["trace-accepted"].title == "An accepted execution: bicycle at 0.987, 300 ms"
    assert by_name["trace-failed"].title == "A failed execution: EndpointUnavailable, after 200 ms"
    assert "Classify 100 ms" in by_name["latency"].alt
    for chart in charts:
        light, dark = brightness(chart.light), brightness(chart.dark)
        assert light > 200, chart.name
        assert dark < 60, chart.name


def brightness(path: Path) -> float:
    """The median of the picture, which is its background; a blank picture fails."""
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("L"))
    assert pixels.shape[1] >= 1024
    assert np.ptp(pixels) > 100, f"{path.name} is blank"
    return float(np.median(pixels))


def test_equal_figures_are_equal_files(tmp_path: Path) -> None:
    first, again = (workflow.save_times({"Classify": [0.1, 0.2]}, tmp_path / name) for name in ("a", "b"))
    assert first.light.read_bytes() == again.light.read_bytes()
    assert first.dark.read_bytes() == again.dark.read_bytes()


# ---- What is counted


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (timedelta(minutes=20), "minute"),
        (timedelta(hours=1), "5 minutes"),
        (timedelta(hours=24), "30 minutes"),
        (timedelta(days=7), "6 hours"),
        (timedelta(days=30), "day"),
        (timedelta(days=3000), "7 days"),
    ],
)
def test_bars_are_as_wide_as_the_window_asks_for(window: timedelta, words: str) -> None:
    assert draw_workflow.choose_bar_width(UNTIL - window, UNTIL) == words


def test_every_execution_is_in_one_bar_that_begins_at_a_round_time() -> None:
    executions = many(1000)
    counts = draw_workflow.count_by_bar(executions, timedelta(minutes=30))
    assert sum(counts.values()) == 1000
    assert {(start.minute, start.second) for start, _ in counts} == {(0, 0), (30, 0)}
    by_outcome: Counter[str] = Counter()
    for (_, outcome), count in counts.items():
        by_outcome[outcome] += count
    assert by_outcome == Counter(one.outcome for one in executions)


def test_times_are_points_on_an_axis_from_zero_and_logarithmic_only_where_they_spread() -> None:
    assert workflow_facts.measure_percentiles([0.1, 0.2, 0.3]) == pytest.approx([200, 280, 298])
    with theme.use_look(theme.LIGHT):
        (narrow,) = draw_workflow.draw_times({"A": [0.1, 0.2], "B": [0.3]}).axes
        (wide,) = draw_workflow.draw_times({"A": [0.001, 0.002], "B": [3.0]}).axes
    assert narrow.get_xscale() == "linear"
    assert wide.get_xscale() == "log"
    assert "milliseconds" in narrow.get_xlabel()
    assert narrow.get_xlim()[0] == 0
    assert not [*narrow.collections, *narrow.patches, *wide.collections, *wide.patches], "no bars"
    assert {line.get_linestyle() for axes in (narrow, wide) for line in axes.lines} == {"None"}
    assert [label.get_text() for label in narrow.get_yticklabels()] == ["A\n2 times", "B\n1 time"]


def test_what_took_no_time_is_drawn_at_the_edge_and_said_as_it_is() -> None:
    """A logarithmic axis has no place for it, so drawing has to put it somewhere; report.json has the true figure."""
    ran = machine([execution("accepted", SINCE, seconds=0), execution("accepted", SINCE, seconds=3)])
    assert workflow_facts.gather(ran).milliseconds["Done"]["p50"] == 1500
    ran = machine([execution("accepted", SINCE, seconds=0)])
    assert workflow_facts.gather(ran).milliseconds["Done"] == {"count": 1, "p50": 0, "p90": 0, "p99": 0}
    with theme.use_look(theme.LIGHT):
        (axes,) = draw_workflow.draw_times({"A": [0, 0, 0], "B": [3.0]}).axes
    assert axes.get_xscale() == "log"
    assert min(np.min(np.asarray(line.get_xdata())) for line in axes.lines) == draw_workflow.QUICKEST
    assert workflow.show_milliseconds(0) == "under 0.1"


def test_a_failure_counts_where_it_arose_and_not_again_where_the_execution_ended() -> None:
    counts = executions.per_state(many(10))
    failed = {name: (count.review, count.failed) for name, count in counts.items()}
    assert failed == {
        "Classify": (0, 1),
        "Filter": (2, 0),
        "Done": (0, 0),
        "Review": (0, 0),
        "Broken": (0, 0),
    }


def test_fail_states_have_the_colour_of_how_executions_ended_there() -> None:
    looks = states.show_counts(parse(DEFINITION), many(10), ()).looks
    assert (looks["Review"].colour, looks["Broken"].colour) == (theme.REVIEW, theme.FAILED)


# ---- What belongs to one model


def test_without_other_models_every_execution_that_routed_nobody_is_the_models_own() -> None:
    found = workflow_facts.find_unrouted(machine(many(10)), UNTIL, [])
    assert found is not None
    assert list(found.times) == ["review", "failed"]
    assert ([len(times) for times in found.times.values()], found.others) == ([2, 1], 0)


def test_an_execution_belongs_to_a_model_only_while_no_other_one_answered() -> None:
    """The old model answered until noon, the new one from one o'clock on; in between nobody did."""
    noon = SINCE.replace(hour=12) + timedelta(days=0)
    ran = machine([execution("failed", noon + timedelta(minutes=minutes)) for minutes in (90, 30, -30)])
    others = [(noon - timedelta(hours=2), noon)]
    found = workflow_facts.find_unrouted(ran, noon + timedelta(hours=1), others)
    assert found is not None
    assert len(found.times["failed"]) == 1
    assert found.others == 2
    both = workflow_facts.find_unrouted(ran, noon - timedelta(hours=3), [(noon - timedelta(hours=2), UNTIL)])
    assert both == workflow_facts.Unrouted({}, 3), "a rollout in which both answer"


# ---- What is traced


def test_a_trace_follows_the_way_that_was_taken_in_the_colour_of_how_it_went() -> None:
    graph = parse(DEFINITION)
    assert states.find_way(graph, execution("accepted", SINCE).steps) == {
        (START, "Classify"): theme.ACCEPTED,
        ("Classify", "Filter"): theme.ACCEPTED,
        ("Filter", "Done"): theme.ACCEPTED,
        ("Done", END): theme.ACCEPTED,
    }
    assert states.find_way(graph, execution("failed", SINCE).steps) == {
        (START, "Classify"): theme.ACCEPTED,
        ("Classify", "Broken"): theme.FAILED,
        ("Broken", END): theme.FAILED,
    }


def test_a_trace_tells_each_steps_time_and_error() -> None:
    looks = states.show_trace(parse(DEFINITION), execution("failed", SINCE, seconds=1.5)).looks
    assert looks["Classify"].words == ("1.50 s", "caught EndpointUnavailable")
    assert looks["Broken"].words == ("1.50 s", "EndpointUnavailable")
    assert set(looks) == {"Classify", "Broken"}


def test_a_state_that_was_entered_often_tells_how_often() -> None:
    steps = execution("accepted", SINCE).steps[:1] * 12
    assert states.tell(steps) == ("12 times", "1.20 s")


def test_review_is_traced_only_when_nothing_worse_happened() -> None:
    reviewed, failed = execution("review", UNTIL), execution("failed", SINCE)
    assert workflow_facts.pick_examples([reviewed, failed]) == {"failed": failed}
    assert workflow_facts.pick_examples([reviewed]) == {"failed": reviewed}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0004, "0.4 ms"), (0.031, "31 ms"), (1.24, "1.24 s"), (125, "2 min 5 s")],
)
def test_durations_are_short(seconds: float, words: str) -> None:
    assert states.duration(seconds) == words
