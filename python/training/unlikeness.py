"""How far a photo is from those that a model learned from: fitted in training, measured by inference.py.

    classifier.unlikeness, distances = learn(networks, shipped=3, seen=..., unseen=...)

A network answers to any picture, and is sure of a blank one; but its features of such a picture lie where those of no
training photograph do. What this catches and what it costs stands in docs/unlike.md.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from training.inference import Classifier, Lite0, Network, Unlikeness, normalise

AXES = 32
AT_ONCE = 50  # pictures, as in training.model
KEPT = 1000  # distances at most: so fine is the share
LEAST = 1e-6  # of a variance: photographs that are all the same have none

Span = dict[str, torch.Tensor]


def learn(
    networks: Sequence[Network | Lite0],
    shipped: int,
    seen: Sequence[np.ndarray],
    unseen: Sequence[np.ndarray],
) -> tuple[Unlikeness, np.ndarray]:
    """What the first `shipped` networks know of photographs, and how far each was from a network that has not seen it.

    Network k has seen the pictures seen[k] and not those in unseen[k]. Where all share one array of these, it is the
    distance from all networks together.
    """
    axes = min(
        AXES, (min(map(len, seen)) + 1) // 2
    )  # as many of each network, however few photographs it has seen
    spans = [span(features(network, images), axes) for network, images in zip(networks, seen, strict=True)]
    others = [features(network, images) for network, images in zip(networks, unseen, strict=True)]
    if all(images is unseen[0] for images in unseen):
        distances = measure(spans, others)
    else:
        distances = np.concatenate(
            [measure([one], [other]) for one, other in zip(spans, others, strict=True)]
        )
    return Unlikeness(fit(spans[:shipped], distances)), distances


def features(network: Network | Lite0, images: np.ndarray) -> torch.Tensor:
    """Of uint8 pictures, as a classifier sees them: (pictures, features)."""
    alone = Classifier([network]).eval()
    with torch.inference_mode():
        return torch.cat([alone.look(part)[1][0] for part in normalise(images).split(AT_ONCE)])


def span(seen: torch.Tensor, few: int = AXES) -> Span:
    """Where one network's features of its own training photographs lie."""
    directions = nn.functional.normalize(seen.double(), dim=1)
    centre = directions.mean(0)
    _, lengths, axes = torch.linalg.svd(directions - centre, full_matrices=False)
    variances = lengths.square() / len(seen)
    few = min(few, (len(variances) + 1) // 2)
    return {
        "centre": centre[None].float(),
        "axes": axes[:few].T.half(),
        "spread": variances[None, :few].clamp(min=LEAST).float(),
        "beside": variances[few:].sum()[None].clamp(min=LEAST).float(),
    }


def measure(spans: Sequence[Span], seen: Sequence[torch.Tensor]) -> np.ndarray:
    """How far each of some photographs is from these spans, by the features that each network has of it."""
    with torch.inference_mode():
        return Unlikeness(fit(spans, np.zeros(1))).measure(torch.stack(list(seen))).double().numpy()


def fit(spans: Sequence[Span], distances: np.ndarray) -> dict[str, torch.Tensor]:
    """What `Unlikeness` is made of: the spans of the shipped networks, and how far unseen photographs were."""
    ordered = np.sort(distances)
    if len(ordered) > KEPT:
        ordered = np.quantile(ordered, np.linspace(0, 1, KEPT))
    stacked = {name: torch.stack([it[name] for it in spans]) for name in spans[0]}
    return stacked | {"distances": torch.from_numpy(ordered).float()}


def shares(distances: np.ndarray) -> np.ndarray:
    """Each of these photographs' own unlikeness among them, for the baseline."""
    return np.searchsorted(np.sort(distances), distances) / len(distances)
