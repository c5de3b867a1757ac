"""What commands print as a table, with contents as long as they get, at the 80 columns of a terminal."""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tests.builders import make_label
from tests.delivery import records

from bench import blind_weeks, drift_tables, drifting, truth_tables
from bench import file as bench_file
from bench import tables as bench_tables
from bench.figures import Measured
from bench.shifts import ALL, UNCHANGED
from core.contract.outcomes import ACCEPTED, FAILED, REVIEW
from core.figures.agreement import Rate
from core.figures.metrics import Estimate
from core.figures.paired import Paired
from core.label_store import Labels
from core.table import Table
from cost.sheets import Sheet
from delivery import deployments
from operations import (
    demo,
    demo_people,
    ends,
    evaluation,
    installed,
    label_figures,
    labelled_people,
    labels_now,
    loop_figures,
    make_dataset,
    monitor_now,
    photo_list,
    quotas,
)
from operations.client import LOST, Outcome, Photo
from operations.labelled_people import Judged
from operations.loop_figures import Phase
from operations.reviewing import Shown
from training import comparison, promote
from training.compared_models import FALLS, Comparison, Model, Slice
from training.dataset import FOLDERS

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 80
MODEL = "0123456789abcdef"
MOMENT = "2026-11-21T09:00:00+00:00"
METRICS = {
    "accuracy": 0.9333,
    "threshold_for_98_percent": 0.8712,
    "expected_calibration_error": 0.0312,
    "parameters": 1234567,
    "validation_accuracy": 0.9286,
}
FIGURE = Measured(
    "capture_memory_of_a_large_file",
    *(12345.6, 11234.5, 13456.7),
    *(5, 0.3, "records/s"),
    "a day of captures, compressed by gzip, from the local cloud's S3",
)


def of_promote() -> Any:
    return promote.comparison({"metrics": METRICS}, {"metrics": {**METRICS, "accuracy": 0.94}})


def of_comparison() -> Any:
    paired = Paired(0.9733, 0.8933, Estimate(0.08, -0.1234, 0.1567), 12345)
    model = Model(MODEL, "pretrained", 12345678, 1234.56)
    slices = [
        Slice("live photos, class", "delivery-van", paired, 0.001, True),
        Slice("live photos, source", "bay 2, the camera above the gate", paired, 0.5, False),
    ]
    counts = {"test": 12345, "accepted": 12345, "waited": 12345}
    models, figures = (model, model), (paired, paired, paired, paired)
    found = Comparison(MODEL, 0.93, 12, 0.00625, counts, *models, *figures, slices, FALLS)
    return comparison.table(found)


def of_monitor() -> Any:
    hour = {
        "since": MOMENT,
        "model": MODEL,
        "records": 12345,
        "unreadable": 12,
        "coverage": 0.912,
        "estimated_accuracy": 0.987,
        "drift": "cannot tell yet",
    }
    return monitor_now.table({"results": [hour], "until": MOMENT})


def some_labels() -> Labels:
    said = (*("bicycle", "motorcycle", "delivery-van", "skateboard"), "other", "unusable", "cannot_tell")
    made = [
        make_label(
            f"{n:064}", at=f"2026-11-{n % 30 + 1:02}T09:00:00.000Z", label=label, vehicle="a cargo bike"
        )
        for label in said
        for n in range(30)
    ]
    return Labels(made, {made[0].name: "the wrong vehicle, as somebody saw who looked again"})


def of_days() -> Any:
    return label_figures.by_day(some_labels())


def of_mistakes() -> Any:
    found = [
        make_label(f"{n:064}", answer=answer)
        for n, answer in enumerate(("bicycle", "motorcycle", "delivery-van", "skateboard") * 9)
    ]
    judged = labelled_people.judge(Labels(found, {}), {}, stood=[it.name for it in found])
    title = "Where the model was sure: the blind sample"
    return label_figures.mistakes(found, judged, label_figures.is_blind, title)


def of_others() -> Any:
    return label_figures.others(some_labels())


def of_left_out() -> Any:
    return label_figures.left_out(
        Judged({}, {f"{n}": it for n, it in enumerate(labelled_people.REASONS)}, [], [])
    )


def of_people() -> Any:
    subs = [f"a4d8e4f8-50a1-70b2-cd0{n}-3f1a2b3c4d5e" for n in range(3)]
    return label_figures.people([Rate(it, 1234 * n, 123 * n, 100 * n) for n, it in enumerate(subs)])


def of_labelled_set() -> Any:
    names, labels = [f"{'0' * 64}-{n}" for n in range(1, 4)], some_labels()
    return labels_now.draw_set("0123456789abcdef", names, labels)


def of_loadgen() -> Any:
    tally = ends.LoadTally()
    tally.sent["good"] = 123456
    for name in ("good", *ends.POISON.values()):
        for end in ends.ENDS:
            tally.ends[name][end] = 12345
        tally.seconds[name] = Counter({1234.56: 1})
    tally.errors["good"] = Counter({"ThresholdConfidenceNotMet": 1, "EndpointNotFound": 3})
    tally.errors["empty"] = Counter({"NotAnImage": 9})
    return ends.table(tally, 5)


def of_evaluation() -> Any:
    columns = ("bicycle", "motorcycle", "delivery-van", "skateboard", REVIEW, FAILED, LOST)
    confusion: dict[str, Any] = {name: dict.fromkeys(columns, 12345) for name in columns[:4]}
    return evaluation.table(
        {
            "photos": 49380,
            "confusion": confusion,
            "coverage": 0.912,
            "selective_accuracy": 0.987,
            "latency_seconds": {"p50": 1.234, "p90": 12.345, "p99": 123.456},
        }
    )


def of_demo() -> Any:
    routed = {"label": "motorcycle", "confidence": 0.99731}
    routed["assignment"] = {"loading_bay": "south", "max_distance_km": 25}
    photo = Photo("safety_bicycle_s_001653.png", b"")
    return demo.outcome_table(
        [
            Outcome(photo, "incoming/x.png", ACCEPTED, 1.5, "arn", routed, "", ""),
            Outcome(photo, "incoming/x.png", REVIEW, 12.5, "arn", {}, "", ""),
            Outcome(photo, "incoming/x.png", FAILED, 112.5, "arn", {}, "ThresholdConfidenceNotMet", ""),
        ]
    )


def of_dataset() -> Any:
    counts = dict.fromkeys(("bicycle", "motorcycle", "delivery-van"), 123456)
    info = {"dataset_id": MODEL, "classes": [*counts], "counts": dict.fromkeys(FOLDERS, counts)}
    return make_dataset.table(info | {"labels": ["x"] * 12345}, info)


def of_decided() -> Any:
    to = {"loading_bay": "south", "max_distance_km": 25}
    shown = Shown("0123", "other", "a rickshaw with two seats", "person", to, 5.17)
    return demo_people.table([shown], {"0123": "safety_bicycle_s_001653.png"})


def of_loop() -> Any:
    phases = [
        Phase("before", "the old camera's test set", 150, 132, 132),
        Phase("after", "the new camera, other photos", 150, 110, 107),
        Phase("during", "the new camera", 10_000, 0, 0),
    ]
    return loop_figures.table(phases)


def of_deployments() -> Any:
    return deployments.show_table(
        [records.make(1, MODEL * 2, before=MODEL), records.make(2, MODEL, "failed")]
    )


def of_quotas() -> Any:
    need = quotas.Need(
        "sagemaker", "ml.g4dn.xlarge for spot training job usage", 8, "make launch ALGORITHM=builtin"
    )
    return quotas.table([need], {"sagemaker": {need.quota: quotas.Quota("L-944F78BB", 0)}})


def of_photos() -> Any:
    failed = {
        "since": "2026-11-26T12:00:00.000Z",
        "s3_key": "incoming/0123456789ab/a-long-name-of-a-photo.jpeg",
        "id": MODEL * 4,
        "error": "ThrottlingException",
        "expires": 1803384000,
    }
    claimed = {"since": "2026-11-26T12:00:00.000Z", "s3_key": "incoming/my photo.png", "id": MODEL * 4}
    return photo_list.draw("staging", "failed", [failed, claimed])


def of_cost() -> Any:
    columns = ("US dollars", "accepted", "reviewed", "accepted, if express", "in bulk")
    rows = [("Step Functions state transitions", *["12,345.6789"] * 4)]
    return Sheet(
        "1,000 photos in staging", columns, rows, "The endpoint's share is that of one ml.m5.large. " * 3
    ).table()


def of_bench() -> Any:
    return bench_tables.of_figures(bench_tables.Section("capture", 5, 0.31, [FIGURE]))


def of_bench_changes() -> Any:
    before = bench_file.Measuring(bench_file.this_machine(), [FIGURE])
    return bench_tables.of_changes(before, [FIGURE], "build/bench-before-the-change.json")


def of_drift() -> Any:
    values = {"fall": 12.3, "500": 0.001} | {f"{share}%_500": 1.0 for share in (10, 25, 100)}
    known = {
        drifting.name(shift, part): replace(FIGURE, value=value, meaning="confidence-drift")
        for shift in (UNCHANGED, *ALL)
        for part, value in values.items()
    }
    return drift_tables.table(known, ALL, 500)


def of_photos_to_judge() -> Any:
    cells = [
        *((often, it) for often in blind_weeks.SEEN for it in blind_weeks.TRAFFIC),
        *zip(truth_tables.RINGING),
    ]
    known = {
        blind_weeks.name(*cell, expected): replace(FIGURE, value=0.123 if len(cell) == 1 else 214)
        for expected in blind_weeks.EXPECTED
        for cell in cells
    }
    return truth_tables.needed(known)


def of_bounds() -> Any:
    known = {
        blind_weeks.name(side, accuracy, judged): replace(FIGURE, value=99)
        for accuracy in blind_weeks.ACCURACIES
        for judged in blind_weeks.JUDGED
        for side in ("above", "below")
    }
    return truth_tables.bounds(known)


def of_installed() -> Any:
    return installed.table([("types-boto3-lite", "1,698.0", ", ".join(["sagemaker-core"] * 9))])


# By the file that draws it.
DRAWN: list[tuple[str, Callable[[], Any]]] = [
    ("bench/drift_tables.py", of_drift),
    ("bench/tables.py", of_bench),
    ("bench/tables.py", of_bench_changes),
    ("bench/truth_tables.py", of_photos_to_judge),
    ("bench/truth_tables.py", of_bounds),
    ("cost/sheets.py", of_cost),
    ("delivery/deployments.py", of_deployments),
    ("operations/demo.py", of_demo),
    ("operations/demo_people.py", of_decided),
    ("operations/ends.py", of_loadgen),
    ("operations/evaluation.py", of_evaluation),
    ("operations/installed.py", of_installed),
    ("operations/label_figures.py", of_days),
    ("operations/label_figures.py", of_mistakes),
    ("operations/label_figures.py", of_others),
    ("operations/label_figures.py", of_left_out),
    ("operations/label_figures.py", of_people),
    ("operations/labels_now.py", of_labelled_set),
    ("operations/make_dataset.py", of_dataset),
    ("operations/loop_figures.py", of_loop),
    ("operations/monitor_now.py", of_monitor),
    ("operations/photo_list.py", of_photos),
    ("operations/quotas.py", of_quotas),
    ("training/comparison.py", of_comparison),
    ("training/promote.py", of_promote),
]


def draw(drawn: Any, width: int = WIDTH) -> list[str]:
    """The lines that a terminal shows, as our commands print them."""
    file = io.StringIO()
    Console(file=file, width=width, highlight=False, soft_wrap=True).print(drawn)
    return [line.rstrip() for line in file.getvalue().splitlines()]


def words(drawn: Any) -> Iterable[str]:
    """All that the table says, word by word."""
    table = (
        drawn if isinstance(drawn, Table) else next(it for it in drawn.renderables if isinstance(it, Table))
    )
    texts = [table.title, table.note, *table.head, *(str(cell) for row in table.rows for cell in row)]
    return [word for text in texts for word in text.split()]


@pytest.mark.parametrize("make", [make for _, make in DRAWN])
def test_a_table_fits_a_terminal_and_no_word_of_it_is_broken_or_cut(make: Callable[[], Any]) -> None:
    drawn = make()
    lines = draw(drawn)
    assert [line for line in lines if len(line) > WIDTH] == []
    printed = {word for line in lines for word in line.split()}
    assert set(words(drawn)) - printed == set(), "\n".join(lines)


def test_what_does_not_fit_side_by_side_is_a_block_for_each_row_and_an_address_stays_whole() -> None:
    arn = "arn:aws:states:us-east-1:123456789012:execution:scones-local-workflow:" + "0123456789abcdef" * 2
    lines = draw(Table(("photo", "execution"), [("a.png", arn), ("b [red].png", arn)], title="2 photos"))
    assert lines[:3] == ["2 photos", "photo      a.png", "execution"]
    assert [line.strip() for line in lines].count(arn) == 2
    assert "photo      b [red].png" in lines


def test_columns_come_closer_before_they_become_blocks() -> None:
    table = Table(("a", "b"), [("x" * 5, "y" * 5)])
    assert [draw(table, width)[-1] for width in (12, 11)] == ["xxxxx  yyyyy", "xxxxx yyyyy"]
    assert draw(table, 10)[0] == "a  xxxxx"


def test_every_table_is_drawn_by_the_one_that_breaks_no_word() -> None:
    named = {
        path.relative_to(ROOT / "python").as_posix()
        for path in (ROOT / "python").rglob("*.py")
        if re.search(r"from rich import .*\btable\b|rich\.table", path.read_text())
    }
    assert named == {"core/table.py"}


def test_every_table_that_commands_print_is_tried_here() -> None:
    drawing = {
        path.relative_to(ROOT / "python").as_posix()
        for path in (ROOT / "python").rglob("*.py")
        if "from core.table import Table" in path.read_text()
    }
    assert drawing == {file for file, _ in DRAWN}
