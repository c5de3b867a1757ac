"""`make bench ONLY=drift`: which changes of the photos ring an alarm, in small and on drawn photos."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench import alarm_rules, days, drifting, exposures, file
from bench.__main__ import DEFAULT, ROWS, Row, main
from bench.days import Monitor, Rings
from bench.drift_tables import find_unseen
from bench.figures import Figure, summarize
from bench.shifts import ALL, SHIFTS, UNCHANGED, Shift
from core.console import UserError
from core.figures import baseline
from training import dataset, sample, selection, stage

SOME = [SHIFTS[name] for name in ("night", "classes 90:10", "the same photo again")]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn photos, of which enough are for validation to give bounds."""
    folder = tmp_path_factory.mktemp("data") / "sample"
    splits, info = selection.select(sample.draw(160, 60, seed=1), ["bicycle", "motorcycle"], 0.25, seed=1)
    stage.write(folder, splits, {**info, "source": "sample"})
    return folder


@pytest.fixture(scope="module")
def model(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drifting")
    flags = ("--recipe", "small", "--members", "1", "--folds", "1", "--epochs", "12", "--min-accuracy", "0")
    command = ("training.train", "--data", data, "--out", folder, *flags)
    subprocess.run([sys.executable, "-m", *map(str, command)], check=True, capture_output=True)
    return folder / "model.tar.gz"


@pytest.fixture(scope="module")
def monitor(data: Path, model: Path) -> Monitor:
    test, reference = dataset.load(data, "test"), baseline.from_artefact(model)
    assert reference
    exposed = exposures.expose(model, reference, test.images, test.labels, SOME, seed=0)
    return Monitor(exposed, reference, drifting.THRESHOLD)


def test_there_are_thirty_shifts_each_with_a_name_of_its_own() -> None:
    assert len(SHIFTS) == len(ALL) == 30


@pytest.mark.parametrize("shift", ALL, ids=SHIFTS)
@pytest.mark.parametrize("side", [32, 96])
def test_a_shift_gives_pictures_of_the_same_shape_and_the_same_ones_again(shift: Shift, side: int) -> None:
    drawn = sample.draw(6, 2, seed=0).train.images
    photos = np.stack([np.asarray(Image.fromarray(it).resize((side, side))) for it in drawn])
    before = photos.copy()
    changed = shift.apply(photos, seed=1)
    assert (changed.shape, changed.dtype) == (photos.shape, np.uint8)
    assert np.array_equal(changed, shift.apply(photos, seed=1))
    assert np.array_equal(photos, before), "it changed what it was given"


@pytest.mark.parametrize("shift", [it for it in ALL if it.draw is UNCHANGED.draw], ids=lambda it: it.name)
def test_a_shift_of_the_pixels_changes_every_photo(shift: Shift) -> None:
    photos = sample.draw(6, 2, seed=0).train.images
    assert (shift.apply(photos, seed=1) != photos).any(axis=(1, 2, 3)).all()


def test_a_mix_of_the_classes_is_drawn_as_it_says_and_a_frozen_camera_has_one_photo() -> None:
    labels, chance = np.array([0, 1, 1, 1]), np.random.default_rng(0)
    drawn = SHIFTS["classes 90:10"].draw(labels, 20_000, chance)
    assert (labels[drawn] == 0).mean() == pytest.approx(0.9, abs=0.01)
    assert len(set(SHIFTS["the same photo again"].draw(labels, 50, chance))) == 1


def test_the_alarms_are_those_of_terraform_with_its_limits() -> None:
    known = alarm_rules.limits()
    rules = {rule.alarm: rule for rule in alarm_rules.read()}
    assert {"confidence-drift", "image-drift", "class-drift", "low-coverage", "low-accuracy"} <= rules.keys()
    drifts = rules["image-drift"]
    assert (drifts.metric, drifts.above, drifts.limit) == ("ImageDriftLowerBound", True, known["images"])
    covers = rules["low-coverage"]
    assert (covers.metric, covers.above, covers.limit) == ("CoverageUpperBound", False, known["min_coverage"])
    assert all(0 < limit <= 1 for limit in known.values())


def test_an_alarm_rings_beyond_its_limit_and_never_for_what_cannot_be_said() -> None:
    rule = alarm_rules.Rule("low-coverage", "CoverageUpperBound", above=False, limit=0.6)
    figures: list[dict[str, float]] = [{"CoverageUpperBound": 0.59}, {"CoverageUpperBound": 0.6}, {}]
    assert [rule.rings(it) for it in figures] == [True, False, False]


def test_each_alarm_of_a_days_figures_looks_at_what_the_monitor_publishes(monitor: Monitor) -> None:
    figures = monitor.figures(monitor.draw(UNCHANGED, 0.0, 500, np.random.default_rng(0)), 500)
    assert {rule.metric for rule in monitor.rules} <= figures.keys()


def test_a_row_of_the_day_is_the_photo_under_its_shift(monitor: Monitor, data: Path) -> None:
    test, night = dataset.load(data, "test"), SHIFTS["night"]
    dark = monitor.exposed.window.part(np.arange(60) + monitor.exposed.first(night))
    plain = monitor.exposed.window.part(np.arange(60))
    brightness = [test.images.mean(), night.apply(test.images, 0).mean()]
    assert plain.pictures[:, 0].mean() == pytest.approx(brightness[0], rel=0.1)
    assert dark.pictures[:, 0].mean() == pytest.approx(brightness[1], rel=0.1)
    rows = monitor.draw(night, 0.25, 100, np.random.default_rng(0))
    assert (len(rows), (rows >= 60).sum()) == (100, 25)


def test_each_shift_is_read_from_the_same_day_on(monitor: Monitor) -> None:
    times = monitor.exposed.window.times.reshape(1 + len(SOME), 60)
    assert (times == times[0]).all()
    assert (np.diff(times[0]) > 24 * 3600).all()


def test_an_answer_that_the_monitor_cannot_read_is_not_left_out_silently(model: Path) -> None:
    reference, png = baseline.from_artefact(model), exposures.encode(np.zeros((32, 32, 3), np.uint8))
    assert reference
    answers = [("[0.9, 0.1]", "application/json"), ("bicycle", "application/json")]
    with pytest.raises(UserError, match=r"of 2 answers the monitor reads 1: each is needed"):
        exposures.read([png, png], answers, reference)


def test_a_model_that_cannot_be_loaded_is_named_and_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exposures, "LOAD_SECONDS", 1)
    code = tmp_path / "code" / exposures.DEFAULT_CODE
    code.parent.mkdir()
    code.write_text("raise ImportError\n")
    with (
        exposures.serve(tmp_path, Path("mine/model.tar.gz")) as ask,
        pytest.raises(UserError, match=r"mine/model.tar.gz has not answered in 1 s: can it be loaded\?"),
    ):
        ask(b"")


def test_a_frozen_camera_is_wrong_about_the_vehicles_that_are_not_on_its_photo(monitor: Monitor) -> None:
    assert days.accuracy(monitor.exposed, SHIFTS["the same photo again"]) == pytest.approx(0.5)


def test_a_frozen_camera_rings_as_its_photo_counts_once(monitor: Monitor) -> None:
    rings = monitor.watch(SHIFTS["the same photo again"], 0.25, 500, 5, np.random.default_rng(0))
    assert (rings.share, rings.alarm) == (1.0, "pictures-repeated")


def test_a_figure_is_named_for_what_it_is_and_costs_are_held_against_rings() -> None:
    night = SHIFTS["night"]
    told = {(10, 500): 0.5, (25, 500): 0.9, (100, 500): 0.95}
    figures = [Figure(drifting.name(night, "fall"), 40.0, "points", "")]
    figures += [Figure(drifting.name(night, f"{s}%", n), v, "of days", "") for (s, n), v in told.items()]
    known = {it.name: summarize([it], 0.0) for it in figures}
    assert "drift_night_25%_500" in known
    # 4 points are not worth it, and at 40 points 19 of 20 days ring.
    assert [(it.share, it.points, it.rings) for it in find_unseen(known, [night])] == [(0.25, 10.0, 0.9)]


def test_the_table_the_file_and_the_page_hold_the_same_figures(
    data: Path,
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(drifting, "ALL", SOME)
    monkeypatch.setattr(drifting, "DAYS", 3)
    monkeypatch.setattr(drifting, "UNCHANGED_DAYS", 4)
    path, page = tmp_path / "drift.json", tmp_path / "drift.md"
    page.write_text("# Drift\n<!-- make bench ONLY=drift -->\n<!-- end -->\n")
    flags = (
        "--only",
        "drift",
        "--data",
        data,
        "--model",
        model,
        "--out",
        path,
        "--page",
        page,
    )
    monkeypatch.setattr(sys, "argv", ["bench", *map(str, flags)])
    main()
    printed = capsys.readouterr().out
    known = {it.name: it.value for it in file.read(path).figures}
    assert len(known) == 4 + len(SOME) * 10
    assert "60 test photos, drawn, no photographs" in printed
    _, table = printed.split("500 photos a day", 1)
    night = next(line for line in table.splitlines() if line.startswith("night")).split()
    rings = [known[f"drift_night_{share}_500"] for share in ("10%", "25%", "100%")]
    assert night[1:5] == [f"{known['drift_night_fall']:.1f}", *(f"{it:.0%}" for it in rings)]
    assert f"| {' | '.join(night)} |" in page.read_text()
    with Image.open(page.with_suffix(".png")) as drawn:
        assert 800 <= drawn.width <= 1000


def test_drift_is_measured_only_if_it_is_asked_for() -> None:
    assert "drift" in ROWS
    assert "drift" not in DEFAULT.split(",")


def test_a_model_that_is_not_there_is_named_with_the_command_that_makes_it(data: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere.tar.gz is not there: make it with `make train`"):
        drifting.ready(data, Path("nowhere.tar.gz")).__enter__()


def test_days_ring_by_the_alarm_that_rings_most_often(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = iter([["class-drift"], [], ["image-drift", "low-coverage"], ["image-drift"]])
    monkeypatch.setattr(monitor, "listen", lambda *_: next(heard))
    rings = monitor.watch(SHIFTS["night"], 1.0, 50, 4, np.random.default_rng(0))
    assert rings == Rings(0.75, "image-drift")


def test_a_page_that_has_no_place_for_the_table_is_refused_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Something else\n")
    monkeypatch.setitem(ROWS, "drift", Row(lambda **_: pytest.fail("it measures"), 1, ("data", "model")))
    monkeypatch.setattr(sys, "argv", ["bench", "--only", "drift", "--page", str(page)])
    with pytest.raises(UserError, match=r"page.md has no <!-- make bench ONLY=drift --> and <!-- end -->"):
        main()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("capture", r"--page is for one table of drift or truth: name that alone, --only drift"),
        ("drift", r"page.md is not there: name a page with <!-- make bench ONLY=drift --> and <!-- end -->"),
    ],
)
def test_a_page_without_drift_or_without_a_file_is_refused_before_anything_is_measured(
    row: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ROWS, row, Row(lambda **_: pytest.fail("it measures"), 1))
    monkeypatch.setattr(sys, "argv", ["bench", "--only", row, "--page", str(tmp_path / "page.md")])
    with pytest.raises(UserError, match=said):
        main()
