"""Why the page's counts differ: answers are captured at the endpoint, executions are started by photos."""

from collections.abc import Sequence
from datetime import datetime

from core.contract.outcomes import DUPLICATE
from core.contract.register import DECIDED
from report.answered import Answers
from report.words import moment, number
from report.workflow_facts import WorkflowFacts


def explain_counts(
    every: Sequence[Answers], workflow: WorkflowFacts | None, read_since: datetime | None = None
) -> str:
    """Of all models, the live one first; nothing where there is nothing to set side by side.

    Where a window's older hours were not read, neither were their executions.
    """
    said = [say_answers(every)] if len(every) > 1 else []
    if workflow:
        since = f" since {moment(read_since)}" if read_since else ""
        read = sum(each.read for each in every)
        said.append(set_side_by_side(read, left_out(every), count_repeats(every), workflow, since))
    return " ".join(said)


def say_answers(every: Sequence[Answers]) -> str:
    first, others = every[0].n, sum(each.n for each in every[1:])
    return (
        f"The figures above are of {number(first, 'record')} of one model; other models have {others:,} more."
    )


def set_side_by_side(answers: int, chosen: int, repeats: int, workflow: WorkflowFacts, since: str) -> str:
    """Neither holds the other: bulk runs go straight to the endpoint, broken photos end before it."""
    counted = (
        "A record is an answer that was captured at the endpoint, an execution is a photo that the state machine took "
        f"up: {number(answers, 'record')} and {number(workflow.executions, 'execution')}{since}"
    )
    if answers == workflow.executions:
        return f"{counted}."
    if answers > workflow.executions:
        return (
            f"{counted}. The {answers - workflow.executions:,} more were asked for without the state machine, by who "
            "asks the endpoint directly, again by a step that tried once more, or by executions that began earlier."
        )
    reasons = ["photos that failed before the model was asked", "answers that are not captured yet"]
    if chosen:
        reasons.insert(0, f"photos of the {number(chosen, 'record')} that are left out")
    if duplicates := workflow.outcomes.get(DUPLICATE):
        reasons.insert(0, f"{number(duplicates, 'duplicate')}, whose photo another execution had")
    if decisions := workflow.outcomes.get(DECIDED):
        reasons.insert(0, f"{number(decisions, 'decision')} of people, for which no model was asked")
    if repeats:
        reasons.insert(0, f"{number(repeats, 'repeat')} of a photo that is counted once a day")
    read = "them"
    if workflow.histories < workflow.executions:
        read = f"the {workflow.histories:,} whose steps were read"
    return (
        f"{counted}. Of {read}, {workflow.answered:,} got an answer of the model. "
        f"The {workflow.executions - answers:,} more are {', '.join(reasons[:-1])} and {reasons[-1]}."
    )


def count_repeats(every: Sequence[Answers]) -> int:
    return sum(each.window.repeats for each in every)


def left_out(every: Sequence[Answers]) -> int:
    return sum(each.window.left_out.total() for each in every)
