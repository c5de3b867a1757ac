"""The main way: deploy, promote, apply, and every photo ends where it belongs. test_teardown.py takes it down."""

import json
import statistics
import time
from pathlib import Path

import pytest

from core.contract import register
from core.contract.errors import FOR_REVIEW
from training import artefact as artefacts
from training import dataset, evaluate

LABELS = ["bicycle", "motorcycle"]
ROUTES = {
    "bicycle": {"loading_bay": "A", "max_distance_km": 3},
    "motorcycle": {"loading_bay": "B", "max_distance_km": 15},
}
PHOTOS = 12


@pytest.fixture(scope="module")
def photos(staged_sample: Path) -> dict[str, bytes]:
    names = dataset.load(staged_sample, "test").names
    return {name: (staged_sample / "test" / name).read_bytes() for name in names}


@pytest.fixture(scope="module")
def answers(artefact, photos, tmp_path_factory) -> dict[str, list[float]]:
    """What the artefact itself answers to each photo: the surest first."""
    folder = tmp_path_factory.mktemp("artefact")
    artefacts.unpack(artefact(), folder)
    rows = evaluate.answers(folder, list(photos.values())).tolist()
    return dict(sorted(zip(photos, rows, strict=True), key=lambda item: -max(item[1])))


def test_before_the_first_model_a_photo_fails_by_a_name_that_says_so(without_model, photos):
    assert without_model.outputs["endpoint_live"] is False
    name, photo = next(iter(photos.items()))
    ended = without_model.route(f"early-{name}", photo)
    assert (ended["status"], ended["error"]) == ("FAILED", "EndpointNotFound")
    assert "no model is deployed" in ended["cause"]
    (heard,) = without_model.notified.about(execution=ended["executionArn"])
    assert heard["error"] == "EndpointNotFound"


def test_before_the_first_model_a_bulk_run_gives_up_and_says_why_of_each_photo(without_model, photos):
    for name, photo in list(photos.items())[:2]:
        without_model.s3.put_object(Bucket=without_model.bucket, Key=f"archive/early/{name}", Body=photo)
    run = ("operations.bulk", "local", "--prefix", "archive/early/")
    printed = without_model.project.run(*run, status=1, key="operator")
    assert "the run failed as BulkRunGivenUp: States.ExceedToleratedFailureThreshold" in printed
    assert "2 images in " in printed
    assert "2 failed as EndpointNotFound" in printed
    name = printed.split("run ")[1].split()[0]
    again = without_model.project.run("operations.bulk", "local", "--resume", name, status=1, key="operator")
    assert f"run {name} was given up and has ended: make bulk ENV=local RETRY={name}" in again


def test_while_the_endpoint_is_switched_off_an_archive_is_transformed(switched_off, photos):
    for name, photo in list(photos.items())[:2]:
        key = f"archive/transformed/{name}"
        switched_off.s3.put_object(Bucket=switched_off.bucket, Key=key, Body=photo)
    assert switched_off.outputs["endpoint_live"] is False
    command = ("operations.transform", "local", "--prefix", "archive/transformed/")
    printed = switched_off.project.run(*command, key="operator")
    assert "2 objects below archive/transformed/, 2 of them photos" in printed
    assert "0 failed" in printed


def test_verify_tells_an_endpoint_that_is_switched_off_from_one_that_should_be_there(switched_off):
    """It was switched off beside the files, which ask for an endpoint; then they say so themselves."""
    verify = ("operations.verify", "local")
    said = switched_off.project.run(*verify, status=1)
    assert "endpoint_enabled is true, applied was false: make plan apply ENV=local" in said
    settings = switched_off.project.root / "terraform/envs/local.tfvars"
    before = settings.read_text()
    settings.write_text(f"{before}\nendpoint_enabled = false\n")
    try:
        printed = switched_off.project.run(*verify)
    finally:
        settings.write_text(before)
    assert "the endpoint is switched off (endpoint_enabled = false), and the workflow says so" in printed
    assert "no model" not in printed


def test_switching_it_on_adds_the_endpoint(deployed):
    assert deployed.outputs["endpoint_live"] is True
    printed = deployed.project.run("operations.verify", "local")
    assert "the golden photo is answered as in training" in printed
    assert "its answer is captured" in printed


def test_a_second_plan_is_empty(second_plan):
    assert "No changes." in second_plan


def test_a_sure_answer_routes_the_driver_and_other_teams_hear_of_it(deployed, photos, answers):
    name, probabilities = next(iter(answers.items()))
    ended = deployed.route(f"sure/{name}", photos[name])
    assert ended["status"] == "SUCCEEDED", ended
    label = LABELS[probabilities.index(max(probabilities))]
    expected = {
        "s3_bucket": deployed.bucket,
        "s3_key": f"incoming/sure/{name}",
        "inferences": pytest.approx(probabilities, abs=1e-5),
        "label": label,
        "confidence": pytest.approx(max(probabilities), abs=1e-5),
        "threshold": 0.93,
        "assignment": ROUTES[label],
    }
    output = json.loads(ended["output"])
    assert 0 <= output.pop("unlikeness") <= 0.995
    assert output == expected
    (heard,) = deployed.routed.about(s3_key=f"incoming/sure/{name}")
    shared = ("s3_bucket", "s3_key", "label", "confidence", "assignment")
    item = deployed.item(f"incoming/sure/{name}", state=register.ROUTED)
    told = {name: item[name] for name in ("id", "routed_at")}
    told |= {"vehicle": "", "decided_by": "model", "source": "", "reference": ""}
    assert heard == {field: expected[field] for field in shared} | told


def test_an_unsure_answer_waits_for_a_person(deployed, photos, answers):
    name, probabilities = list(answers.items())[-1]
    ended = deployed.route(f"unsure/{name}", photos[name])
    assert (ended["status"], ended["error"]) == ("FAILED", "ThresholdConfidenceNotMet")
    waiting = deployed.item(f"incoming/unsure/{name}", state=register.WAITING)
    assert json.loads(waiting["inferences"]) == pytest.approx(probabilities, abs=1e-5)
    assert waiting["reason"] == "ThresholdConfidenceNotMet"
    assert not deployed.notified.so_far(execution=ended["executionArn"]), "low confidence is no alarm"


def test_a_picture_that_the_model_cannot_read_is_refused_by_name(deployed):
    ended = deployed.route("broken.png", b"\x89PNG\r\n\x1a\n" + bytes(2000))
    assert (ended["status"], ended["error"]) == ("FAILED", "ImageRefused")
    assert deployed.notified.about(execution=ended["executionArn"])


def test_the_time_from_upload_to_outcome_is_measured(deployed, photos, capsys):
    seconds = []
    for name, photo in list(photos.items())[:PHOTOS]:
        uploaded = time.time()
        ended = deployed.route(f"timed/{name}", photo)
        assert ended["status"] == "SUCCEEDED" or ended["error"] in FOR_REVIEW
        seconds.append(ended["stopDate"].timestamp() - uploaded)
    with capsys.disabled():
        print(f"\nfrom upload to outcome, warm: median {statistics.median(seconds):.2f} s of {PHOTOS} photos")
