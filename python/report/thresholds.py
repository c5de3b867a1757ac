"""What other thresholds would let through: the page and report.json show the same ones."""

from dataclasses import dataclass

from core.figures.scores import Curve

USUAL = (0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Choice:
    threshold: float
    coverage: float
    accuracy: float


def tabulate(curve: Curve, in_use: float) -> list[Choice]:
    """Each that enough answers reach, the one in use among them."""
    found = [(threshold, curve.at(threshold)) for threshold in sorted({*USUAL, in_use})]
    return [Choice(threshold, *point) for threshold, point in found if point]
