"""The report as a user makes it: a capture in, a page with its charts and figures out, all or nothing."""

import hashlib
import html
import io
import json
import os
import re
import sys
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from matplotlib.figure import Figure
from PIL import Image
from tests.builders import captured

from core import environment
from core.console import UserError
from monitoring import past
from monitoring.capture import Capture
from report import __main__, models, theme
from report.thumbnails import thumbnail

EDGE = 0.02  # inches


def test_a_capture_with_its_model_and_truth_is_reported_with_the_same_figures_on_the_page(
    make, traffic, folder, artefact, tmp_path
):
    lines, truth = traffic(300, seed=1)
    capture = folder({"capture/a.jsonl": lines, "truth.jsonl": truth}) / "capture"
    text, figures = make(capture, "--model", artefact, "--truth", tmp_path / "truth.jsonl")
    (model,) = figures["models"]
    answers = [
        json.loads(json.loads(line)["captureData"]["endpointOutput"]["data"]) for line in lines.splitlines()
    ]
    accepted = sum(max(answer) >= 0.93 for answer in answers)
    assert (figures["files"], figures["records"], model["records"]) == (1, 300, 300)
    assert model["coverage"]["value"] == pytest.approx(accepted / 300)
    assert f"Coverage at 0.93 {accepted / 300:.1%}" in text
    assert sum(model["predicted"]) == sum(map(sum, model["hours"])) == 300
    known = model["labelled"]["accuracy"]
    assert abs(known["value"] - model["estimated_accuracy"]["value"]) < 0.05
    assert f"True accuracy {known['value']:.1%}" in text
    in_use = next(each for each in model["thresholds"] if each["threshold"] == 0.93)
    assert (
        in_use["coverage"]
        == model["coverage"]["value"]
        == pytest.approx(model["labelled"]["at_threshold"]["coverage"])
    )
    assert in_use["accuracy"] == model["labelled"]["at_threshold"]["selective_accuracy"]
    assert f"0.93, in use {in_use['coverage']:.1%} {in_use['accuracy']:.1%}" in text
    assert f"Estimated accuracy {model['estimated_accuracy']['value']:.1%}" in text
    judged = [row for row in model["drift"] if row["verdict"] != "not judged"]
    told = {row["statistic"]: row["verdict"] for row in judged}
    assert told.pop("estimated accuracy") == "steady", "of which 200 pictures tell"
    assert {*told.values()} == {"cannot tell"}, "200 pictures of the baseline show no distance below 0.18"
    assert f"Cannot tell of {', '.join(told)} (it takes at least" in text
    assert "Nothing moved" not in text
    assert "300 records now, 200 answers in the baseline." in text
    assert (
        "no fall of 5.0 points can be hidden, and the class mix where no difference of 10 points can" in text
    )
    assert len(model["least_confident"]) == 12
    assert max(model["least_confident"][0]["probabilities"]) == min(map(max, answers))


def save_and_look(save: Any, cut: list[str], figure: Figure, path: Path) -> None:
    """Save the chart, and remember it if anything in it does not lie within."""
    save(figure, path)
    figure.draw_without_rendering()
    drawn, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    if min(drawn.x0, drawn.y0, width - drawn.x1, height - drawn.y1) < -EDGE:
        cut.append(f"{path.name}: {drawn} of {width} x {height}")


def test_every_chart_stands_as_a_picture_of_its_own_in_both_colours(
    make, traffic, folder, artefact, tmp_path, monkeypatch
):
    monkeypatch.setattr(theme, "BACKGROUNDS", {"": theme.LIGHT, "-dark": theme.DARK})
    monkeypatch.setattr(theme, "SCREENS", [theme.DESK, theme.PHONE])
    cut: list[str] = []
    monkeypatch.setattr(theme, "save_small", partial(save_and_look, theme.save_small, cut))
    lines, truth = traffic(60, seed=2)
    capture = folder({"capture/a.jsonl": lines, "truth.jsonl": truth}) / "capture"
    make(capture, "--model", artefact, "--truth", tmp_path / "truth.jsonl")
    names = {path.stem for path in (tmp_path / "report/charts").glob("*.png")}
    light = {
        "beside",
        "classes",
        "confidence",
        "confidence-histogram",
        "confidence-narrow",
        "coverage",
        "drift",
        "hours",
        "hours-narrow",
        "reliability",
        "trends",
    }
    widths = {*light, *(f"{name}-phone" for name in light - {"confidence", "hours"})}
    assert names == {name + end for name in widths for end in ("", "-dark")}
    for path in (tmp_path / "report/charts").glob("*.png"):
        colour = Image.open(path).convert("RGB").getpixel((2, 2))
        assert isinstance(colour, tuple)
        brightness = sum(colour) / 3
        assert (brightness < 60) == path.stem.endswith("-dark")
    assert cut == []


def test_darker_pictures_are_named_in_the_verdict_and_shown(make, traffic, folder, artefact, capsys):
    text, figures = make(folder({"a.jsonl": traffic(300, seed=3, brightness=0.5)[0]}), "--model", artefact)
    (model,) = figures["models"]
    assert "brightness" in model["moved"]
    assert figures["verdict"] == f"Moved: {', '.join(model['moved'])}"
    assert f"{figures['verdict']}. 300 records" in capsys.readouterr().out
    assert "brightness moved" in text
    assert "brightness" in model["unusual"][0]["why"]
    assert model["unusual"][0]["why"] in text


def test_pictures_that_cannot_be_read_leave_open_whether_they_moved(make, traffic, folder, artefact):
    lines = [
        captured(
            record["eventMetadata"]["inferenceTime"],
            record["captureData"]["endpointOutput"]["data"],
            image=b"broken",
        )
        for record in map(json.loads, traffic(300, seed=60)[0].splitlines())
    ]
    text, figures = make(folder({"a.jsonl": b"".join(lines)}), "--model", artefact)
    assert "brightness" in figures["models"][0]["untold"]
    assert "no live picture could be read" in figures["verdict"]
    assert "Nothing moved" not in text


@pytest.mark.parametrize("labels", [2, 40])
def test_labels_of_some_photos_do_not_change_what_all_records_say_of_a_threshold(
    make, traffic, folder, artefact, tmp_path, labels
):
    lines, truth = traffic(300, seed=62)
    known = b"".join(truth.splitlines(True)[:labels])
    capture = folder({"capture/a.jsonl": lines, "truth.jsonl": known}) / "capture"
    text, figures = make(capture, "--model", artefact, "--truth", tmp_path / "truth.jsonl")
    (model,) = figures["models"]
    assert model["labelled"]["records"] == labels
    (used,) = [each for each in model["thresholds"] if each["threshold"] == 0.93]
    assert used["coverage"] == pytest.approx(model["coverage"]["value"])
    assert ("Too few labels: estimated from the confidence of 300 records" in text) == (labels == 2)


def test_a_truth_that_is_of_no_record_says_so(make, traffic, folder, artefact, tmp_path):
    truth = b'{"id": "somewhere else", "label": "bicycle"}\n'
    capture = folder({"capture/a.jsonl": traffic(40, seed=63)[0], "truth.jsonl": truth}) / "capture"
    text, _ = make(capture, "--model", artefact, "--truth", tmp_path / "truth.jsonl")
    assert (
        "1 photo has a right answer in what --truth names, and none of them is among these records." in text
    )


def test_what_is_missing_says_how_to_get_it(make, traffic, folder):
    text, figures = make(folder({"a.jsonl": traffic(22, seed=4)[0]}))
    assert "add --model model.tar.gz" in text
    assert "add --truth FILE" in text
    assert "add --state-machine ARN" in text
    assert "Nothing to compare with" in text
    assert figures["models"][0]["classes"] == ["class 0", "class 1"]
    assert figures["models"][0]["drift"] == []


def test_of_few_records_nobody_can_tell(make, traffic, folder, artefact):
    text, figures = make(folder({"a.jsonl": traffic(10, seed=5, brightness=0.3)[0]}), "--model", artefact)
    assert figures["verdict"].startswith("Cannot tell whether anything moved")
    assert "there are 10 and 200; nor whether coverage is at least 60.0% (" in figures["verdict"]
    assert figures["models"][0]["moved"] == []
    assert "Moved" not in text


def test_an_empty_capture_gives_a_page_that_says_so(make, folder):
    text, figures = make(folder({"a.jsonl": b""}))
    assert "Nothing was captured in this window" in text
    assert "Was the endpoint asked" in text
    assert (figures["records"], figures["models"]) == (0, [])


def test_records_that_do_not_fit_the_model_are_not_called_nothing(make, folder, artefact):
    text, figures = make(folder({"a.jsonl": captured(output="[0.8, 0.1, 0.1]") * 22}), "--model", artefact)
    assert figures["verdict"] == "No record fits its model"
    assert (figures["records"], figures["models"]) == (22, [])
    why = "22 records were read, none has the model's 2 classes: is --model the right one?"
    assert why in html.unescape(text)
    assert "Nothing was captured" not in text


def test_bounds_of_the_estimated_accuracy_say_on_what_they_rest(make, traffic, folder, artefact):
    text, _ = make(folder({"a.jsonl": traffic(300, seed=18)[0]}), "--model", artefact)
    rests = r"if its confidence is as right as in training, between [\d.]+% and [\d.]+%"
    assert re.search(rests, text)
    assert "do not rely on it" not in text
    assert "those of the estimated accuracy only while confidence is as right as in training" in text
    text, _ = make(folder({"a.jsonl": traffic(300, seed=18, brightness=0.5)[0]}), "--model", artefact)
    assert re.search(f"{rests}; something has moved, so do not rely on it", text)


def test_unusual_pictures_are_those_accepted_at_the_threshold_in_use(make, folder, artefact):
    dark = io.BytesIO()
    Image.new("RGB", (32, 32), (5, 5, 5)).save(dark, "PNG")
    capture = folder({"a.jsonl": captured(output="[0.85, 0.15]", image=dark.getvalue())})
    for threshold, shown in ((0.93, 0), (0.8, 1)):
        _, figures = make(capture, "--model", artefact, "--threshold", threshold)
        assert len(figures["models"][0]["unusual"]) == shown


def test_the_truth_is_read_with_each_models_own_classes(make, traffic, folder, artefact, tmp_path):
    own = hashlib.sha256(artefact.read_bytes()).hexdigest()[:16]
    tail = "ep/AllTraffic/2024/10/15/09/a.jsonl"
    (lines, truth), (others, other_truth) = traffic(40, seed=19), traffic(90, seed=20)
    folder({f"capture/{own}/{tail}": lines, f"capture/{'0' * 16}/{tail}": others})
    (tmp_path / "truth.jsonl").write_bytes(truth + other_truth)
    _, figures = make(tmp_path / "capture", "--model", artefact, "--truth", tmp_path / "truth.jsonl")
    stranger, known = figures["models"]
    assert known["labelled"]["records"] == 40
    assert stranger["labelled"] is None, "nobody knows what its classes are called"


def test_a_truth_names_classes_and_each_model_counts_them_in_its_own_order(tmp_path):
    path = tmp_path / "truth.jsonl"
    path.write_text('{"id": "a", "label": "bicycle"}\n{"id": 7, "label": "motorcycle"}\n')
    truth = models.read_truth(str(path))
    assert truth.positions(["bicycle", "motorcycle"]) == {"a": 0, "7": 1}
    assert truth.positions(["motorcycle", "bicycle"]) == {"a": 1, "7": 0}
    assert truth.positions(["car", "motorcycle"]) == {"7": 1}
    assert truth.positions([]) == {}


def test_two_models_behind_one_endpoint_are_never_mixed(make, traffic, folder, artefact):
    own = hashlib.sha256(artefact.read_bytes()).hexdigest()[:16]
    tail = "ep/AllTraffic/2024/10/15/09/a.jsonl"
    lines = {f"{own}/{tail}": traffic(40, seed=6)[0], f"{'0' * 16}/{tail}": traffic(90, seed=7)[0]}
    text, figures = make(folder(lines), "--model", artefact)
    assert [(model["model"], model["records"]) for model in figures["models"]] == [("0" * 16, 90), (own, 40)]
    assert figures["models"][0]["estimated_accuracy"] is None, "the other model's baseline is not at hand"
    assert figures["models"][1]["estimated_accuracy"] is not None
    assert "2 models answered" in text
    assert f"Another model: {own}" in text


def test_the_live_model_comes_first_with_its_verdict_and_the_one_with_most_records_after_it(
    make, traffic, folder, artefact, capsys
):
    own = hashlib.sha256(artefact.read_bytes()).hexdigest()[:16]
    tail = "ep/AllTraffic/2024/10/15/09/a.jsonl"
    dark, busy = traffic(100, seed=24, brightness=0.5)[0], traffic(400, seed=25)[0]
    capture = folder({f"{own}/{tail}": dark, f"{'0' * 16}/{tail}": busy})
    text, figures = make(capture, "--model", artefact, "--live", own)
    assert [(model["model"], model["records"]) for model in figures["models"]] == [
        (own, 100),
        ("0" * 16, 400),
    ]
    assert figures["live"] == own
    assert figures["verdict"].startswith("Moved: ")
    assert f"{figures['verdict']}. 500 records" in capsys.readouterr().out
    assert text.index(f"Live model: {own}") < text.index(f"Another model: {'0' * 16}")
    assert "--live" not in text


def test_unless_somebody_says_which_model_is_live_the_one_that_answered_last_is(
    make, traffic, folder, artefact
):
    own = hashlib.sha256(artefact.read_bytes()).hexdigest()[:16]
    early, late = "ep/AllTraffic/2024/10/15/09/a.jsonl", "ep/AllTraffic/2024/10/16/09/a.jsonl"
    lines = {f"{'0' * 16}/{early}": traffic(90, seed=7)[0], f"{own}/{late}": captured("2024-10-18T09:00:00Z")}
    text, figures = make(folder(lines), "--model", artefact)
    assert [model["model"] for model in figures["models"]] == [own, "0" * 16]
    assert "It answered last, so it counts as the live one; --live names another." in html.unescape(text)


def test_a_live_model_that_has_not_answered_is_the_headline(make, traffic, folder):
    tail = "ep/AllTraffic/2024/10/15/09/a.jsonl"
    capture = folder({f"{'0' * 16}/{tail}": traffic(40, seed=26)[0]})
    text, figures = make(capture, "--live", "1" * 16)
    assert figures["verdict"] == f"The live model, {'1' * 16}, has not answered in this window"
    assert [model["model"] for model in figures["models"]] == ["0" * 16]
    assert f"Another model: {'0' * 16}" in text
    assert "All records are of other models" in text


def test_low_coverage_is_part_of_the_verdict(make, folder, artefact):
    capture = folder({"a.jsonl": captured(output="[0.85, 0.15]") * 100})
    _, figures = make(capture, "--model", artefact)
    assert "; coverage is low: 0.0%, at least 60.0% is wanted" in figures["verdict"]


def test_what_somebody_chose_is_left_out_unless_it_is_asked_for_and_tells_the_truth_all_the_same(
    make, folder, artefact, tmp_path
):
    chosen = captured(
        output="[0.9, 0.1]", customAttributes=["s3_key=incoming/evaluation/a.png,kind=evaluation"]
    )
    truth = b'{"id": "incoming/evaluation/a.png", "label": "bicycle"}\n'
    folder({"capture/a.jsonl": captured(output="[0.97, 0.03]") * 3 + chosen * 2, "truth.jsonl": truth})
    flags = (tmp_path / "capture", "--model", artefact, "--truth", tmp_path / "truth.jsonl")
    text, figures = make(*flags)
    (model,) = figures["models"]
    assert (model["records"], model["left_out"]) == (3, {"evaluation": 2})
    assert "2 of kind evaluation are left out: --kinds live,evaluation takes them in" in text
    assert model["labelled"]["records"] == 1, "asked twice, it is one photo"
    text, figures = make(*flags, "--kinds", "live,evaluation")
    assert (figures["models"][0]["records"], figures["models"][0]["left_out"]) == (5, {})
    folder({"chosen/a.jsonl": chosen})
    text, figures = make(tmp_path / "chosen")
    assert figures["verdict"] == "Nothing live was captured in this window"
    assert "1 of kind evaluation are left out" in text


def test_executions_are_counted_drawn_and_traced(
    make, traffic, folder, executed, cloud_variables, monkeypatch, tmp_path
):
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    arn, since = executed
    capture = folder({"capture/a.jsonl": traffic(5, seed=14)[0]}) / "capture"
    text, figures = make(capture, "--state-machine", arn)
    workflow = figures["workflow"]
    assert workflow["executions"] == 3
    assert workflow["outcomes"] == {"accepted": 2, "review": 1}
    assert workflow["errors"] == {"ThresholdConfidenceNotMet": 1}
    assert {state: count["entered"] for state, count in workflow["states"].items()} == {
        "Sure": 3, "Route": 2, "Review": 1
    }  # fmt: skip
    assert "2 accepted, 1 for review, 0 failed" in text
    assert "executions that routed nobody: 1 review" in text
    charts = {path.stem for path in (tmp_path / "report/charts").glob("*.png")}
    assert charts >= {"executions", "states", "trace-accepted", "trace-failed", "latency"}

    text, figures = make(
        folder({"capture/a.jsonl": b""}) / "capture", "--state-machine", arn, "--since", since.isoformat()
    )
    assert (figures["records"], figures["workflow"]["executions"]) == (0, 3)
    assert "Nothing was captured in this window" in text


def test_what_could_not_be_read_is_counted_shown_and_escaped(make, traffic, folder):
    lines = traffic(3, seed=8)[0] + b"<script>alert(1)</script>\n"
    broken = b'{"captureData": {"endpointInput"'
    name = "<img src=x onerror=alert(1)>.jsonl"
    text, figures = make(folder({"capture/a.jsonl": lines, f"capture/{name}": broken}) / "capture")
    assert sum(figures["unreadable"].values()) == 2
    assert {example["line"] for example in figures["unreadable_examples"]} == {1, 4}
    assert html.escape(name) in text
    for reason, count in figures["unreadable"].items():
        assert f"{reason} {count}" in text


def test_a_file_whose_name_is_not_utf_8_is_reported(make, traffic, folder):
    lines = {os.fsdecode(b"\xff\xfe.jsonl"): traffic(3, seed=15)[0] + b"no record\n"}
    text, figures = make(folder(lines))
    assert figures["records"] == 3
    assert "\\udcff\\udcfe.jsonl 4 not JSON" in text


def test_a_picture_that_cannot_be_made_small_is_left_out_of_the_gallery(make, traffic, folder, tmp_path):
    file = io.BytesIO()
    Image.new("RGB", (64, 64)).save(file, "PNG", exif=b"garbage!")
    with pytest.raises(SyntaxError, match="not a TIFF file"):
        thumbnail(file.getvalue())
    text, figures = make(folder({"a.jsonl": captured(image=file.getvalue()) + traffic(3, seed=16)[0]}))
    (model,) = figures["models"]
    assert (model["records"], model["pictures"]) == (4, 4)
    assert "Chosen from 4 decoded pictures" in text
    assert (tmp_path / "report/report.html").read_text().count('alt="Photo taken for a') == 3


def test_a_picture_that_cannot_be_decoded_leaves_its_answer_in(make, folder):
    text, figures = make(folder({"a.jsonl": captured(image=b"no picture")}))
    (model,) = figures["models"]
    assert (model["records"], model["undecodable"], model["pictures"]) == (1, 1, 0)
    assert "the picture cannot be decoded" in text


@pytest.mark.parametrize(
    ("mode", "kind"), [("I;16", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("CMYK", "JPEG"), ("L", "JPEG")]
)
def test_a_picture_of_any_mode_is_shown_small(mode, kind):
    file = io.BytesIO()
    Image.new(mode, (1200, 600)).save(file, kind)
    shown = Image.open(io.BytesIO(thumbnail(file.getvalue())))
    assert (shown.format, shown.mode, shown.width) == ("PNG", "RGB", 256)


def test_only_the_window_is_reported(make, traffic, folder):
    capture = folder({"a.jsonl": traffic(96, seed=9)[0]})
    _, figures = make(capture, "--since", "2024-10-15T10:00:00Z", "--until", "2024-10-15T12:00:00Z")
    assert figures["records"] == 4
    _, figures = make(capture, "--since", "24h")
    assert figures["records"] == 0


def test_a_new_report_replaces_the_one_before_and_leaves_other_files_alone(
    make, traffic, folder, artefact, tmp_path
):
    capture = folder({"capture/a.jsonl": traffic(40, seed=10)[0]}) / "capture"
    make(capture, "--model", artefact)
    (tmp_path / "report/notes.txt").write_text("mine")
    make(capture)
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == [
        "charts", "notes.txt", "report.html", "report.json"
    ]  # fmt: skip
    assert not (tmp_path / "report/charts/drift.png").exists(), "without a baseline there is no drift to draw"


@pytest.fixture
def of_environment(traffic, folder, patched, tmp_path):
    """Make the report of an environment from a folder: its outputs and its bucket are all that is not real."""
    outputs = {
        "bucket": "bucket",
        "endpoint_name": "endpoint",
        "state_machine_arn": None,
        "threshold": 0.93,
        "tolerated_drift": {"confidence": 0.1, "images": 0.1, "classes": 0.1},
    }
    capture = folder({"capture/a.jsonl": traffic(5, seed=30)[0]}) / "capture"
    patched.setattr(environment, "outputs", lambda _env: outputs)
    patched.setattr(__main__, "Capture", lambda _source, since, until: Capture(str(capture), since, until))

    patched.setattr(past, "read", lambda *_: None)  # its records are few enough
    patched.setattr(past, "read_truths", lambda *_: {})  # nobody has judged any

    def run(env: str, *flags: str) -> tuple[str, dict]:
        out = tmp_path / "report"
        argv = ["report", "--env", env, "--since", "2024-10-15T06:00:00Z", "--out", str(out), *flags]
        patched.setattr(sys, "argv", argv)
        __main__.main()
        return (out / f"report-{env}.html").read_text(), json.loads((out / "report.json").read_text())

    return run


def test_the_report_names_its_environment_in_title_file_and_figures(of_environment, make, folder, capsys):
    page, figures = of_environment("prod")
    assert "<title>How the classifier is doing in prod</title>" in page
    assert "<h1>How the classifier is doing in prod</h1>" in page
    assert figures["environment"] == "prod"
    assert capsys.readouterr().out.rstrip().endswith("report/report-prod.html")
    assert "<title>Friday</title>" in of_environment("prod", "--title", "Friday")[0]
    _, figures = make(folder({"capture/a.jsonl": b""}) / "capture")
    assert figures["environment"] is None


def test_an_earlier_report_of_another_name_is_not_left_behind(of_environment, make, folder, tmp_path):
    def pages() -> list[str]:
        return sorted(path.name for path in (tmp_path / "report").glob("*.html"))

    of_environment("prod")
    (tmp_path / "report/report-of-mine.html").write_text("mine")
    of_environment("staging")
    assert pages() == ["report-of-mine.html", "report-staging.html"]
    make(folder({"capture/a.jsonl": b""}) / "capture")
    assert pages() == ["report-of-mine.html", "report.html"]


@pytest.mark.parametrize("figures", [None, "no JSON", "[]", '{"mine": 1}'])
def test_charts_that_are_no_reports_are_kept(make, traffic, folder, tmp_path, figures):
    capture = folder({"capture/a.jsonl": traffic(3, seed=17)[0], "report/charts/mine.png": b"mine"})
    if figures:
        (tmp_path / "report/report.json").write_text(figures)
    before = sorted((tmp_path / "report").rglob("*"))
    with pytest.raises(UserError, match=r"report/charts .*choose another --out$"):
        make(capture / "capture")
    assert sorted((tmp_path / "report").rglob("*")) == before


MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:none"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (
            ["--state-machine", MACHINE],
            f"the state machine {MACHINE} cannot be read: You must specify a region",
        ),
        (["--since", "yesterday"], "yesterday is not a time"),
        (["--since", "2024-10-16", "--until", "2024-10-15"], "nothing is between --since 2024-10-16"),
        (["--model", "missing.tar.gz"], "missing.tar.gz cannot be read"),
        (["--truth", "truth.jsonl"], "--truth needs the names of the classes"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing_behind(
    make, traffic, folder, tmp_path, monkeypatch, flags, said
):
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    capture = folder({"capture/a.jsonl": traffic(3, seed=11)[0]}) / "capture"
    with pytest.raises(UserError, match=re.escape(said)) as error:
        make(capture, *flags)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "report").exists()


def test_a_capture_that_is_not_there_is_named(make, tmp_path):
    with pytest.raises(UserError, match="nowhere"):
        make(tmp_path / "nowhere")
    assert not (tmp_path / "report").exists()


def test_a_truth_of_unknown_classes_is_refused_with_its_line(make, traffic, folder, artefact, tmp_path):
    lines, truth = traffic(3, seed=12)
    wrong = truth + b'{"id": "x", "label": "scooter"}\n'
    capture = folder({"capture/a.jsonl": lines, "truth.jsonl": wrong}) / "capture"
    with pytest.raises(UserError, match=r"truth.jsonl, line 4: .*bicycle, motorcycle"):
        make(capture, "--model", artefact, "--truth", tmp_path / "truth.jsonl")


def test_a_place_that_cannot_be_written_to_is_one_line(make, traffic, folder, tmp_path):
    capture = folder({"capture/a.jsonl": traffic(3, seed=13)[0]}) / "capture"
    (tmp_path / "report").write_text("a file")
    with pytest.raises(UserError, match="cannot be written"):
        make(capture)
    assert (tmp_path / "report").read_text() == "a file"
