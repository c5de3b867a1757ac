"""The recipe: how one member of the classifier is trained. Its network is in inference.py, which travels with it.

The constants come from cross-validation on training photographs. The latest choice, 90 epochs instead of 60, took
five-fold accuracy on 850 photographs from 0.914 to 0.924, and the negative log-likelihood from 0.205 to 0.199.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from core.console import track
from core.figures import scores
from training import dataset
from training.augment import augment
from training.inference import Classifier, Network, channels_last, normalise

BATCH = 64
EPOCHS = 90
PEAK_RATE = 4e-3
WARM_UP = 0.15  # share of the steps
BETAS = (0.9, 0.99)
WEIGHT_DECAY = 0.05
SMOOTHING = 0.05
AVERAGING = 0.99


@dataclass
class Member:
    network: Network
    history: list[dict[str, float]]  # per epoch: loss, validation_accuracy


def train_member(
    train: dataset.Split, validation: dataset.Split, classes: int, epochs: int, seed: int, label: str
) -> Member:
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    images = normalise(train.images).contiguous(memory_format=torch.channels_last)
    labels = torch.from_numpy(train.labels)
    network = channels_last(Network(classes))
    average = channels_last(Network(classes)).eval()
    average.load_state_dict(network.state_dict())
    batch = min(BATCH, len(images))
    steps = epochs * (len(images) // batch)
    optimizer = torch.optim.AdamW(decay_groups(network), lr=PEAK_RATE, betas=BETAS, fused=True)
    history, step = [], 0
    for _ in track(range(epochs), label, epochs):
        network.train()
        losses = []
        for rows in torch.randperm(len(images), generator=rng).split(batch):
            if len(rows) < batch:
                break
            for group in optimizer.param_groups:
                group["lr"] = rate(step, steps)
            view = augment(images[rows], rng).contiguous(memory_format=torch.channels_last)
            loss = functional.cross_entropy(network(view), labels[rows], label_smoothing=SMOOTHING)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            follow(average, network, min(AVERAGING, (1 + step) / (10 + step)))
            losses.append(loss.item())
            step += 1
        hits = scores.correct(logits_of(Classifier([average]), validation), validation.labels)
        history.append({"loss": float(np.mean(losses)), "validation_accuracy": float(hits.mean())})
    return Member(average, history)


def decay_groups(network: nn.Module) -> list[dict]:
    """Weight decay pulls on the weights; norms and biases are left alone."""
    parameters = list(network.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": WEIGHT_DECAY},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]


def rate(step: int, steps: int) -> float:
    """Linear up over the warm-up, then linear down to nothing."""
    warm = max(1, round(WARM_UP * steps))
    return PEAK_RATE * min((step + 1) / warm, (steps - step) / max(1, steps - warm))


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move the shipped weights a little towards the trained ones, the norms' statistics included."""
    for kept, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - decay)


def logits_of(classifier: Classifier, split: dataset.Split) -> np.ndarray:
    with torch.inference_mode():
        return classifier.eval()(normalise(split.images)).double().numpy()
