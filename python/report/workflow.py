"""What the page says of the state machine: how its executions went, through which states, and how long each took."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from core.contract.outcomes import ACCEPTED, REVIEW
from report import charts_latency, executions
from report.charts_workflow import charts, examples, working_states
from report.executions import Machine
from report.graph.graph import parse
from report.page import Block, Missing, Picture, Section, Table, Tile
from report.theme import Chart
from report.words import number, percent

RUNNING = "running"
NO_MACHINE = "No state machine was given: add --state-machine ARN, or take everything from --env ENV."
SLOWEST = "p99 is the time that one step in a hundred exceeds."


def unrouted(machine: Machine | None) -> dict[str, np.ndarray] | None:
    """When executions ended without a driver, by outcome, review first."""
    if machine is None:
        return None
    times: dict[str, list[float]] = {}
    for each in machine.executions:
        if each.outcome not in (ACCEPTED, RUNNING):
            times.setdefault(each.outcome, []).append((each.stop or each.start).timestamp())
    return {outcome: np.array(times[outcome]) for outcome in sorted(times, key=lambda o: (o != REVIEW, o))}


def figures(machine: Machine | None) -> dict[str, Any] | None:
    return known(machine) if machine else None


def known(machine: Machine) -> dict[str, Any]:
    counts = executions.per_state(machine.executions)
    in_order = [node.name for node in parse(machine.definition).every_node() if node.name in counts]
    return {
        "state_machine": machine.arn,
        "executions": len(machine.executions),
        "histories": machine.histories,
        "outcomes": dict(Counter(each.outcome for each in machine.executions).most_common()),
        "errors": dict(Counter(each.error for each in machine.executions if each.error).most_common()),
        "states": {name: asdict(counts[name]) for name in in_order},
        "milliseconds": {
            state: {"count": len(seconds)}
            | {
                f"p{p}": ms
                for p, ms in zip(charts_latency.PERCENTILES, charts_latency.percentiles(seconds), strict=True)
            }
            for state, seconds in executions.latencies(machine.executions).items()
        },
        "traced": {name: each.arn for name, each in examples(machine.executions).items()},
    }


def tiles(machine: Machine | None) -> list[Tile]:
    if machine is None:
        return []
    ended = Counter(each.outcome for each in machine.executions)
    failed = len(machine.executions) - ended[ACCEPTED] - ended[RUNNING] - ended[REVIEW]
    note = f"{ended[ACCEPTED]:,} accepted, {ended[REVIEW]:,} for review, {failed:,} failed"
    return [Tile("Executions", f"{len(machine.executions):,}", note)]


def sections(machine: Machine | None, since: datetime, until: datetime, folder: Path) -> dict[str, Section]:
    """By name: machine, outcomes and latency."""
    if machine is None:
        return {"machine": Section("The workflow", "No executions.", [Missing(NO_MACHINE)], wide=True)}
    drawn, scope = charts(machine, since, until, folder)
    if not drawn:
        return {"machine": Section("The workflow", "No executions.", [Missing(" ".join(scope))], wide=True)}
    found = {chart.name: chart for chart in drawn}
    said = known(machine)
    return {
        "machine": graphs(found, scope, said),
        "outcomes": outcomes(found["executions"], said),
        "latency": times(machine, found.get("latency"), said),
    }


def graphs(found: dict[str, Chart], scope: Sequence[str], said: dict[str, Any]) -> Section:
    captions = {
        "states": "The state machine, from its own definition: how often each state was entered, and failed.",
        "trace-accepted": "The newest execution that routed a driver, step by step.",
        "trace-failed": "The newest execution that did not, step by step; failures come before reviews.",
    }
    states, *traces = [Picture(found[name], text) for name, text in captions.items() if name in found]
    rows = [
        (state, f"{n['entered']:,}", f"{n['review']:,}", f"{n['failed']:,}")
        for state, n in said["states"].items()
    ]
    head = ("state", "entered", "low confidence", "failed")
    table = Table(
        "The same in numbers; a failure counts where it arose, caught or not, and only there.",
        head,
        rows,
        (1, 2, 3),
    )
    absent = [
        Missing(f"None of them {words}, so none is traced.")
        for name, words in (("trace-accepted", "routed a driver"), ("trace-failed", "failed"))
        if name not in found
    ]
    blocks: list[Block] = [states, table, *traces, *absent]
    return Section("What the state machine did", " ".join(scope), blocks, wide=True, paired=True)


def outcomes(chart: Chart, said: dict[str, Any]) -> Section:
    ended = ", ".join(f"{n:,} {outcome}" for outcome, n in said["outcomes"].items())
    caption = "By when they started. Review: the model was not sure enough, so a person looks at the photo."
    rows = [(error, f"{n:,}", percent(n / said["executions"])) for error, n in said["errors"].items()]
    blocks: list[Block] = [Picture(chart, caption)]
    if rows:
        blocks.append(
            Table("Errors that they ended with.", ("error", "executions", "share"), rows, numbers=(1, 2))
        )
    return Section("How executions ended", f"{number(said['executions'], 'execution')}: {ended}.", blocks)


def times(machine: Machine, chart: Chart | None, said: dict[str, Any]) -> Section:
    heads = [f"p{percentile}" for percentile in charts_latency.PERCENTILES]
    spent = said["milliseconds"]
    rows = [
        (state, f"{spent[state]['count']:,}", *(f"{spent[state][head]:,.1f}" for head in heads))
        for state in working_states(machine)
        if state in spent
    ]
    if not chart:
        return Section(
            "How long each step takes",
            "No step.",
            [Missing("No step that takes time was entered.")],
            wide=True,
        )
    caption = "Milliseconds from entering a step to leaving it."
    table = Table(
        caption,
        ("step", "times", *(f"{head} (ms)" for head in heads)),
        rows,
        numbers=range(1, len(heads) + 2),
    )
    data = f"Every step of {number(said['histories'], 'execution')}."
    return Section("How long each step takes", data, [Picture(chart, SLOWEST), table], wide=True, paired=True)
