"""`make alarms`: what rings, since when, why, and where the runbook has it."""

import os
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.waiting import until

from operations import alarms_now
from operations.alarms_now import Ringing

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
RINGS, QUIET, UNKNOWN = "breaching", "notBreaching", "missing"  # what an alarm without data does


@pytest.fixture
def prefix() -> str:
    return f"p{uuid.uuid4().hex[:8]}"


@pytest.fixture
def environment(aws, prefix, tmp_path, cloud_variables):
    """Make alarms of an environment `any`, by their names without the prefix; answer how to run the command."""
    watch = aws("cloudwatch")
    (tmp_path / "terraform/envs").mkdir(parents=True)
    (tmp_path / "terraform/envs/any.tfvars").write_text(f'prefix = "{prefix}"\n')
    names = []

    def make(**alarms: str) -> Any:
        for name, treated in alarms.items():
            names.append(f"{prefix}-{name}")
            watch.put_metric_alarm(
                AlarmName=f"{prefix}-{name}",
                AlarmDescription=f"Something is wrong with {name}. See docs/runbook.md#{name}",
                Namespace="Scones/none",
                MetricName="Nothing",
                Statistic="Sum",
                Period=60,
                EvaluationPeriods=1,
                Threshold=1,
                ComparisonOperator="GreaterThanThreshold",
                TreatMissingData=treated,
            )
        look = lambda: watch.describe_alarms(AlarmNamePrefix=f"{prefix}-")["MetricAlarms"]  # noqa: E731
        looked_at = lambda it: all("Unchecked" not in alarm["StateReason"] for alarm in it)  # noqa: E731
        until(look, lambda it: UNKNOWN in alarms.values() or looked_at(it))
        return lambda: subprocess.run(
            [sys.executable, "-m", "operations.alarms_now", "any"],
            cwd=tmp_path,
            env=os.environ | cloud_variables,
            capture_output=True,
            text=True,
        )

    yield make
    watch.delete_alarms(AlarmNames=names)


def test_what_rings_is_said_with_its_reason_and_its_heading_in_the_runbook_and_the_status_is_1(
    environment, prefix
):
    done = environment(review=QUIET, letters=RINGS)()
    assert done.returncode == 1, done.stderr
    first, meaning, reason, address, last = done.stdout.splitlines()
    assert first.startswith(f"{prefix}-letters rings since 20")
    assert meaning.strip() == "Something is wrong with letters."
    assert reason.strip().startswith("Threshold Crossed: no datapoints were received for 1 period")
    assert address.strip() == "docs/runbook.md#letters"
    assert last == "1 of 2 alarms of any rings"


@pytest.mark.parametrize("treated", [QUIET, UNKNOWN])
def test_when_nothing_rings_the_status_is_0(environment, treated):
    done = environment(letters=treated)()
    assert (done.returncode, done.stdout) == (0, "none of 1 alarms of any rings\n")


def test_an_environment_without_alarms_is_a_mistake_in_one_line(environment, aws, prefix):
    aws("s3").create_bucket(Bucket=f"{prefix}-tfstate-123456789012")
    done = environment()()
    assert done.returncode == 1
    assert done.stderr.startswith("error: any has no alarms ")
    assert done.stderr.endswith("make it with `make apply ENV=any`\n")


@pytest.mark.parametrize(
    ("past", "said"),
    [
        (timedelta(seconds=40), "(40 s)"),
        (timedelta(minutes=59), "(59 min)"),
        (timedelta(hours=3), "(3 h)"),
        (timedelta(days=2), "(2 d)"),
    ],
)
def test_how_long_it_rings_is_said_in_the_largest_unit(past, said):
    alarm = Ringing("p-letters", NOON - past, "", "why", "docs/runbook.md#letters")
    assert alarms_now.describe(alarm, NOON).splitlines()[0].endswith(said)
