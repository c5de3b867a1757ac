import hashlib
import json
import subprocess

import boto3
import pytest

from training import artefact
from training.inference import Classifier, Network

METRICS = {
    "test_accuracy": 0.94,
    "validation_accuracy": 0.95,
    "selective_accuracy": None,
    "n_test": 150,
    "confusion": [[70, 5], [4, 71]],
    "dataset_id": "photos-1",
}
EXAMPLES = {"classes": {"bicycle": {"good": ["data:image/png;base64,AAAA"], "bad": []}}}


@pytest.fixture
def model(tmp_path, photo):
    """Make an artefact as train.py does, with these figures."""

    def make(shown=EXAMPLES, **metrics):
        folder = tmp_path / "build" / "model"
        classifier, labels = Classifier([Network(2)]), ["bicycle", "motorcycle"]
        artefact.write(folder, classifier, labels, METRICS | metrics, photo, {}, shown)
        artefact.pack(folder, folder / "model.tar.gz")
        return folder / "model.tar.gz"

    return make


@pytest.fixture
def promote(command, bucket):
    return lambda run, *flags: command("promote", "--env", "local", "--run", run, "--bucket", bucket, *flags)


@pytest.fixture
def tfvars(project):
    return project / "terraform/envs/local.model.tfvars.json"


def record_of(location, **fields):
    return {
        "job": "scones-local-script-1",
        "artefact": location,
        "image": "111122223333.dkr.ecr.us-east-1.amazonaws.com/some-image:1",
        "environment": {},
        "labels": ["bicycle", "motorcycle"],
        "dataset_id": "photos-1",
        "metrics": {"validation_accuracy": 0.9, "train_accuracy": 0.99},
        "gate_passed": True,
    } | fields


def test_a_local_artefact_becomes_the_live_model(promote, model, tfvars, bucket):
    path = model()
    done = promote(path)

    assert done.returncode == 0, done.stderr
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    live = json.loads(tfvars.read_text())["model"]
    assert live == {
        "artefact": f"s3://{bucket}/models/{sha256[:16]}/model.tar.gz",
        "sha256": sha256,
        "image": "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312",
        "environment": {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        },
        "labels": ["bicycle", "motorcycle"],
        "dataset_id": "photos-1",
        "metrics": {"n_test": 150, "test_accuracy": 0.94, "validation_accuracy": 0.95},
        "run": "model/model.tar.gz",
        "override_reason": None,
        "guideline": True,
    }
    stored = boto3.client("s3").get_object(Bucket=bucket, Key=f"models/{sha256[:16]}/model.tar.gz")
    assert stored["Body"].read() == path.read_bytes()
    shown = boto3.client("s3").get_object(Bucket=bucket, Key=f"models/{sha256[:16]}/guideline.json")
    assert json.loads(shown["Body"].read()) == EXAMPLES


def test_the_same_promotion_twice_changes_nothing(promote, model, tfvars):
    path = model()
    promote(path)
    before = tfvars.read_bytes()

    done = promote(path)

    assert done.returncode == 0, done.stderr
    assert "nothing changed" in done.stdout
    assert tfvars.read_bytes() == before
    assert before.endswith(b"}\n")


def test_a_bucket_that_was_emptied_gets_the_live_model_again(promote, model, bucket):
    path = model()
    promote(path)
    s3 = boto3.client("s3")
    keys = [it["Key"] for it in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    for key in keys:
        s3.delete_object(Bucket=bucket, Key=key)

    promote(path)

    assert [it["Key"] for it in s3.list_objects_v2(Bucket=bucket)["Contents"]] == keys
    (key,) = (key for key in keys if key.endswith("/model.tar.gz"))
    assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == path.stat().st_size


def test_an_artefact_of_an_earlier_version_has_no_guideline(promote, model, tfvars, bucket, monkeypatch):
    monkeypatch.setattr(artefact, "MEMBERS", [it for it in artefact.MEMBERS if it != "guideline.json"])
    done = promote(path := model())
    assert done.returncode == 0, done.stderr
    assert "guideline" not in json.loads(tfvars.read_text())["model"]
    stored = boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert [it["Key"].rpartition("/")[2] for it in stored] == ["model.tar.gz"]
    artefact.unpack(path, path.parent / "unpacked")  # by which it is evaluated


def test_a_guideline_that_holds_more_than_pictures_is_not_put_before_people(promote, model, tfvars, bucket):
    done = promote(model({"classes": {"bicycle": {"good": ["https://example.com"], "bad": []}}}))
    assert done.returncode == 1
    assert done.stderr.endswith("has a guideline.json that is none: train the model again\n")
    assert not tfvars.exists()
    assert "Contents" not in boto3.client("s3").list_objects_v2(Bucket=bucket)


def test_the_figures_stand_beside_those_of_the_live_model(promote, model):
    promote(model(test_accuracy=0.94))
    done = promote(model(test_accuracy=0.955))
    row = next(line for line in done.stdout.splitlines() if "test_accuracy" in line)
    assert all(text in row for text in ("0.9400", "0.9550", "+0.015")), row


def test_the_recipe_stands_beside_that_of_the_live_model(promote, model, tfvars):
    """Of models that were promoted before there were two, nobody wrote it down."""
    promote(model())
    assert "recipe" not in json.loads(tfvars.read_text())["model"]
    promote(model(recipe="small"))
    done = promote(model(recipe="pretrained", test_accuracy=0.96))
    row = next(line for line in done.stdout.splitlines() if "recipe" in line)
    assert row.index("small") < row.index("pretrained"), row
    assert json.loads(tfvars.read_text())["model"]["recipe"] == "pretrained"


def test_the_recipe_of_a_run_record_is_written_down(promote, model, tfvars, project):
    record = project / "run.json"
    record.write_text(json.dumps(record_of(str(model()), recipe="small")))
    assert promote(record).returncode == 0
    assert json.loads(tfvars.read_text())["model"]["recipe"] == "small"


def test_a_worse_model_is_refused_and_leaves_no_trace(promote, model, tfvars, bucket):
    promote(model(test_accuracy=0.95))
    before = tfvars.read_bytes()

    done = promote(model(test_accuracy=0.93))

    assert done.returncode == 1
    assert "0.9300 is worse than the live model's 0.9500 by more than 0.01" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert tfvars.read_bytes() == before
    assert (
        boto3.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 2
    )  # the live one, and its guideline


ACCEPTING = {"threshold": 0.93, "coverage": 0.84, "selective_accuracy": 0.98}


@pytest.mark.parametrize(
    ("worse", "said"),
    [
        (
            {"coverage": 0.78},
            "its coverage of 0.7800 is worse than the live model's 0.8400 by more than 0.05",
        ),
        (
            {"selective_accuracy": 0.96},
            "its selective_accuracy of 0.9600 is worse than the live model's 0.9800 by more than 0.01",
        ),
        ({"coverage": 0.0, "selective_accuracy": None}, "its coverage of 0.0000 is worse than"),
    ],
)
def test_a_model_that_accepts_less_or_worse_needs_a_reason(promote, model, tfvars, worse, said):
    promote(model(**ACCEPTING))
    before = tfvars.read_bytes()
    done = promote(candidate := model(**ACCEPTING | {"test_accuracy": 0.95} | worse))
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert tfvars.read_bytes() == before
    assert promote(candidate, "--override", "fewer, but surer").returncode == 0
    assert json.loads(tfvars.read_text())["model"]["override_reason"] == "fewer, but surer"


def test_what_is_accepted_may_lose_as_much_as_its_margins_say(promote, model):
    promote(model(**ACCEPTING))
    assert promote(model(**ACCEPTING | {"coverage": 0.79, "selective_accuracy": 0.97})).returncode == 0
    assert promote(model(**ACCEPTING | {"coverage": 0.6}), "--coverage-margin", "0.2").returncode == 0


def test_what_is_accepted_at_another_threshold_is_not_compared(promote, model):
    promote(model(**ACCEPTING))
    done = promote(model(**ACCEPTING | {"threshold": 0.99, "coverage": 0.6}))
    assert done.returncode == 0, done.stderr
    assert "at another threshold: what they accept is not compared" in done.stdout


def test_a_loss_within_the_margin_is_accepted(promote, model):
    promote(model(test_accuracy=0.95))
    assert promote(model(test_accuracy=0.94)).returncode == 0
    assert promote(model(test_accuracy=0.91), "--margin", "0.03").returncode == 0


def test_a_reason_overrides_a_refusal_and_stays_recorded(promote, model, tfvars):
    promote(model(test_accuracy=0.95))
    worse = model(test_accuracy=0.9)

    done = promote(worse, "--override", "labels were mended")
    assert done.returncode == 0, done.stderr
    assert json.loads(tfvars.read_text())["model"]["override_reason"] == "labels were mended"

    assert "nothing changed" in promote(worse).stdout
    assert json.loads(tfvars.read_text())["model"]["override_reason"] == "labels were mended"


def test_accuracies_on_other_photos_are_not_compared(promote, model):
    promote(model(test_accuracy=0.95))
    done = promote(model(test_accuracy=0.8, dataset_id="photos-2"))
    assert done.returncode == 0, done.stderr
    assert "not compared" in done.stdout


def test_a_run_record_is_promoted_from_s3_with_its_own_image(promote, tfvars, bucket):
    s3 = boto3.client("s3")
    s3.put_object(
        Bucket=bucket, Key="jobs/one/output/model.tar.gz", Body=b"weights of the built-in algorithm"
    )
    record = record_of(f"s3://{bucket}/jobs/one/output/model.tar.gz")
    s3.put_object(Bucket=bucket, Key="jobs/one/run.json", Body=json.dumps(record).encode())

    done = promote(f"s3://{bucket}/jobs/one/run.json")

    assert done.returncode == 0, done.stderr
    live = json.loads(tfvars.read_text())["model"]
    assert live["image"] == record["image"]
    assert live["environment"] == {}
    assert live["run"] == "scones-local-script-1"
    key = live["artefact"].removeprefix(f"s3://{bucket}/")
    assert key.startswith("models/")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"weights of the built-in algorithm"


def test_models_of_both_algorithms_are_compared_by_what_both_have(promote, model, project):
    promote(model(test_accuracy=0.80, validation_accuracy=0.95))
    path = project / "run.json"
    path.write_text(json.dumps(record_of(str(model()), metrics={"validation_accuracy": 0.93})))

    done = promote(path)

    assert done.returncode == 1
    assert "validation_accuracy of 0.9300 is worse than the live model's 0.9500" in done.stderr


def test_a_run_whose_gate_failed_is_refused(promote, model, project, tfvars):
    path = project / "run.json"
    path.write_text(json.dumps(record_of(str(model()), gate_passed=False)))
    done = promote(path)
    assert done.returncode == 1
    assert "its gate failed" in done.stderr
    assert not tfvars.exists()


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("run.json", b"{}", "neither a run record nor a model artefact"),
        ("run.json", b"\xff", "neither a run record nor a model artefact"),
        ("model.tar.gz", b"not a tar", "is not a model artefact"),
        ("gone.json", None, "cannot be read"),
        ("s3://no-such-bucket/run.json", None, "cannot be read"),
    ],
)
def test_what_is_no_run_is_refused_in_one_line(promote, project, tfvars, name, content, complaint):
    if content is not None:
        (project / name).write_bytes(content)
    done = promote(name)
    assert done.returncode == 1
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not tfvars.exists()


def test_figures_that_are_not_finite_are_refused(promote, model):
    done = promote(model(test_accuracy=float("nan")))
    assert done.returncode == 1
    assert "not finite numbers: test_accuracy" in done.stderr


def test_an_unknown_environment_is_answered_with_those_there_are(command):
    done = command("promote", "--env", "production", "--run", "model.tar.gz")
    assert done.returncode == 1
    assert done.stderr == "error: there is no environment 'production': choose from local, prod\n"


def test_an_environment_that_is_not_deployed_says_what_to_do(command, model):
    done = command("promote", "--env", "local", "--run", model())
    assert done.returncode == 1
    assert "make apply ENV=local" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_bucket_comes_from_the_outputs_of_terraform(command, model, project, bucket, tfvars, monkeypatch):
    (project / "terraform/main.tf").write_text(f'output "bucket" {{\n  value = "{bucket}"\n}}\n')
    monkeypatch.setenv("TF_DATA_DIR", str(project / "build/terraform/local"))
    for arguments in (["init"], ["apply", "-auto-approve"]):
        subprocess.run(
            ["terraform", "-chdir=terraform", *arguments], cwd=project, check=True, capture_output=True
        )

    done = command("promote", "--env", "local", "--run", model())

    assert done.returncode == 0, done.stderr
    assert json.loads(tfvars.read_text())["model"]["artefact"].startswith(f"s3://{bucket}/models/")
