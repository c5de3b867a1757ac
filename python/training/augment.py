"""Random views of a batch of training pictures, in the order in which the recipes were measured.

`augment` is the small network's, `move` the pretrained one's.
"""

import math

import torch
from torch.nn import functional

from training.inference import enlarge

PAD = 3
HOLE = 11
JITTER = 0.2
DEGREES = 10
SCALE = 0.2
DISTANCE = 0.15  # of the picture's side
LIGHT = 0.25


def augment(images: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Flip, shift, change the colours and cut a hole: normalised pictures (n, 3, size, size) in, the same out."""
    return cut(colour(shift(flip(images, rng), rng), rng), rng)


def flip(images: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    mirrored = torch.rand(len(images), 1, 1, 1, generator=rng) < 0.5
    return torch.where(mirrored, images.flip(3), images)


def shift(images: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    count, _, size, _ = images.shape
    padded = functional.pad(images, (PAD, PAD, PAD, PAD), mode="reflect")
    window = torch.arange(size)
    rows = torch.randint(0, 2 * PAD + 1, (count, 1), generator=rng) + window
    columns = torch.randint(0, 2 * PAD + 1, (count, 1), generator=rng) + window
    picture = torch.arange(count)[:, None, None]
    return padded[picture, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def colour(images: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    def uniform(low: float, high: float) -> torch.Tensor:
        return low + (high - low) * torch.rand(len(images), 1, 1, 1, generator=rng)

    mean = images.mean((1, 2, 3), keepdim=True)
    images = (images - mean) * uniform(1 - JITTER, 1 + JITTER) + mean + uniform(-JITTER, JITTER)
    grey = images.mean(1, keepdim=True)
    return (images - grey) * uniform(1 - JITTER, 1 + JITTER) + grey


def cut(images: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    count, _, size, _ = images.shape
    window = torch.arange(size)

    def inside() -> torch.Tensor:
        return (torch.randint(0, size, (count, 1), generator=rng) - window).abs() <= HOLE // 2

    hole = inside()[:, None, :, None] & inside()[:, None, None, :]
    return images.masked_fill(hole, 0.0)


def move(images: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Enlarge, flip, turn, scale and shift, and change the light: what lies outside repeats the picture mirrored."""

    def uniform(most: float) -> torch.Tensor:
        return most * (2 * torch.rand(len(images), generator=rng) - 1)

    angle, scale = uniform(math.radians(DEGREES)), 1 + uniform(SCALE)
    mirror = 1 - 2 * (torch.rand(len(images), generator=rng) < 0.5).float()
    cosine, sine = angle.cos() / scale, angle.sin() / scale
    # The grid goes from -1 to 1: a shift of a side is 2.
    rows = torch.stack(
        [cosine * mirror, -sine, uniform(2 * DISTANCE), sine * mirror, cosine, uniform(2 * DISTANCE)]
    )
    large = enlarge(images)
    grid = functional.affine_grid(rows.T.reshape(-1, 2, 3), list(large.shape), align_corners=False)
    seen = functional.grid_sample(large, grid, padding_mode="reflection", align_corners=False)
    mean = seen.mean((1, 2, 3), keepdim=True)
    contrast, brightness = (uniform(LIGHT)[:, None, None, None] for _ in range(2))
    # A normalised picture's pixels go from -2 to 2.
    return (seen - mean) * (1 + contrast) + mean + brightness * (mean + 2)
