"""Quantiles of the gamma distribution of scale 1, by its series; NumPy has the distribution's draws alone."""

import math

import numpy as np

STEPS = 35  # of halving
NEGLIGIBLE = 1e-16


def quantile(shape: np.ndarray | float, share: float) -> np.ndarray:
    """Below it lies this share, for each shape from 1 on; good for shares from 1e-6 on, and as far from 1."""
    shape = np.asarray(shape, float)
    log_gamma = np.vectorize(math.lgamma, otypes=[float])(shape + 1)
    below, above = np.zeros_like(shape), shape + 8 * np.sqrt(shape) + 20
    for _ in range(STEPS):
        middle = (below + above) / 2
        too_low = _share_below(shape, middle, log_gamma) < share
        below, above = np.where(too_low, middle, below), np.where(too_low, above, middle)
    return (below + above) / 2


def _share_below(shape: np.ndarray, x: np.ndarray, log_gamma: np.ndarray) -> np.ndarray:
    """The incomplete gamma function's series: all of its terms are positive, so that nothing cancels."""
    total = term = np.exp(shape * np.log(x) - x - log_gamma)
    divisor = shape
    while (term > NEGLIGIBLE * (total + NEGLIGIBLE)).any():
        divisor = divisor + 1
        term = term * x / divisor
        total = total + term
    return total
