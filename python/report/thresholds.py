"""What other thresholds would let through: the page and report.json show the same ones."""

from dataclasses import dataclass

import numpy as np

from core.figures.scores import Curve

USUAL = (0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Choice:
    threshold: float
    coverage: float
    accuracy: float | None  # of too few answers it says nothing


def tabulate(curve: Curve, in_use: float, confidence: np.ndarray) -> list[Choice]:
    """Each that an answer reaches, and the one in use; the confidence is that of every answer."""
    found = []
    for threshold in sorted({*USUAL, in_use}) if len(confidence) else []:
        coverage, point = float((confidence >= threshold).mean()), curve.at(threshold)
        if coverage or threshold == in_use:
            found.append(Choice(threshold, coverage, point[1] if point else None))
    return found
