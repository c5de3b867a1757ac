"""Train the networks of a classifier, or take them from checkpoints.

Those of folds are trained side by side, in processes of one thread each. Without folds one is trained after the other,
with two threads: side by side, three of them would leave one core of two idle in the end (281 s instead of 249). Either
way the number of threads follows from what is asked for and not from the machine: the same seed and data give the same
bytes.
"""

from training import threads  # before PyTorch

# isort: split
import argparse
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from core.console import out, track
from training import artefact, pretrained, side_by_side, swap
from training.folds import Part
from training.inference import NETWORKS
from training.model import PRETRAINED, RECIPES, Member, train_member


@dataclass(frozen=True)
class Task:
    """All that a process has to know."""

    part: Part
    classes: int
    recipe: str
    epochs: int
    weights: Path | None  # to begin with, if they are not the installed ones


def train_members(
    parts: Sequence[Part], classes: int, dataset_id: str, options: argparse.Namespace
) -> list[Member]:
    """A network takes a minute or two, so a whole one is what a checkpoint holds."""
    found: dict[Part, bytes] = {}
    for part in parts:
        kept = checkpoint(part, dataset_id, options)
        if kept and kept.exists():
            found[part] = kept.read_bytes()
            out.print(f"{part.label}: taken from {kept}")
    missing = [part for part in parts if part not in found]

    def finish(number: int, packed: bytes) -> None:
        found[missing[number]] = packed
        if kept := checkpoint(missing[number], dataset_id, options):
            new = kept.with_suffix(".partial")
            with swap.say_if_full(options.checkpoints):
                new.write_bytes(packed)
            new.replace(kept)

    tasks = [Task(part, classes, options.recipe.name, options.epochs, options.weights) for part in missing]
    if options.folds == 1:
        for number, task in enumerate(tasks):
            count = partial(track, label=task.part.label, total=options.epochs)
            finish(number, train(task, threads.NUMBER, count))
    elif tasks:
        names = [part.label for part in missing]
        steps = len(tasks) * options.epochs
        heard = side_by_side.work_off(train_apart, tasks, names, finish)
        for _ in track(heard, f"{len(tasks)} networks, epochs", steps):
            pass
    return [unpack(found[part], options.recipe.name, classes) for part in parts]


def checkpoint(part: Part, dataset_id: str, options: argparse.Namespace) -> Path | None:
    """Named by all that makes it what it is, so that another training's is never taken."""
    if not options.checkpoints:
        return None
    made = f"{options.recipe.name}-{dataset_id}-{part.name}-seed-{part.seed}-epochs-{options.epochs}"
    return options.checkpoints / f"{made}.pt"


def train_apart(task: Task, step: Callable[[], None]) -> bytes:
    def count(epochs: Iterable[int]) -> Iterable[int]:
        for epoch in epochs:
            yield epoch
            step()

    return train(task, 1, count)


def train(task: Task, number_of_threads: int, count: Callable[[Iterable[int]], Iterable[int]]) -> bytes:
    torch.set_num_threads(number_of_threads)
    recipe, part = RECIPES[task.recipe], task.part
    tensors = pretrained.read(task.weights) if recipe is PRETRAINED else None
    member = train_member(
        part.seen, part.unseen, task.classes, task.epochs, part.seed, recipe, tensors, count
    )
    packed = io.BytesIO()
    saved = {"weights": artefact.portable(member.network), "history": member.history}
    torch.save(saved | {"logits": torch.from_numpy(member.logits)}, packed)
    return packed.getvalue()


def unpack(packed: bytes, recipe: str, classes: int) -> Member:
    saved = torch.load(io.BytesIO(packed), weights_only=True)
    network = NETWORKS[recipe](classes)
    network.load_state_dict(saved["weights"])
    return Member(network.eval(), saved["history"], saved["logits"].numpy())
