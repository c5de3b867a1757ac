"""Every chart of what a state machine did, and in words what they leave out."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from report import charts_latency, charts_outcomes, executions, theme
from report.executions import Execution, Machine
from report.graph import draw, states
from report.graph.graph import Graph, parse
from report.words import moment, number

WORKING = ("Task", "Map", "Parallel", "Wait")  # types of states that take time; the others decide or pass on
FAILURES = ("failed", "timed out", "aborted", "review")  # which kind is traced, the first that there is


def charts(
    machine: Machine, since: datetime, until: datetime, folder: Path
) -> tuple[list[theme.Chart], list[str]]:
    """Those that there is something to draw for, and sentences about how much of it there was."""
    if not machine.executions:
        return [], [f"No execution of {machine.name} started from {moment(since)} to {moment(until)}."]
    read = machine.executions[: machine.histories]
    graph = parse(machine.definition)
    drawn = [
        over_time(machine.executions, since, until, folder),
        counted(graph, read, scope(machine), folder),
    ]
    drawn += [traced(graph, one, name, folder) for name, one in examples(read).items()]
    seconds = executions.latencies(read)
    if working := {name: seconds[name] for name in working_states(machine) if name in seconds}:
        drawn.append(percentiles(working, folder))
    return drawn, [scope(machine)]


def scope(machine: Machine) -> str:
    found = number(len(machine.executions), "execution")
    if machine.histories == len(machine.executions):
        return f"{found}, and every step of each."
    return f"{found}; states, times and traces are of the newest {machine.histories:,}."


def over_time(every: Sequence[Execution], since: datetime, until: datetime, folder: Path) -> theme.Chart:
    totals = ", ".join(
        f"{count:,} {outcome}" for outcome, count in Counter(one.outcome for one in every).items()
    )
    return theme.save(
        lambda: charts_outcomes.draw(every, since, until),
        folder,
        "executions",
        "Executions by outcome",
        f"Bars over time, from {moment(since)} to {moment(until)}: {totals}.",
    )


def counted(graph: Graph, read: Sequence[Execution], words: str, folder: Path) -> theme.Chart:
    picture = states.counts(graph, read, (words,))
    return _graph(graph, picture, "states", folder)


def traced(graph: Graph, execution: Execution, name: str, folder: Path) -> theme.Chart:
    return _graph(graph, states.trace(graph, execution), f"trace-{name}", folder)


def _graph(graph: Graph, picture: draw.Picture, name: str, folder: Path) -> theme.Chart:
    said = "; ".join(f"{state}: {', '.join(look.words)}" for state, look in picture.looks.items())
    alt = f"The state machine as a graph. {said}."
    return theme.save(lambda: draw.draw(graph, picture), folder, name, picture.title, alt)


def examples(read: Sequence[Execution]) -> dict[str, Execution]:
    """The newest accepted execution and the newest failed one."""
    newest: dict[str, Execution] = {}
    for one in read:
        if one.steps:
            newest.setdefault(one.outcome, one)
    failure = next((newest[outcome] for outcome in FAILURES if outcome in newest), None)
    found = {"accepted": newest.get("accepted"), "failed": failure}
    return {name: one for name, one in found.items() if one}


def working_states(machine: Machine) -> list[str]:
    return [node.name for node in parse(machine.definition).every_node() if node.type in WORKING]


def percentiles(seconds: dict[str, list[float]], folder: Path) -> theme.Chart:
    medians = ", ".join(f"{name} {1000 * float(np.median(each)):,.0f} ms" for name, each in seconds.items())
    return theme.save(
        lambda: charts_latency.draw(seconds),
        folder,
        "latency",
        "Time in each step",
        f"The 50th, 90th and 99th percentile of each step. Medians: {medians}.",
    )
