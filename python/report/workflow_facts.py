"""Every figure of what the state machine did: the page and report.json show the same ones."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from core.contract.outcomes import ACCEPTED, DUPLICATE, FAILED, REVIEW
from core.contract.shapes import UPLOADS
from report import executions
from report.executions import Execution, Machine, StateCount
from report.graph.graph import parse

RUNNING = "running"
WORKING = ("Task", "Map", "Parallel", "Wait")  # types of states that take time; the others decide or pass on
FAILURES = (FAILED, "timed out", "aborted", REVIEW)  # which kind is traced, the first that there is
PERCENTILES = (50, 90, 99)


@dataclass(frozen=True)
class WorkflowFacts:
    """In the order in which report.json has them."""

    state_machine: str
    executions: int
    histories: int  # of how many the steps were read
    answered: int  # of these: in how many the model's answer is found
    by_api: int  # photos that came over the API, of the executions whose input was read
    decisions: dict[str, int]  # of people and drivers, by outcome: a duplicate had no effect
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
        answered=sum(each.confidence is not None for each in machine.executions),
        by_api=count_by_api(machine.executions),
        decisions=dict(Counter(each.outcome for each in machine.executions if each.by_person).most_common()),
        outcomes=dict(Counter(each.outcome for each in machine.executions).most_common()),
        errors=dict(Counter(each.error for each in machine.executions if each.error).most_common()),
        states={name: counts[name] for name in in_order},
        milliseconds={
            state: {"count": len(each), **name_percentiles(each)} for state, each in seconds.items()
        },
        traced={name: each.arn for name, each in pick_examples(machine.executions).items()},
    )


def count_by_api(every: Sequence[Execution]) -> int:
    """Each key of the API is of one photo, however many executions that has."""
    keys = {each.s3_key for each in every if each.s3_key}
    return sum(key.startswith(UPLOADS) for key in keys)


@dataclass(frozen=True)
class Unrouted:
    """Photos' executions that ended without a driver while one model alone answered."""

    times: dict[str, np.ndarray]  # when they ended, by outcome, review first
    others: int  # those that another model may have answered


def find_unrouted(
    machine: Machine | None, first: datetime, others: Sequence[tuple[datetime, datetime]]
) -> Unrouted | None:
    """An execution names no model, so time has to tell: since the model's first answer, and not while others answered.

    Where no other model answered, all are its own, also those from before its first answer.
    """
    if machine is None:
        return None
    times, strange = defaultdict[str, list[float]](list), 0
    for each in machine.executions:
        if each.by_person or each.outcome in (ACCEPTED, DUPLICATE, RUNNING):
            continue
        end = each.stop or each.start
        if others and (end < first or any(each.start <= last and end >= begin for begin, last in others)):
            strange += 1
        else:
            times[each.outcome].append(end.timestamp())
    ordered = sorted(times, key=lambda outcome: (outcome != REVIEW, outcome))
    return Unrouted({outcome: np.array(times[outcome]) for outcome in ordered}, strange)


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
    return [float(value) * 1000 for value in np.percentile(seconds, list(PERCENTILES))]


def name_percentiles(seconds: Sequence[float]) -> dict[str, float]:
    return {f"p{p}": ms for p, ms in zip(PERCENTILES, measure_percentiles(seconds), strict=True)}
