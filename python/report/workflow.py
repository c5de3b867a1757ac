"""What the page says of the state machine: how its executions went, through which states, and how long each took."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np

from core.contract.register import DECIDED
from report import draw_workflow, executions, theme, workflow_facts
from report.executions import Execution, Machine
from report.graph import draw, states
from report.graph.graph import Graph, parse
from report.page import Block, Column, Missing, Picture, Section, Table, Tile
from report.theme import Chart
from report.words import moment, number, percent
from report.workflow_facts import ACCEPTED, DUPLICATE, PERCENTILES, REVIEW, RUNNING, WorkflowFacts

ENDINGS = ("ended", "with the error", "executions", "share")
NO_MACHINE = "No state machine was given: add --state-machine ARN, or take everything from --env ENV."
SLOWEST = (
    "Milliseconds from entering a step to leaving it, retries and their waiting included. Each row has the time within "
    "which half of the stays were over, 9 of 10, and 99 of 100."
)
SHORTEST = 0.05  # milliseconds that a table tells from none


def show_tiles(machine: Machine | None) -> list[Tile]:
    if machine is None:
        return []
    ended = Counter(each.outcome for each in machine.executions)
    known = (ACCEPTED, DECIDED, DUPLICATE, REVIEW, RUNNING)
    failed = len(machine.executions) - sum(ended[it] for it in known)
    note = f"photos taken up: {ended[ACCEPTED]:,} accepted, {ended[REVIEW]:,} for review, {failed:,} failed"
    if ended[DUPLICATE]:
        note += f", {number(ended[DUPLICATE], 'duplicate')}"
    if ended[DECIDED]:
        note += f"; {number(ended[DECIDED], 'decision')} of people"
    return [Tile("Executions", f"{len(machine.executions):,}", note)]


def show(
    machine: Machine | None, facts: WorkflowFacts | None, since: datetime, until: datetime, folder: Path
) -> dict[str, Section]:
    """By name: machine and outcomes."""
    if machine is None or facts is None:
        return {"machine": Section("The workflow", "No executions.", [Missing(NO_MACHINE)], wide=True)}
    charts = {chart.name: chart for chart in draw_charts(machine, since, until, folder)}
    scope = describe_scope(machine, since, until)
    if not charts:
        return {"machine": Section("The workflow", "No executions.", [Missing(scope)], wide=True)}
    return {
        "machine": show_states(charts, scope, facts, show_times(machine, charts.get("latency"), facts)),
        "outcomes": show_outcomes(charts["executions"], machine, facts),
    }


def describe_scope(machine: Machine, since: datetime, until: datetime) -> str:
    """How much there was to draw."""
    if not machine.executions:
        return f"No execution of {machine.name} started from {moment(since)} to {moment(until)}."
    found = number(len(machine.executions), "execution")
    if machine.histories == len(machine.executions):
        return f"{found}, and every step of each."
    newest = f"states, times and traces are of the newest {machine.histories:,}"
    return f"{found}; {newest}. Of the others, duplicates count as accepted."


def show_states(charts: Mapping[str, Chart], scope: str, facts: WorkflowFacts, times: Column) -> Section:
    """Graphs are tall: what is said in numbers fills the place beside an odd one."""
    captions = {
        "states": "The state machine, from its own definition: how often each state was entered, and failed.",
        "trace-accepted": "The newest execution that routed a driver, step by step.",
        "trace-failed": "The newest execution that did not, step by step; failures come before reviews.",
    }
    graphs = [Picture(charts[name], text) for name, text in captions.items() if name in charts]
    absent = [
        Missing(f"None of them {words}, so none is traced.")
        for name, words in (("trace-accepted", "routed a driver"), ("trace-failed", "failed"))
        if name not in charts
    ]
    rows = [(state, f"{n.entered:,}", f"{n.review:,}", f"{n.failed:,}") for state, n in facts.states.items()]
    head = ("state", "entered", "for review", "failed")
    caption = "A failure counts where it arose, caught or not, and only there."
    counts: list[Block] = [Table(caption, head, rows, (1, 2, 3)), *absent]
    rest: list[Block]
    if len(graphs) % 2:
        rest = [Column("", [Column("Each state in numbers", counts), times])]
    else:
        rest = [Column("Each state in numbers", counts), times]
    return Section("What the state machine did", scope, [*graphs, *rest], wide=True, paired=True)


def show_outcomes(chart: Chart, machine: Machine, facts: WorkflowFacts) -> Section:
    ended = ", ".join(f"{n:,} {outcome}" for outcome, n in facts.outcomes.items())
    caption = (
        "By when they started. Review: a person looks, for the model was not sure, or knows no such photos."
    )
    if DUPLICATE in facts.outcomes:
        caption += " Duplicate: another execution had the photo."
    if DECIDED in facts.outcomes:
        caption += " Decided: a person did, of a photo that had waited or was routed, and no model was asked."
    pairs = Counter((each.outcome, each.error) for each in machine.executions)
    rows = [
        (outcome, error or "-", f"{n:,}", percent(n / facts.executions))
        for (outcome, error), n in pairs.most_common()
    ]
    table = Table("How many, and the error that each ended with.", ENDINGS, rows, numbers=(2, 3))
    data = f"{number(facts.executions, 'execution')}: {ended}.{describe_api(facts)}"
    return Section("How executions ended", data, [Picture(chart, caption), table], wide=True, beside=True)


def describe_api(facts: WorkflowFacts) -> str:
    """Which decision was withdrawn, and which came after another one, no execution says."""
    words = f" By the API came {number(facts.by_api, 'photo')}." if facts.by_api else ""
    if idle := facts.decisions.get(DUPLICATE, 0):
        total = number(sum(facts.decisions.values()), "decision")
        words += f" Of {total} {idle:,} had no effect: withdrawn in time, or another was first."
    return words


def show_times(machine: Machine, chart: Chart | None, facts: WorkflowFacts) -> Column:
    title, heads = "How long each step takes", [f"p{percentile}" for percentile in PERCENTILES]
    if not chart:
        return Column(title, [Missing("No step that takes time was entered.")])
    spent = facts.milliseconds
    rows = [
        (state, f"{spent[state]['count']:,}", *(show_milliseconds(spent[state][head]) for head in heads))
        for state in workflow_facts.list_working_states(machine)
        if state in spent
    ]
    caption = f"The same in milliseconds, of every step of {number(facts.histories, 'execution')}."
    columns = ("step", "times", "half", "9 of 10", "99 of 100")
    return Column(title, [Picture(chart, SLOWEST), Table(caption, columns, rows, range(1, len(columns)))])


def show_milliseconds(milliseconds: float) -> str:
    return f"{milliseconds:,.1f}" if milliseconds >= SHORTEST else f"under {2 * SHORTEST:g}"


def draw_charts(machine: Machine, since: datetime, until: datetime, folder: Path) -> list[Chart]:
    """Those that there is something to draw for."""
    if not machine.executions:
        return []
    read = machine.executions[: machine.histories]
    graph = parse(machine.definition)
    scope = describe_scope(machine, since, until)
    charts = [
        save_outcomes(machine.executions, since, until, folder),
        save_graph(graph, states.show_counts(graph, read, (scope,)), "states", folder),
    ]
    for name, one in workflow_facts.pick_examples(read).items():
        charts.append(save_graph(graph, states.show_trace(graph, one), f"trace-{name}", folder))
    seconds = executions.latencies(read)
    names = [name for name in workflow_facts.list_working_states(machine) if name in seconds]
    if names:
        charts.append(save_times({name: seconds[name] for name in names}, folder))
    return charts


def save_outcomes(every: Sequence[Execution], since: datetime, until: datetime, folder: Path) -> Chart:
    totals = ", ".join(
        f"{count:,} {outcome}" for outcome, count in Counter(one.outcome for one in every).items()
    )
    return theme.save(
        partial(draw_workflow.draw_outcomes, every, since, until),
        folder,
        "executions",
        "Executions by outcome",
        f"Bars over time, from {moment(since)} to {moment(until)}: {totals}.",
    )


def save_graph(graph: Graph, picture: draw.Picture, name: str, folder: Path) -> Chart:
    words = "; ".join(f"{state}: {', '.join(look.words)}" for state, look in picture.looks.items())
    alt = f"The state machine as a graph. {words}."
    return theme.save(partial(draw.draw, graph, picture), folder, name, picture.title, alt)


def save_times(seconds: Mapping[str, Sequence[float]], folder: Path) -> Chart:
    medians = ", ".join(f"{name} {1000 * float(np.median(each)):,.0f} ms" for name, each in seconds.items())
    return theme.save(
        partial(draw_workflow.draw_times, seconds),
        folder,
        "latency",
        "Time in each step",
        f"The 50th, 90th and 99th percentile of each step. Medians: {medians}.",
    )
