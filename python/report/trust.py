"""What the page says of how far one model's answers can be trusted: by accuracy, and by drift from its baseline."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from core.canvas import FEW
from core.figures import metrics, quantities
from core.figures.drift import HARM, HARM_OF_CLASSES, Drift, say_distance
from report import draw_beside, draw_trust, strata, theme
from report.answered import Answers
from report.facts import Facts, Score
from report.page import Badge, Missing, Picture, Section, Sentences, Table
from report.words import between, bounds, number, percent

NO_TRUTH = (
    'Nobody has said which answers were right: add --truth FILE with a line {"id": ..., "label": ...} for each. '
    "It takes a model whose artefact tells what its classes are called."
)
MEANS = (
    "Averages, and how far apart the values are as a whole. Distance: of all values that one could draw a line at, the "
    "largest difference between the shares of photos below it, then and now (Kolmogorov, Smirnov): 0 is the same, 1 "
    "has nothing in common. PSI adds up the differences of the bins, less what chance adds. Of the class mix it is "
    "that of the shares; of the estimated accuracy, how far it has fallen; of outside, the share itself."
)
TONES = {"moved": "moved", "steady": "steady", "cannot tell": "unknown", "not judged": "unknown"}


def show_coverage(answers: Answers, facts: Facts, folder: Path) -> Section:
    score = facts.labelled if answers.scored else None
    of_photos = number(score.records, "photo") if score else number(facts.read, "record")
    what = "true" if score else "estimated"
    chart = theme.save(
        partial(
            draw_trust.draw_coverage,
            answers.curve,
            what,
            answers.model.curve,
            answers.threshold,
        ),
        folder,
        "coverage",
        "Coverage against accuracy",
        f"The more photos are accepted, the fewer of them are right; {what} from {of_photos}.",
    )
    source = (
        f"True accuracy, of {of_photos} with labels. {strata.BY_CHANCE}"
        if score
        else f"{'Too few' if facts.labelled else 'No'} labels: estimated from the confidence of {of_photos}, as far as "
        "that is calibrated."
    )
    test = answers.model.tested
    beside = (
        f"The dashed line is the model on its own {number(test, 'test picture')}."
        if test and answers.model.curve
        else "The model's own curve is not known without its artefact."
    )
    caption = f"Each point of a line is a threshold; the dots are the one in use. {beside}"
    rows = [
        (
            f"{each.threshold:g}" + (", in use" if each.threshold == answers.threshold else ""),
            percent(each.coverage),
            percent(each.accuracy),
        )
        for each in facts.thresholds
    ]
    table = Table(
        "What another threshold would let through.",
        ("threshold", "accepted", f"right, {what}"),
        rows,
        numbers=(1, 2),
    )
    return Section(
        "What the threshold buys", source, [Picture(chart, caption), table], wide=True, beside=True
    )


def show_reliability(answers: Answers, facts: Facts, folder: Path) -> Section:
    title, score, truth = "Is it as right as it is sure?", facts.labelled, answers.truth
    if not score or not truth:
        told = number(answers.asked, "photo has a right answer", "photos have right answers")
        strange = f"{told} in what --truth names, and none of them is among these records."
        return Section(title, "No labels.", [Missing(strange if answers.asked else NO_TRUTH)], wide=True)
    of_records = number(score.records, "photo") + " with labels"
    error = score.expected_calibration_error
    chart = theme.save(
        partial(draw_trust.draw_reliability, truth.probabilities, truth.labels),
        folder,
        "reliability",
        "Reliability",
        f"Accuracy against confidence of {of_records}; they differ by {100 * error:.1f} points on average.",
    )
    caption = (
        f"Below the dashed line the model is surer than it is right. Each point is a bin of confidence with its "
        f"{1 - metrics.ALPHA:.1%} bounds, hollow if it has fewer than {FEW} photos. Confidence and accuracy differ by "
        f"{100 * error:.1f} points on average of these photos; by chance alone it would be "
        f"{100 * score.expected_calibration_error_by_chance:.1f}."
    )
    rows = [
        (
            f"{each['start']:g} to {each['end']:g}",
            f"{each['count']:,}",
            percent(each["confidence"]),
            percent(each["accuracy"]),
            f"{percent(each['low'])} and {percent(each['high'])}",
        )
        for each in score.reliability
    ]
    head = ("confidence", "photos", "mean confidence", "right", "surely between")
    table = Table("The same in numbers.", head, rows, numbers=(1, 2, 3, 4))
    apart = show_strata(score)
    return Section(title, f"{of_records}.", [Picture(chart, caption), table, apart], wide=True, beside=True)


def show_strata(score: Score) -> Table:
    """Where the true accuracy comes from, or why there is none."""
    total = score.accuracy
    what = (
        f"True accuracy: {percent(total.value)}, {bounds(total)}"
        if total
        else strata.say_missing(score.strata)
    )
    rows = [
        (
            it.name,
            f"{it.records:,}",
            f"{it.labels:,}",
            percent(it.accuracy.value if it.accuracy else None),
            between(it.accuracy) if it.accuracy else "-",
        )
        for it in score.strata
    ]
    head = ("photos", "records", "labels", "right", "surely between")
    caption = f"{what}. Accepted and rejected count by their shares of the records. {strata.BY_CHANCE}"
    return Table(caption, head, rows, numbers=(1, 2, 3, 4))


def show_drifts(answers: Answers, facts: Facts, folder: Path) -> Section:
    title, found = "Has anything moved?", answers.assessment.drift
    if answers.model.baseline is None:
        return Section(title, "No baseline.", [Missing(answers.model.why_no_baseline)], wide=True)
    reference = answers.model.baseline.tally.records
    data = f"{number(facts.records, 'record')} now, {number(reference, 'answer')} in the baseline."
    chart = theme.save(
        partial(draw_trust.draw_drifts, found),
        folder,
        "drift",
        "Drift from the baseline",
        facts.verdict.text,
    )
    caption = (
        "How far each figure is from what it was in training, in multiples of what is tolerated. The bar is what the "
        "number of records leaves open: what lies wholly beyond the dashed line has moved, what lies wholly before it "
        "is steady, and of what crosses it nobody can tell. PSI is shown beside the distance, which decides. "
        f"The estimated accuracy is steady where no fall of {say_distance('fall', HARM)} can be hidden, and the class "
        f"mix where no difference of {say_distance('share', HARM_OF_CLASSES)} can: their bars may cross the line then."
    )
    beside = show_beside(answers, folder)
    recalled = {name: quantities.say(name, mean) for name, mean in facts.week_before.items()}
    rows: list[tuple[str | Badge, ...]] = [
        (
            draw_trust.name_drift(each),
            quantities.QUANTITIES[each.statistic].tells,
            quantities.say(each.statistic, each.baseline_mean),
            quantities.say(each.statistic, each.live_mean),
            *([recalled.get(each.statistic, "-")] if recalled else []),
            say_distance(each.measure, each.value),
            f"{say_distance(each.measure, each.low)} and {say_distance(each.measure, each.high)}",
            say_distance(each.measure, each.tolerance),
            f"{each.live_n:,}",
            Badge(each.verdict, TONES[each.verdict]),
        )
        for each in found
    ]
    head = (
        "what",
        "it tells",
        "in training",
        "now",
        *(["a week before"] if recalled else []),
        "distance",
        "surely between",
        "tolerated",
        "records",
        "verdict",
    )
    table = Table(MEANS, head, rows, range(2, len(head) - 1), full=True)
    words = Sentences(
        [Badge(f"{each.words}{say_season(each, recalled)}.", TONES[each.verdict]) for each in found]
    )
    return Section(title, data, [Picture(chart, caption), beside, words, table], wide=True, paired=True)


def say_season(drift: Drift, recalled: Mapping[str, str]) -> str:
    if drift.verdict != "moved" or drift.statistic not in recalled:
        return ""
    return f"; in the same hours a week before {recalled[drift.statistic]}"


def show_beside(answers: Answers, folder: Path) -> Picture:
    """The baseline beside live: of confidence and of each of the pictures' statistics."""
    baseline = answers.model.baseline
    assert baseline
    names = [name for name in baseline.edges if sum(answers.total.histograms.get(name, []))]
    chart = theme.save(
        partial(draw_beside.draw, baseline.edges, baseline.tally, answers.total, names),
        folder,
        "beside",
        "Live beside the baseline",
        f"How live values of {', '.join(names)} are spread over the bins of the baseline.",
    )
    caption = (
        "Bars: the share of live answers in each bin; the line: of the baseline. Bins are cut so that each holds as "
        "much of the baseline, the lowest values on the left; the numbers are where they are cut. Of confidence the "
        "last bin is all that the threshold lets through."
    )
    return Picture(chart, caption)
