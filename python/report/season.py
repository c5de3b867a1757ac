"""The means of the same hours a week before: what each Sunday evening looks like is no drift that began today.

recall(answers)  ->  by statistic, of those whose drift is judged; nothing without the monitor's results of then
"""

from core.figures.drift import Drift
from core.figures.pictures import STATISTICS
from core.figures.quantities import CLASS_MIX, ESTIMATE
from core.figures.tally import Tally
from report.answered import Answers


def recall(answers: Answers) -> dict[str, float]:
    """Of pictures, whichever model answered then; of answers, only if it was this one."""
    own = sum((it.tally for it in answers.week_before if it.model == answers.model_id), Tally())
    found = {}
    for row in answers.assessment.drift:
        parts = [it.tally for it in answers.week_before] if row.statistic in STATISTICS else [own]
        if row.measure != "psi" and (mean := find_mean(row, parts, answers.total)) is not None:
            found[row.statistic] = mean
    return found


def find_mean(row: Drift, parts: list[Tally], now: Tally) -> float | None:
    n = sum(it.records for it in parts)
    if row.statistic == ESTIMATE:
        return sum(it.confidence_sum for it in parts) / n if n else None
    if row.statistic == CLASS_MIX:
        # A row does not name its class; the share does.
        place = next(it for it, count in enumerate(now.classes) if count / now.records == row.live_mean)
        return sum(it.classes[place] for it in parts if it.classes) / n if n else None
    sums = [it.sums[row.statistic] for it in parts if row.statistic in it.sums]
    values = sum(n for n, _ in sums)
    return sum(total for _, total in sums) / values if values else None
