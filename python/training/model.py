"""The two recipes: how one member of the classifier is trained. The networks are in inference.py, which travels along.

`small` learns from nothing, `pretrained` goes on from what a network learned from ImageNet's photographs.

The constants come from cross-validation on training photographs. The latest choice of `small`, 90 epochs instead of 60,
took five-fold accuracy on 850 photographs from 0.914 to 0.924, and the negative log-likelihood from 0.205 to 0.199.
Of `pretrained` two folds of five were tried: accuracy 0.968, negative log-likelihood 0.119. On the first of them it was
0.971 and 0.124; with a rate of 5e-4 0.929 and 0.171; with pictures of 128 pixels 0.947.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from core.figures import scores
from training import dataset, pretrained
from training.augment import augment, move
from training.inference import LITE0_SIZE, NETWORKS, Classifier, Lite0, Network, channels_last, normalise

WARM_UP = 0.15  # share of the steps
BETAS = (0.9, 0.99)
WEIGHT_DECAY = 0.05
SMOOTHING = 0.05
UNBALANCED = 1.2  # times as many photographs of one class as of another: from there they are weighted
AVERAGING = 0.99
AT_ONCE = 50  # pictures that are answered together: more would need more memory and be no quicker


@dataclass(frozen=True)
class Recipe:
    name: str
    size: int  # the side of the pictures that it is trained with, unless the data set's are smaller
    batch: int
    epochs: int
    peak_rate: float
    head_times: float  # the last layer's rate
    view: Callable[[torch.Tensor, torch.Generator], torch.Tensor]
    keeps_norms: bool  # the statistics of the norms are those of the weights that it begins with


SMALL = Recipe("small", 32, 64, 90, 4e-3, 1, augment, keeps_norms=False)
PRETRAINED = Recipe("pretrained", LITE0_SIZE, 32, 10, 1e-3, 5, move, keeps_norms=True)
RECIPES = {recipe.name: recipe for recipe in (SMALL, PRETRAINED)}


@dataclass
class Member:
    network: Network | Lite0
    history: list[dict[str, float]]  # per epoch: loss, validation_accuracy
    logits: np.ndarray  # its answers on the photographs that it was validated on


def train_member(
    train: dataset.Split,
    validation: dataset.Split,
    classes: int,
    epochs: int,
    seed: int,
    recipe: Recipe = SMALL,
    tensors: dict[str, torch.Tensor] | None = None,
    count: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Member:
    """Train one network, which begins with these tensors, as `pretrained` reads them, or with random ones.

    `count` is handed the epochs, and may say how far it is.
    """
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    images = normalise(train.images).contiguous(memory_format=torch.channels_last)
    labels = torch.from_numpy(train.labels)
    weights = weigh(train.labels, classes)
    network = channels_last(NETWORKS[recipe.name](classes))
    if tensors:
        pretrained.give(tensors, network)
    average = channels_last(NETWORKS[recipe.name](classes)).eval()
    average.load_state_dict(network.state_dict())
    batch = min(recipe.batch, len(images))
    steps = epochs * (len(images) // batch)
    optimizer = torch.optim.AdamW(parameter_groups(network, recipe), betas=BETAS, fused=True)
    peaks = [group["lr"] for group in optimizer.param_groups]
    history, logits, step = [], np.empty((0, classes)), 0
    for _ in count(range(epochs)):
        network.train(not recipe.keeps_norms)
        losses = []
        for rows in torch.randperm(len(images), generator=rng).split(batch):
            if len(rows) < batch:
                break
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = peak * rate(step, steps)
            view = recipe.view(images[rows], rng).contiguous(memory_format=torch.channels_last)
            loss = functional.cross_entropy(network(view), labels[rows], weights, label_smoothing=SMOOTHING)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            follow(average, network, min(AVERAGING, (1 + step) / (10 + step)))
            losses.append(loss.item())
            step += 1
        logits = logits_of(Classifier([average]), validation)
        hits = scores.correct(logits, validation.labels)
        history.append({"loss": float(np.mean(losses)), "validation_accuracy": float(hits.mean())})
    return Member(average, history, logits)


def weigh(labels: np.ndarray, classes: int) -> torch.Tensor | None:
    """What a photograph of each class counts, so that all classes together count the same; None if they do already."""
    counts = np.bincount(labels, minlength=classes)
    if counts.max() <= UNBALANCED * counts.min():
        return None
    return torch.from_numpy(len(labels) / (classes * counts.clip(1))).float()


def parameter_groups(network: nn.Module, recipe: Recipe) -> list[dict]:
    """Weight decay pulls on the weights; norms and biases are left alone. The last layer has a rate of its own."""
    groups = []
    for of_head, decays in ((False, True), (False, False), (True, True), (True, False)):
        chosen = [
            parameter
            for name, parameter in network.named_parameters()
            if name.startswith("head.") == of_head and (parameter.ndim > 1) == decays
        ]
        peak = recipe.peak_rate * (recipe.head_times if of_head else 1)
        groups.append({"params": chosen, "lr": peak, "weight_decay": WEIGHT_DECAY if decays else 0.0})
    return groups


def rate(step: int, steps: int) -> float:
    """Linear up to 1 over the warm-up, then linear down to nothing."""
    warm = max(1, round(WARM_UP * steps))
    return min((step + 1) / warm, (steps - step) / max(1, steps - warm))


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move the shipped weights a little towards the trained ones, the norms' statistics included."""
    for kept, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - decay)


def logits_of(classifier: Classifier, split: dataset.Split) -> np.ndarray:
    with torch.inference_mode():
        parts = [classifier.eval()(part) for part in normalise(split.images).split(AT_ONCE)]
        return torch.cat(parts).double().numpy()
