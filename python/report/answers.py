"""What the page says of one model's answers: how sure it is, what it answers, and when."""

from functools import partial
from pathlib import Path

import numpy as np

from core.figures import metrics
from report import draw_answers, judged, strata, theme
from report.answered import Answers
from report.facts import Facts, Score
from report.page import Block, Picture, Section, Table, Tile
from report.words import between, bounds, moment, number, percent, qualify
from report.workflow_facts import Unrouted


def show_tiles(facts: Facts) -> list[Tile]:
    accuracy, score = facts.estimated_accuracy, facts.labelled
    tiles = [
        Tile(
            "Records",
            f"{facts.records:,}",
            f"answers captured, {moment(facts.first)} to {moment(facts.last)}",
        ),
        Tile(
            f"Coverage at {facts.threshold:g}",
            percent(facts.coverage.value),
            f"accepted without a person; {bounds(facts.coverage)}",
        ),
        Tile(
            "Estimated accuracy",
            percent(accuracy.value if accuracy else None),
            qualify(accuracy, facts.moved) if accuracy else "needs the model's baseline",
        ),
    ]
    if facts.judged:
        tiles.append(judged.show_tile(facts.judged))
    if score:
        tiles.append(show_truth(score))
    return tiles


def show_truth(score: Score) -> Tile:
    found = score.accuracy
    if not found:
        return Tile("True accuracy", percent(None), strata.say_missing(score.strata))
    parts = [f"{it.right:,} of {it.labels:,} {it.name}" for it in score.strata if it.labels]
    note = f"{bounds(found)}; right are {' and '.join(parts)} with labels, each counted by its share of the records"
    return Tile("True accuracy", percent(found.value), note)


def show_timeline(answers: Answers, unrouted: Unrouted | None, folder: Path) -> Section:
    window, records = answers.window, number(len(answers.confidence), "record")
    draw = partial(
        draw_answers.draw_timeline,
        window.times,
        window.probabilities,
        answers.names,
        answers.threshold,
        unrouted.times if unrouted else {},
    )
    title = "Confidence of every answer"
    alt = (
        f"Confidence of {records} over time, by predicted class; {count_below(answers)} below the threshold."
    )
    charts = [
        theme.save(partial(draw, width), folder, name, title, alt)
        for width, name in (
            (draw_answers.WIDE, "confidence"),
            (draw_answers.NARROW, "confidence-narrow"),
        )
    ]
    caption = f"Each point is one answer. Below the dashed line a person looks: {count_below(answers)} of {records}."
    if unrouted is not None:
        ended = ", ".join(f"{len(moments):,} {kind}" for kind, moments in unrouted.times.items())
        caption += f" At the bottom, executions that routed nobody: {ended or 'none'}."
        if unrouted.others:
            caption += (
                f" {number(unrouted.others, 'other is', 'others are')} left to the workflow's charts: another model "
                "answered at that time, and an execution does not say which one it asked."
            )
    return Section(
        "How sure the model is", f"All of {records}.", [Picture(charts[0], caption, charts[1])], wide=True
    )


def show_classes(answers: Answers, facts: Facts, folder: Path) -> Section:
    counts, baseline = np.array(facts.predicted), answers.model.baseline
    shares = ", ".join(f"{name} {n:,}" for name, n in zip(answers.names, counts, strict=True))
    reference = np.array(baseline.tally.classes) if baseline else None
    chart = theme.save(
        partial(draw_answers.draw_shares, counts, answers.names, reference),
        folder,
        "classes",
        "Predicted classes",
        shares,
    )
    beside = "diamonds: the same in training" if baseline else "no baseline to compare with"
    caption = f"Bars: share of the answers, with {1 - metrics.ALPHA:.1%} bounds; {beside}."
    rows = []
    for place, (name, n) in enumerate(zip(answers.names, counts.tolist(), strict=True)):
        share = metrics.wilson(n / facts.records, n=facts.records)
        before = percent(reference[place] / reference.sum()) if reference is not None else "-"
        rows.append((name, f"{n:,}", percent(share.value), between(share), before))
    head = ("class", "answers", "share", "surely between", "in training")
    table = Table("The same in numbers.", head, rows, numbers=(1, 2, 3, 4))
    return Section(
        "What it answers",
        f"{number(facts.records, 'record')}: {shares}.",
        [Picture(chart, caption), table],
        wide=True,
        beside=True,
    )


def show_histogram(answers: Answers, facts: Facts, folder: Path) -> Section:
    records = number(len(answers.confidence), "record")
    quartiles = metrics.confidence_quantiles(answers.window.probabilities, (0.25, 0.5, 0.75))
    middle = f"Half of the answers have a confidence from {quartiles[0.25]:.3f} to {quartiles[0.75]:.3f}."
    chart = theme.save(
        partial(draw_answers.draw_histogram, answers.window.probabilities, answers.names, answers.threshold),
        folder,
        "confidence-histogram",
        "Confidence by predicted class",
        f"Histograms of the confidence of {records}, one for each class. {middle}",
    )
    caption = f"How many answers have which confidence, per predicted class. {middle}"
    rows = [
        (f"{100 * float(share):.0f} of 100 answers", f"below {value:.3f}")
        for share, value in facts.confidence_quantiles.items()
    ]
    table = Table("How sure the answers are.", ("of all", "have a confidence"), rows, numbers=(1,))
    blocks: list[Block] = [Picture(chart, caption), table]
    return Section("How confidence is spread", f"{records}.", blocks, wide=True, beside=True)


def show_hours(answers: Answers, facts: Facts, folder: Path) -> Section:
    counts = np.array(facts.hours)
    busiest, most = int(counts.sum(axis=0).argmax()), int(counts.sum(axis=0).max())
    alt = f"Records per class and hour of the day; the busiest hour is {busiest}:00 UTC with {most:,}."
    charts = [
        theme.save(
            partial(draw_answers.draw_hours, counts, answers.names, width),
            folder,
            name,
            "Records by hour of the day",
            alt,
        )
        for width, name in ((draw_answers.WIDE, "hours"), (draw_answers.NARROW, "hours-narrow"))
    ]
    caption = (
        "Each cell counts one class in one hour of the day, over all days; an hour without records is empty."
    )
    return Section(
        "When photos come",
        f"{number(facts.records, 'record')}; most, {most:,}, at {busiest}:00 UTC.",
        [Picture(charts[0], caption, charts[1])],
        wide=True,
    )


def count_below(answers: Answers) -> str:
    return f"{int((answers.confidence < answers.threshold).sum()):,}"
