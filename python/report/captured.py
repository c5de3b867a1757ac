"""What the page says of the whole capture: which models answered, and what could not be read."""

from collections.abc import Sequence

from core.contract.answer_kinds import LIVE
from core.figures.metrics import Estimate
from monitoring.past import Past
from report.answered import Answers
from report.content import Content
from report.facts import Facts
from report.page import Badge, Section, Table
from report.words import bounds, moment, number, percent, qualify

EXAMPLES = 20  # of lines that could not be read
BROKEN_PICTURE = "the picture cannot be decoded (its answer counts)"
OTHER_CLASSES = "the answer has another number of classes than its model (left out)"


def show_models(every: Sequence[Facts]) -> Section:
    rows = [
        (
            name(each),
            f"{each.records:,}",
            f"{percent(each.coverage.value)}, {bounds(each.coverage)}",
            say_accuracy(each.estimated_accuracy, each.moved),
            badge(each),
        )
        for each in every
    ]
    head = ("model", "records", "coverage", "estimated accuracy", "verdict")
    table = Table("Each model by itself: their records are never mixed.", head, rows, numbers=(1,))
    total = number(sum(each.records for each in every), "record")
    return Section(f"{number(len(every), 'model')} answered", f"{total}.", [table], wide=True)


def show_unreadable(content: Content) -> Section:
    """Lines that are no records, pictures that are none, and answers that do not fit their model."""
    title = "What could not be read"
    read = f"{number(content.records, 'record')}{say_files(content)}"
    broken, reasons = content.unreadable.total(), content.unreadable.copy()
    reasons[BROKEN_PICTURE] = sum(each.undecodable for each in content.answers)
    reasons[OTHER_CLASSES] = sum(each.mismatched for each in content.answers)
    rows = [(reason, f"{n:,}") for reason, n in reasons.most_common() if n]
    if not rows:
        return Section(title, f"Nothing: all of {read}.", [], wide=True)
    blocks = [Table("How often, by reason.", ("reason", "count"), rows, numbers=(1,))]
    if shown := content.examples[:EXAMPLES]:
        lines = [(example.file, f"{example.line:,}", example.reason) for example in shown]
        caption = f"{number(len(shown), 'example')} of {number(broken, 'unreadable line')}."
        blocks.append(Table(caption, ("file", "line", "reason"), lines, numbers=(1,)))
    data = f"{read} were read, {number(broken, 'line')} could not be."
    return Section(title, data, blocks, wide=True)


def say_left_out(answers: Answers) -> str:
    """The answers to photos that somebody chose, and repeats, as sentences with their space; nothing without any."""
    left_out, repeats = answers.left_out, answers.repeats
    again = f" {number(repeats, 'repeat')} of a photo left out: each counts once a day." if repeats else ""
    if not left_out:
        return again
    kinds = " and ".join(f"{n:,} of kind {kind}" for kind, n in sorted(left_out.items()))
    return f" {kinds} are left out: --kinds {','.join([LIVE, *sorted(left_out)])} takes them in.{again}"


def say_files(content: Content) -> str:
    return "" if content.past else f" in {number(content.capture.files, 'file')}"


def say_counted(past: Past | None, threshold: float) -> str:
    """Which part of the window was not read record by record, as a sentence with its space."""
    if not past:
        return ""
    others = " and ".join(f"{n:,} at {at:g}" for at, n in past.at_other_thresholds(threshold).items())
    then = f" Coverage counts {others}, which was the threshold then." if others else ""
    return (
        f" {number(past.records, 'record')} from {moment(past.since)} to {moment(past.until)} are counted in the "
        f"monitor's hourly results; charts of answers, labels, pictures and executions are of what came later.{then}"
    )


def say_accuracy(accuracy: Estimate | None, moved: Sequence[str]) -> str:
    if not accuracy:
        return "needs the model's baseline"
    return f"{percent(accuracy.value)}, {qualify(accuracy, moved)}"


def badge(facts: Facts) -> Badge:
    return Badge(facts.verdict.text, facts.verdict.tone)


def name(facts: Facts) -> str:
    return facts.model or "not named by the capture"
