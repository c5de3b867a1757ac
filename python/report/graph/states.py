"""What is shown in the state machine's graph: the counts of many executions, or the way that one of them took."""

from collections import defaultdict
from collections.abc import Sequence

from core.contract.errors import FOR_REVIEW
from core.contract.outcomes import reason
from report import executions, theme
from report.executions import Execution
from report.graph.draw import Look, Picture
from report.graph.graph import END, START, Graph
from report.history import Step
from report.words import moment, number

SHADE = 0.14  # of a state's colour in its box; more, the more often it fails
DARKEST = 0.5
SHORTEST = 0.00005  # seconds worth telling


def show_counts(graph: Graph, read: Sequence[Execution], subtitle: tuple[str, ...]) -> Picture:
    looks = {}
    ends = {step.state: colour_of(step) for one in read for step in one.steps if step.fails}
    for name, count in executions.per_state(read).items():
        if name in ends:
            looks[name] = Look(ends[name], (f"{count.entered:,} ended here",), DARKEST)
            continue
        words = [f"{count.entered:,} entered"]
        words += [f"{count.review:,} for review"] * bool(count.review)
        words += [f"{count.failed:,} failed"] * bool(count.failed)
        colour = theme.FAILED if count.failed else theme.REVIEW if count.review else theme.ACCEPTED
        share = (count.failed or count.review) / count.entered
        looks[name] = Look(colour, tuple(words), SHADE + (DARKEST - SHADE) * share)
    taken = {pair: theme.GREY for one in read for pair in find_way(graph, one.steps)}
    key = {"no error": theme.ACCEPTED, "for review": theme.REVIEW, "failed": theme.FAILED}
    return Picture("What every state did", subtitle, looks, taken, key | {"never entered": theme.GREY})


def show_trace(graph: Graph, execution: Execution) -> Picture:
    by_state = defaultdict(list)
    for step in execution.steps:
        by_state[step.state].append(step)
    looks = {name: Look(colour_of(steps[-1]), tell(steps)) for name, steps in by_state.items()}
    key = {"done": theme.ACCEPTED, "for review": theme.REVIEW, "failed or caught": theme.FAILED}
    return Picture(
        title(execution),
        (execution.name, f"started {moment(execution.start)}", *filter(None, [reason(execution.cause)])),
        looks,
        find_way(graph, execution.steps),
        key | {"not reached": theme.GREY},
    )


def title(execution: Execution) -> str:
    """How it ended and how long that took."""
    time = execution.stop and duration((execution.stop - execution.start).total_seconds())
    if execution.outcome == "review":
        return f"Sent to review: {execution.error}, after {time}"
    if execution.outcome != "accepted":
        return f"A failed execution: {execution.error or execution.outcome}, after {time}"
    if execution.label is None or execution.confidence is None:
        return f"An accepted execution: {time}"
    return f"An accepted execution: {execution.label} at {execution.confidence:.3f}, {time}"


def tell(steps: Sequence[Step]) -> tuple[str, ...]:
    """Time, error and retries of the stays in one state."""
    seconds = sum(step.seconds or 0 for step in steps)
    words = [f"{len(steps):,} times"] * (len(steps) > 1) + [duration(seconds)] * (seconds >= SHORTEST)
    if retries := sum(step.retries for step in steps):
        words.append(number(retries, "retry", "retries"))
    if steps[-1].error:
        words.append(f"caught {steps[-1].error}" if steps[-1].caught else steps[-1].error)
    return tuple(words)


def find_way(graph: Graph, steps: Sequence[Step]) -> dict[tuple[str, str], str]:
    """The edges that an execution took, in the colour of the state that each leaves."""
    taken = {(START, step.state): theme.ACCEPTED for step in steps[:1]}
    last: dict[str, Step] = {}
    for step in steps:
        if step.came_from in last:
            taken[step.came_from, step.state] = colour_of(last[step.came_from])
        last[step.state] = step
    for edge in graph.edges:
        end = last.get(edge.source) if edge.target == END else None
        if end and end.left and (end.error is None or graph.nodes[edge.source].type == "Fail"):
            taken[edge.source, END] = colour_of(end)
    return taken


def colour_of(step: Step) -> str:
    if step.error is None:
        return theme.ACCEPTED
    return theme.REVIEW if step.error in FOR_REVIEW else theme.FAILED


def duration(seconds: float) -> str:
    """0.4 ms, 31 ms, 1.24 s, 2 min 5 s."""
    if seconds < 0.001:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.2f} s"
    return f"{seconds // 60:,.0f} min {seconds % 60:.0f} s"
