"""Every figure of what the state machine did: the page and report.json show the same ones."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.contract.outcomes import ACCEPTED, FAILED, REVIEW
from report import executions
from report.executions import Execution, Machine, StateCount
from report.graph.graph import parse

RUNNING = "running"
WORKING = ("Task", "Map", "Parallel", "Wait")  # types of states that take time; the others decide or pass on
FAILURES = (FAILED, "timed out", "aborted", REVIEW)  # which kind is traced, the first that there is
PERCENTILES = (50, 90, 99)
QUICKEST = 0.1  # milliseconds; what takes less counts as that


@dataclass(frozen=True)
class WorkflowFacts:
    """In the order in which report.json has them."""

    state_machine: str
    executions: int
    histories: int  # of how many the steps were read
    outcomes: dict[str, int]
    errors: dict[str, int]
    states: dict[str, StateCount]
    milliseconds: dict[str, dict[str, float]]  # of each state: count, p50, p90, p99
    traced: dict[str, str]


def gather(machine: Machine) -> WorkflowFacts:
    counts = executions.per_state(machine.executions)
    in_order = [node.name for node in parse(machine.definition).every_node() if node.name in counts]
    seconds = executions.latencies(machine.executions)
    return WorkflowFacts(
        state_machine=machine.arn,
        executions=len(machine.executions),
        histories=machine.histories,
        outcomes=dict(Counter(each.outcome for each in machine.executions).most_common()),
        errors=dict(Counter(each.error for each in machine.executions if each.error).most_common()),
        states={name: counts[name] for name in in_order},
        milliseconds={
            state: {"count": len(each), **name_percentiles(each)} for state, each in seconds.items()
        },
        traced={name: each.arn for name, each in pick_examples(machine.executions).items()},
    )


def find_unrouted(machine: Machine | None) -> dict[str, np.ndarray] | None:
    """When executions ended without a driver, by outcome, review first."""
    if machine is None:
        return None
    times: dict[str, list[float]] = {}
    for each in machine.executions:
        if each.outcome not in (ACCEPTED, RUNNING):
            times.setdefault(each.outcome, []).append((each.stop or each.start).timestamp())
    return {outcome: np.array(times[outcome]) for outcome in sorted(times, key=lambda o: (o != REVIEW, o))}


def pick_examples(read: Sequence[Execution]) -> dict[str, Execution]:
    """The newest accepted execution and the newest failed one."""
    newest: dict[str, Execution] = {}
    for one in read:
        if one.steps:
            newest.setdefault(one.outcome, one)
    failure = next((newest[outcome] for outcome in FAILURES if outcome in newest), None)
    found = {"accepted": newest.get("accepted"), "failed": failure}
    return {name: one for name, one in found.items() if one}


def list_working_states(machine: Machine) -> list[str]:
    return [node.name for node in parse(machine.definition).every_node() if node.type in WORKING]


def measure_percentiles(seconds: Sequence[float]) -> list[float]:
    """In milliseconds."""
    return [max(float(value) * 1000, QUICKEST) for value in np.percentile(seconds, list(PERCENTILES))]


def name_percentiles(seconds: Sequence[float]) -> dict[str, float]:
    return {f"p{p}": ms for p, ms in zip(PERCENTILES, measure_percentiles(seconds), strict=True)}
