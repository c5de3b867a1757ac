"""Traffic as the report sees it: drawn pictures, answers as sure as they are right, and the model that gave them."""

import io
import json
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.builders import captured, make_role, pack

from core.figures import baseline
from report import __main__, theme

CLASSES = ["bicycle", "motorcycle"]
START = datetime(2024, 10, 15, 9, tzinfo=UTC)
DEFINITION = {
    "StartAt": "Sure",
    "States": {
        "Sure": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.confidence", "NumericGreaterThan": 0.9, "Next": "Route"}],
            "Default": "Review",
        },
        "Route": {"Type": "Wait", "Seconds": 0, "End": True},
        "Review": {"Type": "Fail", "Error": "ThresholdConfidenceNotMet", "Cause": "unsure"},
    },
}


def drawn(rng: np.random.Generator, brightness: float) -> bytes:
    """A PNG file of coarse coloured noise."""
    coarse = rng.normal(130, 45, (8, 8, 3)).repeat(4, axis=0).repeat(4, axis=1) * brightness
    file = io.BytesIO()
    Image.fromarray(coarse.clip(0, 255).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def answered(n: int, seed: int, brightness: float = 1.0) -> tuple[list[bytes], np.ndarray, np.ndarray]:
    """Pictures, answers as sure as they are right, and what would be right."""
    rng = np.random.default_rng(seed)
    confidence = 0.5 + rng.beta(6, 1, n) / 2
    labels = rng.integers(0, 2, n)
    predicted = np.where(rng.random(n) < confidence, labels, 1 - labels)
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    probabilities[predicted == 1] = probabilities[predicted == 1, ::-1]
    return [drawn(rng, brightness) for _ in range(n)], probabilities.round(6), labels


@pytest.fixture(scope="session")
def traffic() -> Callable[..., tuple[bytes, bytes]]:
    """Two days of it: a capture file, and the truth about it."""

    def make(n: int, seed: int, brightness: float = 1.0) -> tuple[bytes, bytes]:
        lines, truth = [], []
        for number, (image, answer, label) in enumerate(zip(*answered(n, seed, brightness), strict=True)):
            time = (START + number * timedelta(hours=48) / n).isoformat()
            name = f"{seed}-{number}"
            lines.append(captured(time, json.dumps(answer.tolist()), image=image, eventId=name))
            truth.append(json.dumps({"id": name, "label": CLASSES[label]}).encode() + b"\n")
        return b"".join(lines), b"".join(truth)

    return make


@pytest.fixture(scope="session")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the report reads of a model artefact whose validation split looked like `traffic`."""
    images, probabilities, labels = answered(200, 0)
    curve = [{"threshold": t, "coverage": 1.5 - t, "selective_accuracy": t} for t in (0.6, 0.8, 0.99)]
    members = {
        "baseline.json": baseline.make(probabilities, labels, images, CLASSES, 0.93),
        "labels.json": CLASSES,
        "metrics.json": {"n_test": 150, "coverage_curve": curve},
    }
    path = tmp_path_factory.mktemp("model") / "model.tar.gz"
    path.write_bytes(pack({name: json.dumps(content).encode() for name, content in members.items()}))
    return path


@pytest.fixture(scope="session")
def executed(aws: Callable[[str], Any]) -> tuple[str, datetime]:
    """A state machine in the local cloud that routed two photos and sent one to review, and when it began."""
    steps, since = aws("stepfunctions"), datetime.now(UTC)
    role = make_role(aws("iam"), "reported")
    made = steps.create_state_machine(name="reported", definition=json.dumps(DEFINITION), roleArn=role)
    arn = made["stateMachineArn"]
    for confidence in (0.99, 0.95, 0.6):
        steps.start_execution(stateMachineArn=arn, input=json.dumps({"confidence": confidence}))
    deadline = time.monotonic() + 30
    while steps.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return arn, since


@pytest.fixture
def patched(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Charts are drawn coarsely, and only once: on dark pages and on phones stand the light ones of a desk."""
    monkeypatch.setattr(theme, "DPI", 50)
    monkeypatch.setattr(theme, "BACKGROUNDS", {"": theme.LIGHT})
    monkeypatch.setattr(theme, "SCREENS", [theme.DESK])
    return monkeypatch


@pytest.fixture
def make(patched: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., tuple[str, dict[str, Any]]]:
    """Run the command; answer the page's text without its tags, and the figures."""

    def run(capture: Path, *flags: Any) -> tuple[str, dict[str, Any]]:
        out = tmp_path / "report"
        flags = ("--capture", capture, "--out", out, *flags)
        patched.setattr(sys, "argv", ["report", *map(str, flags)])
        __main__.main()
        page = (out / __main__.name_page(None)).read_text()
        text = re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)
        return " ".join(text.split()), json.loads((out / "report.json").read_text())

    return run
