"""When a candidate is trained without somebody's asking."""

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from tests.builders import make_label, put_label
from tests.waiting import until

from delivery import due

ROOT = Path(__file__).resolve().parents[2]
DAILY = "41 4 * * 0,2-6"
LIVE_SET = "fedcba9876543210"


def test_the_workflow_looks_daily_and_trains_weekly():
    workflow = yaml.safe_load((ROOT / ".github/workflows/retrain.yml").read_text())
    assert [it["cron"] for it in workflow[True]["schedule"]] == [due.WEEKLY, DAILY]


def test_each_alarm_of_drift_is_one_that_terraform_makes():
    folder = ROOT / "terraform/modules/monitoring"
    text = "".join(path.read_text() for path in folder.glob("*alarms.tf"))
    for name in due.OF_DRIFT:
        assert re.search(rf"^ +{name} = {{$|prefix}}-{name}\$", text, re.MULTILINE), name


@pytest.mark.parametrize(
    ("schedule", "said", "ringing", "is_so"),
    [
        ("", 0, [], True),
        (due.WEEKLY, 0, [], True),
        (DAILY, 199, [], False),
        (DAILY, 200, [], True),
        (DAILY, 30, ["low-accuracy"], True),
        (DAILY, 29, ["low-accuracy", "image-drift"], False),
    ],
)
def test_there_is_reason(schedule, said, ringing, is_so):
    found = due.decide(schedule, said, 200, ringing)
    assert found.is_so is is_so
    for name in ringing:
        assert name in found.why


@pytest.fixture
def project(tmp_path, monkeypatch, aws, cloud_variables):
    """An environment with a live model, and a day of GitHub's schedule."""
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    bucket = f"due-{os.getpid()}-{tmp_path.name[-8:].lower().replace('_', '-')}"
    aws("s3").create_bucket(Bucket=bucket)
    Path("terraform/envs").mkdir(parents=True)
    Path("terraform/envs/prod.tfvars").write_text(f'prefix = "{bucket}"\n')
    model = {"artefact": f"s3://{bucket}/models/1/model.tar.gz", "dataset_id": LIVE_SET}
    Path("terraform/envs/prod.model.tfvars.json").write_text(json.dumps({"model": model}))
    Path("event.json").write_text(json.dumps({"schedule": DAILY}))
    for name, value in {
        "GITHUB_EVENT_NAME": "schedule",
        "GITHUB_EVENT_PATH": "event.json",
        "GITHUB_OUTPUT": "output",
        "GITHUB_STEP_SUMMARY": "summary.md",
        "RETRAIN_ROLE": "arn:aws:iam::123456789012:role/scones-prod-retrain",
        "NEW_LABELS": "3",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["delivery.due", "prod"])
    return bucket


def told() -> tuple[str, str]:
    return Path("output").read_text(), Path("summary.md").read_text()


def say(aws, bucket: str, count: int, at: datetime, **fields) -> None:
    for number in range(count):
        label = make_label(photo=f"{number:064}", at=f"{at:%Y-%m-%dT%H:%M:%S}.000Z", **fields)
        put_label(aws("s3"), bucket, label, withdrawn="mistaken" if fields.get("number") == 9 else "")


def test_labels_that_no_data_set_has_are_counted(project, aws):
    """Not what was said before the newest was made, nor what counts no more, nor what says no class."""
    now = datetime.now(UTC)
    put_set(aws, project, "0123456789abcdef", [LIVE_SET])
    say(aws, project, 5, now - timedelta(days=1))
    say(aws, project, 4, now + timedelta(seconds=2), number=2, label="unusable")
    say(aws, project, 4, now + timedelta(seconds=2), number=9)
    say(aws, project, 2, now + timedelta(seconds=2), number=3)
    due.main()
    output, summary = told()
    assert output == "due=no\n"
    assert (
        "None is trained: 2 labels were said since the newest data set was made, and 3 are waited for"
        in summary
    )


def put_set(aws, bucket: str, name: str, parents: list[str]) -> None:
    body = json.dumps({"parents": parents}).encode()
    aws("s3").put_object(Bucket=bucket, Key=f"data/{name}/dataset.json", Body=body)


def test_a_data_set_of_another_line_has_none_of_them(project, aws):
    """As photographs that somebody has staged beside, of which no candidate is trained; and what is no data set."""
    say(aws, project, 3, datetime.now(UTC) - timedelta(days=1))
    put_set(aws, project, "0123456789abcdef", ["0000000000000000"])
    aws("s3").put_object(Bucket=project, Key="data/1111111111111111/dataset.json", Body=b"[")
    aws("s3").put_object(Bucket=project, Key="data/2222222222222222/test.lst", Body=b"")
    due.main()
    assert told()[0] == "due=yes\n"


def test_enough_of_them_are_reason(project, aws):
    say(aws, project, 3, datetime.now(UTC) - timedelta(days=1))
    due.main()
    output, summary = told()
    assert output == "due=yes\n"
    assert "A candidate is trained: 3 labels" in summary


def test_an_alarm_of_drift_that_rings_is_named(project, aws):
    cloudwatch = aws("cloudwatch")

    def ringing() -> int:
        found = cloudwatch.describe_alarms(AlarmNamePrefix=project, StateValue="ALARM")
        return len(found["MetricAlarms"])

    for name in ("low-coverage", "api-slow"):
        cloudwatch.put_metric_alarm(
            AlarmName=f"{project}-{name}",
            Namespace="Scones/none",
            MetricName="Nothing",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="breaching",
        )
    until(ringing, lambda count: count == 2)
    due.main()
    _, summary = told()
    assert "low-coverage ring, and 30 would be enough" in summary
    assert "api-slow" not in summary


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("RETRAIN_ROLE", "", "RETRAIN_ROLE is not set: make doctor ENV=prod says what it takes"),
        ("NEW_LABELS", "many", "NEW_LABELS is 'many'"),
    ],
)
def test_a_clone_that_is_not_set_up_is_told_so(variable, value, said, project, monkeypatch):  # noqa: ARG001
    monkeypatch.setenv(variable, value)
    if variable == "NEW_LABELS":
        with pytest.raises(Exception, match=said):
            due.main()
        return
    due.main()
    output, summary = told()
    assert output == "due=no\n"
    assert said in summary


def test_it_is_switched_off_by_naming_no_environment(project, monkeypatch):  # noqa: ARG001
    monkeypatch.setattr("sys.argv", ["delivery.due", "none"])
    due.main()
    assert told()[0] == "due=no\n"


def test_before_the_first_model_there_is_nothing_to_compare_with(project):  # noqa: ARG001
    Path("terraform/envs/prod.model.tfvars.json").unlink()
    due.main()
    assert "prod has no model to compare another with" in told()[1]
