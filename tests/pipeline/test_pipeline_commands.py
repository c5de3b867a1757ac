"""The commands of a deployed environment, as make runs them, on the one that the test run shares."""

import json
from pathlib import Path

import pytest

from training.dataset import read_info


def photos(staged_sample: Path) -> list[Path]:
    return sorted((staged_sample / "test").glob("*.png"))


def test_bootstrap_again_changes_nothing_and_names_the_roles(deployed):
    printed = deployed.project.run("operations.bootstrap", "local", key="administrator")
    assert "No changes." in printed
    assert "PLAN_ROLE_LOCAL=arn:aws:iam::123456789012:role/scones-local-plan" in printed
    assert "APPLY_ROLE=arn:aws:iam::123456789012:role/scones-local-apply" in printed


def test_verify_proves_that_what_is_live_is_what_was_asked_for(deployed):
    printed = deployed.project.run("operations.verify", "local")
    assert f"the endpoint serves {deployed.outputs['endpoint_configuration_name']}" in printed
    assert "the golden photo is answered as in training" in printed
    assert f"its answer is captured in s3://{deployed.bucket}/captures/" in printed


def test_the_gate_evaluates_the_promoted_model_as_a_pull_request_does(deployed, staged_sample):
    root = f"data/{read_info(staged_sample)['dataset_id']}"
    judged_by = ("dataset.json", "test.lst", "test/*.png")
    for path in (path for pattern in judged_by for path in staged_sample.glob(pattern)):
        key = f"{root}/{path.relative_to(staged_sample).as_posix()}"
        deployed.s3.put_object(Bucket=deployed.bucket, Key=key, Body=path.read_bytes())
    # A model of a few epochs is none that may go live.
    printed = deployed.project.run("delivery.gate", "local", status=1, key="planner")
    assert "evaluated again, the model of local does not pass the gate: test accuracy" in printed


def test_classify_says_where_the_driver_goes(deployed, staged_sample):
    photo = photos(staged_sample)[0]
    printed = deployed.project.run("operations.classify_photo", "local", photo)
    assert printed.startswith(f"{photo.name}: ")
    assert "loading bay" in printed or "a person will look at it" in printed


def test_classify_names_what_is_wrong_with_a_photo(deployed, tmp_path):
    (tmp_path / "a list.png").write_text("scones, butter, jam")
    printed = deployed.project.run("operations.classify_photo", "local", tmp_path / "a list.png", status=1)
    assert "a list.png: 19 bytes that are neither a PNG nor a JPEG image" in printed


def test_evaluate_counts_every_photo_once(deployed, staged_sample, tmp_path):
    printed = deployed.project.run(
        "operations.evaluation", "local", "--data", staged_sample, "--out", tmp_path / "new/figures.json"
    )
    figures = json.loads((tmp_path / "new/figures.json").read_text())
    rows = figures["confusion"].values()
    assert figures["photos"] == sum(sum(row.values()) for row in rows) == len(photos(staged_sample))
    assert figures["failures"] == []
    accepted = sum(row["bicycle"] + row["motorcycle"] for row in rows)
    assert figures["coverage"] == pytest.approx(accepted / figures["photos"])
    assert f"coverage {figures['coverage']:.3f}" in printed
