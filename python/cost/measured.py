"""How long photos take, and how much is logged of them: as measured in a deployed environment, by its own logs.

What is measured is kept in build/cost-measured.json; without it the figures that came with the code are taken.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from core import environment
from core.console import UserError
from core.contract.outcomes import OUTCOMES

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient
    from types_boto3_stepfunctions.type_defs import ExecutionListItemTypeDef

RECORDED = Path(__file__).with_name("measured.json")
MEASURED = Path("build/cost-measured.json")
BILLED = re.compile(r"^REPORT .*\tBilled Duration: (\d+) ms\t", re.MULTILINE)
EVENT_BYTES = 26  # that CloudWatch counts for each event beside its text
NEEDED = ("serialize", "classify", "filter", "batch", "collect", "monitor", "sweep")
MAY_BE_SILENT = (
    "api",
    "label",
)  # where nobody calls, and before the first hour: then as it came with the code
MINUTES = 60  # that a measurement looks back
EXECUTIONS = 200  # the newest, whose histories are read


@dataclass(frozen=True)
class Took:
    """The means of so many invocations, or executions; of what works in bulk, those of so many photos."""

    count: int
    milliseconds: float
    log_bytes: float


@dataclass(frozen=True)
class Measured:
    conditions: str
    functions: dict[str, Took]  # by stage
    workflow: Took


def newest() -> Measured:
    return read(MEASURED if MEASURED.is_file() else RECORDED)


def read(file: Path) -> Measured:
    try:
        content = json.loads(file.read_text())
        functions = spare() | {stage: Took(**took) for stage, took in content["functions"].items()}
        found = Measured(content["conditions"], functions, Took(**content["workflow"]))
        if missing := [stage for stage in NEEDED if stage not in functions]:
            raise KeyError(*missing)
        if functions["collect"].count < functions["batch"].count:
            raise ValueError("collect is not by the photo")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{file} is broken ({error!r}): remove it, or measure again") from error
    return found


def spare() -> dict[str, Took]:
    known = json.loads(RECORDED.read_text())["functions"]
    return {stage: Took(**known[stage]) for stage in MAY_BE_SILENT}


def measure(env: str) -> Measured:
    """Look at what a deployed environment did in the last hour, and keep it."""
    outputs, since = environment.outputs(env), datetime.now(UTC) - timedelta(minutes=MINUTES)
    looked = {stage: function(stage, name, since) for stage, name in outputs["function_names"].items()}
    looked["collect"] = by_photo(looked["collect"], looked["batch"].count)
    functions = spare() | {stage: took for stage, took in looked.items() if took.count}
    executions = workflow(outputs["state_machine_arn"], since)
    if silent := [stage for stage in NEEDED if stage not in functions]:
        raise UserError(
            f"the function {silent[0]} of {env} has not run in the last {MINUTES} minutes: "
            f"make loadgen ENV={env}, then make bulk monitor ENV={env} PREFIX=incoming/, then measure"
        )
    where = "the local cloud" if os.environ.get("AWS_ENDPOINT_URL") else "AWS"
    found = Measured(
        f"{executions.count} photos of {env} in {where}, {since:%Y-%m-%d}", functions, executions
    )
    MEASURED.parent.mkdir(parents=True, exist_ok=True)
    MEASURED.write_text(json.dumps(asdict(found), indent=2) + "\n")
    return found


def function(stage: str, name: str, since: datetime) -> Took:
    pages = boto3.client("logs").get_paginator("filter_log_events")
    lines = [
        event["message"]
        for page in pages.paginate(
            logGroupName=f"/aws/lambda/{name}", startTime=int(since.timestamp() * 1000)
        )
        for event in page["events"]
    ]
    durations = [int(found[1]) for line in lines if (found := BILLED.search(line))]
    count = sum(map(photos, lines)) if stage == "batch" else len(durations)
    return mean(count, sum(durations), sum(map(count_logged, lines)))


def by_photo(took: Took, count: int) -> Took:
    """What works after all batches, by their photos: it is called for the run as a whole and for parts of it."""
    milliseconds, log_bytes = (took.count * it / max(count, 1) for it in (took.milliseconds, took.log_bytes))
    return Took(count, round(milliseconds, 3), round(log_bytes))


def photos(line: str) -> int:
    """How many photos a batch says that it has classified: it counts each outcome in its log."""
    said = json.loads(line) if line.startswith("{") else {}
    return sum(said.get(outcome, 0) for outcome in OUTCOMES)


def workflow(machine: str, since: datetime) -> Took:
    """What it logs is its history without the data, event by event."""
    steps: SFNClient = boto3.client("stepfunctions")
    durations, size = [], 0
    for execution in list_ended(steps, machine, since):
        durations.append((execution["stopDate"] - execution["startDate"]).total_seconds() * 1000)
        arn = execution["executionArn"]
        for event in steps.get_execution_history(executionArn=arn, maxResults=1000)["events"]:
            size += count_logged(json.dumps({**without_data(event), "execution_arn": arn}, default=str))
    return mean(len(durations), sum(durations), size)


def list_ended(steps: "SFNClient", machine: str, since: datetime) -> Iterator["ExecutionListItemTypeDef"]:
    listed = steps.list_executions(stateMachineArn=machine, maxResults=EXECUTIONS)["executions"]
    return (it for it in listed if it["startDate"] > since and it["status"] in ("SUCCEEDED", "FAILED"))


def without_data(event: Mapping[str, object]) -> dict[str, object]:
    """As `include_execution_data = false` leaves it."""
    return {
        key: without_data(value) if isinstance(value, dict) else value
        for key, value in event.items()
        if key not in ("input", "inputDetails", "output", "outputDetails", "parameters", "cause")
    }


def count_logged(text: str) -> int:
    return len(text.encode()) + EVENT_BYTES


def mean(count: int, milliseconds: float, size: int) -> Took:
    return Took(count, round(milliseconds / max(count, 1), 1), round(size / max(count, 1)))
