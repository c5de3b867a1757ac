"""What the history of one execution says: which steps it took, how long each, what failed, and the answer it got.

Pure: it takes the events as Step Functions' GetExecutionHistory returns them, oldest first.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Event = dict[str, Any]
Fields = dict[str, Any]  # of JSON that others wrote


@dataclass
class Step:
    """One stay in one state."""

    state: str
    came_from: str | None  # the state before it; None for the first of an execution, a branch or an iteration
    entered: datetime
    left: datetime | None = None  # of a state that ended its execution: the execution's end
    error: str | None = None  # the last one, unless a retry succeeded
    caught: bool = False  # the execution went on after the error
    retries: int = 0
    fails: bool = (
        False  # a Fail state: it ends the execution with an error, mostly one that was caught before
    )

    @property
    def seconds(self) -> float | None:
        return None if self.left is None else (self.left - self.entered).total_seconds()


def read_steps(events: list[Event]) -> list[Step]:
    """Every stay in a state, in the order of entering; branches and iterations too."""
    by_id = {event["id"]: event for event in events}
    found: dict[int, Step] = {}  # by the id of the event that entered it
    for event in events:
        kind, moment = event["type"], event["timestamp"].astimezone(UTC)
        if kind.endswith("StateEntered"):
            before = by_id.get(event.get("previousEventId", 0), {}).get("stateExitedEventDetails", {})
            state = event["stateEnteredEventDetails"]["name"]
            found[event["id"]] = Step(state, before.get("name"), moment, fails=kind.startswith("Fail"))
            continue
        step = _step_of(event, by_id, found)
        if kind.startswith("Execution"):
            _close([open_step for open_step in found.values() if open_step.left is None], step, event)
        elif step is None:
            continue
        elif kind.endswith("StateExited"):
            step.left, step.caught = moment, step.error is not None
        elif kind.endswith("Scheduled"):
            step.retries += step.error is not None
        elif kind.endswith("Succeeded"):
            step.error = None
        elif kind.endswith(("Failed", "TimedOut")):
            step.error = read_details(event).get("error") or kind
    return list(found.values())


def _step_of(event: Event, by_id: dict[int, Event], found: dict[int, Step]) -> Step | None:
    """The step that an event belongs to: branches run side by side, so only the chain of events tells."""
    name = event.get("stateExitedEventDetails", {}).get("name")
    container = next((word for word in ("Map", "Parallel") if event["type"].startswith(word)), "")
    for earlier in _before(event, by_id):
        step = found.get(earlier["id"])
        if step and name in (None, step.state) and earlier["type"].startswith(container):
            if container and step.left is not None:
                continue
            return step
    return None


def _before(event: Event, by_id: dict[int, Event]) -> Iterator[Event]:
    while before := by_id.get(event.get("previousEventId", 0)):
        yield before
        event = before


def _close(steps_open: list[Step], last: Step | None, event: Event) -> None:
    """An execution's end: one that failed did so in its last step, one cut short in all that were under way."""
    for step in steps_open:
        step.left = event["timestamp"].astimezone(UTC)
        if step is last or event["type"] != "ExecutionFailed":
            step.error = step.error or read_details(event).get("error") or event["type"]


def read_details(event: Event) -> Fields:
    """An event keeps its details under a name made from its type."""
    kind = event["type"]
    return event.get(f"{kind[0].lower()}{kind[1:]}EventDetails", {})


def read_ending(events: list[Event]) -> Fields:
    """The error and cause of an execution that ended in one."""
    return read_details(events[-1]) if events and events[-1]["type"].startswith("Execution") else {}


def find_answer(events: list[Event]) -> tuple[str | None, float | None]:
    """The label and confidence that the execution came to; an answer below the threshold has no label."""
    for event in reversed(events):
        ended = event.get("stateExitedEventDetails") or event.get("executionSucceededEventDetails") or {}
        said = read_fields(ended.get("output"))
        if "confidence" in said:
            return said.get("label"), said["confidence"]
        if isinstance(said.get("inferences"), list) and said["inferences"]:
            return None, max(said["inferences"])
    return None, None


def read_fields(text: str | None) -> Fields:
    """An input's or output's fields: a state machine may also pass a list, a number or nothing."""
    value = json.loads(text or "{}")
    return value if isinstance(value, dict) else {}
