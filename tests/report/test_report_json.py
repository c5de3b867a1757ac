"""report.json is read by programs: the same input gives the same figures, under the same names, in the same order."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from report import executions
from report.executions import Execution, Machine
from report.history import Step

START = datetime.fromisoformat("2024-10-15T12:00:00+00:00")
DEFINITION = {
    "StartAt": "Classify",
    "States": {
        "Classify": {"Type": "Task", "Next": "Done", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Broken"}]},
        "Done": {"Type": "Pass", "End": True},
        "Broken": {"Type": "Fail"},
    },
}  # fmt: skip


def run(outcome: str, hours: int, way: list[str], error: str = "") -> Execution:
    start = START + timedelta(hours=hours)
    steps = [
        Step(
            state=state,
            came_from=way[place - 1] if place else None,
            entered=start + timedelta(seconds=place),
            left=start + timedelta(seconds=place + 1 / (hours + 1)),
            error=error or None,
            caught=bool(error) and not place,
            fails=state == "Broken",
        )
        for place, state in enumerate(way)
    ]
    status = "FAILED" if error else "SUCCEEDED"
    return Execution(
        outcome, f"arn:{outcome}", status, outcome, start, steps[-1].left, error, steps=steps, s3_key="x.png"
    )


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    found = [
        run("failed", 3, ["Classify", "Broken"], "EndpointUnavailable"),
        run("review", 2, ["Classify", "Broken"], "ThresholdConfidenceNotMet"),
        run("accepted", 1, ["Classify", "Done"]),
    ]
    machine = Machine("workflow", "arn:workflow", DEFINITION, found, len(found))
    monkeypatch.setattr(executions, "read", lambda *_: machine)
    return machine


def test_the_same_input_gives_the_same_report_json(
    make: Any,
    traffic: Any,
    folder: Any,
    artefact: Path,
    machine: Machine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines, truth = traffic(60, seed=22, brightness=0.8)
    other = f"capture/{'0' * 16}/ep/AllTraffic/2024/10/15/09/a.jsonl"
    folder({"capture/a.jsonl": lines + b"no record\n", other: traffic(3, seed=23)[0], "truth.jsonl": truth})
    monkeypatch.chdir(tmp_path)
    _, figures = make(
        *("capture", "--model", artefact, "--truth", "truth.jsonl", "--state-machine", machine.arn),
        *("--since", "2024-10-15T06:00:00Z", "--until", "2024-10-18T06:00:00Z"),
    )
    expected = json.loads((Path(__file__).parent / "report.json").read_text())
    assert flatten(figures) == [(name, pytest.approx(value)) for name, value in flatten(expected)]


def flatten(value: Any, name: str = "") -> list[tuple[str, Any]]:
    """Every figure under the names that lead to it, in order."""
    if not isinstance(value, dict | list) or not value:
        return [(name, value)]
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [found for key, each in items for found in flatten(each, f"{name}.{key}")]
