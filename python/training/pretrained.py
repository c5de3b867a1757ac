"""Give a network the weights that the recipe `pretrained` begins with, all but the last layer's.

The names in their file are not ours. Its order is, and the file is always the same one (`training.weights`).
"""

import io
from pathlib import Path

import torch
from torch import nn

from training import weights


def read(path: Path | None) -> dict[str, torch.Tensor]:
    """The tensors of this file, or of the one that is installed."""
    content = weights.read(path or weights.find())
    return torch.load(io.BytesIO(content), weights_only=True)


def give(tensors: dict[str, torch.Tensor], network: nn.Module) -> None:
    """The last layer stays as it is: it knows other classes."""
    own = network.state_dict()
    given = dict(zip(own, tensors.values(), strict=True))
    network.load_state_dict({name: own[name] if name.startswith("head.") else given[name] for name in own})
