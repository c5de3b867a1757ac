"""What the page says of how far one model's answers can be trusted: by accuracy, and by drift from its baseline."""

from functools import partial
from pathlib import Path

from core.figures import metrics
from report import draw_beside, draw_trust, theme
from report.answered import Answers
from report.facts import Facts
from report.page import Badge, Missing, Picture, Section, Sentences, Table
from report.words import number

NO_TRUTH = (
    'Nobody has said which answers were right: add --truth FILE with a line {"id": ..., "label": ...} for each. '
    "It takes a model whose artefact tells what its classes are called."
)
TONES = {"moved": "moved", "steady": "steady", "cannot tell": "unknown", "not judged": "unknown"}


def show_coverage(answers: Answers, facts: Facts, folder: Path) -> Section:
    score = facts.labelled
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
        f"True accuracy, of {of_photos} with labels."
        if score
        else f"No labels: estimated from the confidence of {of_photos}, as far as that is calibrated."
    )
    test = answers.model.tested
    beside = (
        f"The dashed line is the model on its own {number(test, 'test picture')}."
        if test and answers.model.curve
        else "The model's own curve is not known without its artefact."
    )
    caption = f"Each point of a line is a threshold; the dots are the one in use. {beside}"
    return Section("What the threshold buys", source, [Picture(chart, caption)])


def show_reliability(answers: Answers, facts: Facts, folder: Path) -> Section:
    title, score, truth = "Is it as right as it is sure?", facts.labelled, answers.truth
    if not score or not truth:
        return Section(title, "No labels.", [Missing(NO_TRUTH)])
    of_records = number(score.records, "photo") + " with labels"
    error = score.expected_calibration_error
    chart = theme.save(
        partial(draw_trust.draw_reliability, truth.probabilities, truth.labels),
        folder,
        "reliability",
        "Reliability",
        f"Accuracy against confidence of {of_records}; they differ by {error:.3f} on average.",
    )
    caption = (
        f"Below the dashed line the model is surer than it is right. The numbers count the records; bars are "
        f"{1 - metrics.ALPHA:.1%} bounds. Confidence and accuracy differ by {error:.3f} on average."
    )
    return Section(title, f"{of_records}.", [Picture(chart, caption)])


def show_drifts(answers: Answers, facts: Facts, folder: Path) -> Section:
    title, found = "Has anything moved?", answers.assessment.drift
    if answers.model.baseline is None:
        return Section(title, "No baseline.", [Missing(answers.model.why_no_baseline)], wide=True)
    reference = answers.model.baseline.tally.records
    data = (
        f"{number(facts.records, 'record')} now, {number(reference, 'validation picture')} in the baseline."
    )
    chart = theme.save(
        partial(draw_trust.draw_drifts, found),
        folder,
        "drift",
        "Drift from the baseline",
        facts.verdict.text,
    )
    caption = (
        "How far each distribution is from the baseline's, in multiples of what is tolerated. The bar is what the "
        "number of records leaves open: what lies wholly beyond the dashed line has moved, what lies wholly before it "
        "is steady, and of what crosses it nobody can tell. PSI is shown beside the KS distance, which decides."
    )
    beside = show_beside(answers, folder)
    rows = [
        (
            f"{each.statistic} ({each.measure})",
            f"{each.baseline_mean:.3g}",
            f"{each.live_mean:.3g}",
            f"{each.value:.3f}",
            f"{each.low:.3f} to {each.high:.3f}",
            f"{each.tolerance:g}",
            f"{each.live_n:,}",
            Badge(each.verdict, TONES[each.verdict]),
        )
        for each in found
    ]
    head = ("statistic", "baseline", "live", "drift", "bounds", "tolerated", "records", "verdict")
    table = Table("Means, and how far the distributions are apart.", head, rows, range(1, 7), full=True)
    words = Sentences([Badge(f"{each.words}.", TONES[each.verdict]) for each in found])
    return Section(title, data, [Picture(chart, caption), beside, words, table], wide=True, paired=True)


def show_beside(answers: Answers, folder: Path) -> Picture:
    """The baseline beside live: of confidence and of each of the pictures' statistics."""
    baseline = answers.model.baseline
    assert baseline
    names = {name: name for name in baseline.edges if sum(answers.total.histograms.get(name, []))}
    chart = theme.save(
        partial(draw_beside.draw, baseline.edges, baseline.tally, answers.total, names),
        folder,
        "beside",
        "Live beside the baseline",
        f"How live values of {', '.join(names)} are spread over the bins of the baseline.",
    )
    caption = (
        "Bars: the share of live answers in each bin; the line: of the baseline. Bins are cut so that each holds as "
        "much of the baseline, the lowest values on the left; the numbers are where they are cut."
    )
    return Picture(chart, caption)
