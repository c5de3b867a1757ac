"""What the settings ask for as they stand, beside what was applied last."""

import json
from pathlib import Path

import pytest

from core.console import UserError
from operations import unapplied, workplace

ARTEFACT = "s3://b/models/1/model.tar.gz"
OUTPUTS = {
    "model": {"id": "1", "artefact": ARTEFACT, "labels": []},
    "endpoint_live": True,
    "endpoint_name": "image-classifier-ep",
    "threshold": 0.93,
    "max_unlikeness": 0.995,
}


@pytest.fixture(autouse=True)
def settings(tmp_path, monkeypatch) -> Path:
    """The environment `local` with the model that was applied."""
    workplace.copy(tmp_path)
    monkeypatch.chdir(tmp_path)
    promote(ARTEFACT)
    return tmp_path / "terraform/envs/local.tfvars"


def promote(artefact: str | None) -> None:
    path = Path("terraform/envs/local.model.tfvars.json")
    path.write_text(json.dumps({"model": artefact and {"artefact": artefact}}))


def test_what_is_applied_is_what_the_files_and_defaults_say(settings):
    assert unapplied.compare("local", OUTPUTS) == []
    settings.write_text(settings.read_text() + 'endpoint_name = "mine" # of this machine\nthreshold = 0.50\n')
    assert unapplied.compare("local", OUTPUTS | {"endpoint_name": "mine", "threshold": 0.5}) == []


def test_what_was_applied_before_an_output_was_made_is_told_to_be_applied_anew():
    unapplied.check_outputs("local", OUTPUTS, "threshold", "endpoint_name")
    with pytest.raises(
        UserError, match="local was applied before this release: make bootstrap plan apply ENV=local"
    ):
        unapplied.check_outputs("local", OUTPUTS, "threshold", "register_table")


def test_a_model_that_is_promoted_and_not_applied_is_named():
    promote("s3://b/models/2/model.tar.gz")
    assert unapplied.compare("local", OUTPUTS) == [
        f"s3://b/models/2/model.tar.gz is promoted and not applied, applied is {ARTEFACT}"
    ]
    before = {name: value for name, value in OUTPUTS.items() if name != "model"} | {"endpoint_live": False}
    assert unapplied.compare("local", before) == [
        "s3://b/models/2/model.tar.gz is promoted and not applied, applied is none"
    ]


@pytest.mark.parametrize("is_there", [True, False])
def test_a_model_that_is_named_no_more_is_said_too(is_there):
    promote(None)
    if not is_there:
        Path("terraform/envs/local.model.tfvars.json").unlink()
    assert unapplied.compare("local", OUTPUTS) == [f"no model is named any more, applied is {ARTEFACT}"]


def test_a_switch_and_a_threshold_that_were_turned_and_not_applied_are_named(settings):
    settings.write_text(settings.read_text() + "endpoint_enabled = false\nthreshold = 0.5\n")
    assert unapplied.compare("local", OUTPUTS) == [
        "endpoint_enabled is false, applied was true",
        "threshold is 0.5, applied was 0.93",
    ]
    assert unapplied.compare("local", OUTPUTS | {"endpoint_live": False, "threshold": 0.5}) == []


def test_how_unlike_a_photo_may_be_is_named_where_it_is_known_what_was_applied(settings):
    settings.write_text(settings.read_text() + "max_unlikeness = 1\n")
    assert unapplied.compare("local", OUTPUTS) == ["max_unlikeness is 1, applied was 0.995"]
    before = {name: value for name, value in OUTPUTS.items() if name != "max_unlikeness"}
    assert unapplied.compare("local", before) == []


def test_a_variable_of_the_process_counts_where_no_file_sets_it(settings, monkeypatch):
    monkeypatch.setenv("TF_VAR_threshold", "0.5")
    assert unapplied.compare("local", OUTPUTS) == ["threshold is 0.5, applied was 0.93"]
    settings.write_text(settings.read_text() + "threshold = 0.93\n")
    assert unapplied.compare("local", OUTPUTS) == []
