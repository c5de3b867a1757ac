"""A promoted model is evaluated again, by its own artefact on its own data set, before anybody reviews its plan."""

import hashlib
import json
import os
import subprocess

import pytest
from sagemaker.core import image_uris
from tests.builders import pack

from core import artefacts, environment
from core.console import UserError
from delivery import gate, gate_found
from training import builtin_image, dataset
from training.upload import upload

BUCKET = "scones-gate-123456789012"
KNOWING = """
import hashlib, json

LABELS = {labels}

def model_fn(folder):
    return LABELS

def input_fn(body, kind):
    return hashlib.sha256(body).hexdigest()

def predict_fn(photo, labels):
    return [0.01, 0.99] if labels[photo] else [0.99, 0.01]

def output_fn(prediction, accept):
    return json.dumps(prediction)
"""


@pytest.fixture(scope="module")
def bucket(own_aws, own_variables, staged_sample):
    """The environment's bucket, with the data set as `make stage ARGS=--upload` puts it there."""
    own_aws("s3").create_bucket(Bucket=BUCKET)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own_variables.items():
            patch.setenv(name, value)
        upload(staged_sample, f"s3://{BUCKET}/data")
    return own_aws("s3")


@pytest.fixture
def promoted(bucket, make_model, staged_sample, own_variables, monkeypatch):
    """Put a model into the bucket, and make what promote writes about it."""
    for name, value in own_variables.items():
        monkeypatch.setenv(name, value)
    test = dataset.load(staged_sample, "test")
    photos = [(staged_sample / "test" / name).read_bytes() for name in test.names]
    labels = {
        hashlib.sha256(photo).hexdigest(): int(label)
        for photo, label in zip(photos, test.labels, strict=True)
    }

    def promote(always_bicycle: bool = False, accuracy: float = 1.0, **fields) -> dict:
        answers = dict.fromkeys(labels, 0) if always_bicycle else labels
        packed = make_model((0.99, 0.01), KNOWING.replace("{labels}", repr(answers))).read_bytes()
        sha256 = hashlib.sha256(packed).hexdigest()
        bucket.put_object(Bucket=BUCKET, Key=f"models/{sha256[:16]}/model.tar.gz", Body=packed)
        return {
            "artefact": f"s3://{BUCKET}/models/{sha256[:16]}/model.tar.gz",
            "sha256": sha256,
            "image": "image:1",
            "environment": artefacts.SCRIPT_ENVIRONMENT,
            "labels": ["bicycle", "motorcycle"],
            "dataset_id": dataset.read_info(staged_sample)["dataset_id"],
            "metrics": {"test_accuracy": accuracy},
            "run": "job",
            "override_reason": None,
        } | fields

    return promote


def test_a_model_that_passes_says_on_which_data(promoted):
    model = promoted()
    assert gate.judge("staging", model, None) == (
        f"Evaluated again on data set {model['dataset_id']}: it passes the gate."
    )


def test_a_model_whose_gate_fails_is_refused_with_the_reasons(promoted):
    with pytest.raises(UserError, match=r"motorcycle is never predicted; test accuracy 0\.5") as refused:
        gate.judge("staging", promoted(always_bicycle=True, accuracy=0.5), None)
    assert "override_reason" in str(refused.value)


def test_a_reason_to_go_live_all_the_same_is_shown_with_what_failed(promoted):
    model = promoted(always_bicycle=True, accuracy=0.5, override_reason="only bicycles come in winter")
    found = gate.judge("staging", model, None)
    assert "motorcycle is never predicted" in found
    assert found.endswith("It goes live all the same: only bicycles come in winter")


def test_a_model_file_that_boasts_is_refused(promoted):
    with pytest.raises(UserError, match=r"its test accuracy is 1\.000, its file says 0\.8000"):
        gate.judge("staging", promoted(accuracy=0.8), None)


def test_an_artefact_that_is_not_the_files_is_refused_whatever_the_reason(promoted):
    model = promoted(sha256="00" * 32, override_reason="trust me")
    with pytest.raises(UserError, match="its SHA-256 is another"):
        gate.judge("staging", model, None)


def test_a_data_set_that_is_not_in_the_bucket_is_named_with_what_to_do(promoted):
    with pytest.raises(
        UserError, match=f"s3://{BUCKET}/data/gone/ is not there: put it there with make stage"
    ):
        gate.judge("staging", promoted(dataset_id="gone"), None)


def test_another_data_set_than_the_models_is_refused(promoted, staged_sample):
    with pytest.raises(UserError, match="the model was judged on gone"):
        gate.judge("staging", promoted(dataset_id="gone"), staged_sample)


def test_labels_in_another_order_than_the_models_are_refused_whatever_the_reason(promoted):
    """They decide which loading bay a driver is sent to."""
    model = promoted(labels=["motorcycle", "bicycle"], override_reason="trust me")
    with pytest.raises(UserError, match=r"\['bicycle', 'motorcycle'\] apart, its file says \['motorcycle'"):
        gate.judge("staging", model, None)


@pytest.fixture
def without_code(promoted, bucket):
    """A model that is nothing but figures, to be served by this image."""

    def promote(image: str) -> dict:
        packed = pack({"image-classification-0090.params": b""})
        bucket.put_object(Bucket=BUCKET, Key="models/builtin/model.tar.gz", Body=packed)
        named = {"artefact": f"s3://{BUCKET}/models/builtin/model.tar.gz", "environment": {}, "image": image}
        return promoted(sha256=hashlib.sha256(packed).hexdigest(), **named)

    return promote


def test_of_a_model_by_sagemakers_own_algorithm_the_figures_are_its_jobs(without_code):
    model = without_code("811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1")
    assert "not evaluated again" in gate.judge("staging", model, None)


@pytest.mark.parametrize(
    "image",
    [
        "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312",
        "111122223333.dkr.ecr.us-east-1.amazonaws.com/image-classification:1",
        "811284229777.dkr.ecr.eu-west-1.amazonaws.com/image-classification:1",
        "811284229777.dkr.ecr.us-east-1.amazonaws.com/mine/image-classification:1",
        "811284229777.dkr.ecr.us-east-1.amazonaws.com.example.com/image-classification:1",
    ],
)
def test_a_model_that_leaves_its_code_out_is_not_taken_for_sagemakers_own(without_code, image):
    """Whoever serves it decides what it answers, and no reason stands for that."""
    model = without_code(image) | {"override_reason": "trust me"}
    with pytest.raises(UserError, match=r"has no code/inference\.py to be evaluated by") as refused:
        gate.judge("staging", model, None)
    assert image in str(refused.value)


def test_sagemakers_own_algorithm_lies_where_its_sdk_says():
    for region in builtin_image.REGISTRIES:
        assert builtin_image.is_builtin(image_uris.retrieve(builtin_image.NAME, region)), region


def test_a_model_of_ours_is_judged_whatever_its_file_says_of_it(promoted):
    with pytest.raises(UserError, match="motorcycle is never predicted"):
        gate.judge("staging", promoted(always_bicycle=True, environment={}), None)


def deploy(project, model: dict) -> None:
    """Let Terraform's state say that this model is live, as the environment's output does."""
    said = {"id": model["sha256"][:16], "artefact": model["artefact"], "labels": model["labels"]}
    (project / "terraform/main.tf").write_text(f'output "model" {{ value = {json.dumps(said)} }}\n')
    variables = os.environ | {"TF_DATA_DIR": str(project / "build/terraform/staging")}
    for step in (["init"], ["apply", "-auto-approve"]):
        subprocess.run(
            ["terraform", "-chdir=terraform", *step],
            cwd=project,
            env=variables,
            check=True,
            capture_output=True,
        )


@pytest.mark.usefixtures("command")  # which makes the project
def test_a_model_that_is_not_the_one_deployed_is_judged_whoever_merged_it(promoted, tmp_path, monkeypatch):
    """After a refused deployment ci runs on main again, where the file is that of the last commit."""
    monkeypatch.chdir(tmp_path)
    model = promoted()
    assert not gate.is_deployed("staging", model), "nothing is, or nobody can say"
    deploy(tmp_path, model)
    assert gate.is_deployed("staging", model)
    for other in ({"sha256": "00" * 32}, {"artefact": "s3://b/m"}, {"labels": ["motorcycle", "bicycle"]}):
        assert not gate.is_deployed("staging", model | other)


FOUND = {"sha256": "22" * 32, "found": "Evaluated again: it passes the gate."}


def test_what_the_gate_found_comes_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert gate_found.read("staging") is None
    gate_found.write("staging", FOUND["sha256"], FOUND["found"])
    assert gate_found.read("staging") == FOUND


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "null",
        '{"sha256": 1, "found": "x"}',
        json.dumps(FOUND | {"found": ["x"]}),
        json.dumps(FOUND | {"review": {}}),
        json.dumps({"found": "x"}),
        json.dumps(FOUND | {"found": "x" * 200_000}),
        b"\xff\xfe",
    ],
)
def test_what_the_gate_did_not_write_is_refused(tmp_path, monkeypatch, content):
    """It comes from a job that ran a model's code."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / gate_found.path("staging")
    file.parent.mkdir(parents=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=r"build/gates/staging/gate\.json is not what make gate writes"):
        gate_found.read("staging")


def test_a_finding_that_somebody_committed_is_refused(tmp_path, monkeypatch, git):
    monkeypatch.chdir(tmp_path)
    gate_found.write("staging", FOUND["sha256"], FOUND["found"])
    git("init", "-q")
    git("add", "-A")
    with pytest.raises(UserError, match=r"staging/gate\.json is under version control"):
        gate_found.read("staging")


def test_the_command_judges_a_change_only_and_tells_the_review(
    promoted, staged_sample, tmp_path, command, git
):
    git("init", "-q", "-b", "main")
    (tmp_path / ".gitignore").write_text("build\n*.tf\n*.tfstate\n.terraform*\n")
    git("add", "-A")
    git("commit", "-q", "-m", "First")
    model = promoted()
    (tmp_path / environment.model_file("staging")).write_text(json.dumps({"model": model}))
    assert "it passes the gate" in command("gate", "--data", staged_sample).stdout
    found = json.loads((tmp_path / "build/gates/staging/gate.json").read_text())
    assert found["sha256"] == model["sha256"]
    git("add", "-A")
    git("commit", "-q", "-m", "Promote")
    assert "it passes the gate" in command("gate", "--data", staged_sample).stdout, "merged is not deployed"
    deploy(tmp_path, model)
    assert "there is nothing to evaluate" in command("gate").stdout
    boast = model | {"metrics": {"test_accuracy": 0.5}}
    (tmp_path / environment.model_file("staging")).write_text(json.dumps({"model": boast}))
    done = command("gate", "--data", staged_sample)
    assert (done.returncode, "its file says 0.5000" in done.stderr) == (1, True)
