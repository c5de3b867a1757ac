"""What answers inside the endpoint: it travels in the model artefact as `code/inference.py`.

SageMaker's PyTorch container calls `model_fn` once, then `input_fn`, `predict_fn` and `output_fn` for each
request; the local cloud does the same. So this file imports nothing of the repository, and defines the network.

    a PNG or JPEG of any size and mode  ->  [0.9969, 0.0031]   one probability per class, in label order

There are two networks, for training's two recipes; model.pt says which of them its members are.
One 32x32 PNG, start to end, on one core of an AMD EPYC: with the small one median 1.0 ms with one member, 2.8 ms with
three. Where other work took half of the core's speed (2.4 and 6.2 ms then), with Lite0 10.5 and 29 ms.
"""

import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import nn
from torch.nn import functional

try:  # In SageMaker's container, only its toolkit's own kind of error is the caller's fault and not the server's.
    from sagemaker_inference.errors import BaseInferenceToolkitError as RequestError
except ImportError:
    RequestError = Exception

ModuleT = TypeVar("ModuleT", bound=nn.Module)

SIZE = 32
WIDTHS = (32, 64, 128)
LITE0_SIZE = 96
# From `normalise` to (pixel - 127) / 128, which these weights were trained with.
LITE0_SCALE, LITE0_SHIFT = 63.75 / 128, 0.5 / 128
STAGES = (  # of Lite0: kernel, stride, times as wide inside, outputs, blocks
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
FEATURES = 1280
CONTENT_TYPES = ("image/png", "image/jpeg", "application/x-image")
MAX_PIXELS = 50_000_000  # the largest phone sensors; a bomb claims more


class UnacceptableImage(RequestError):
    """The request is at fault, not the model. The text says what is wrong with it."""

    def __init__(self, message: str) -> None:
        Exception.__init__(self, message)
        # The phrase is ASCII: another one kills the container's worker.
        self.status_code, self.message, self.phrase = 400, message, "Bad Request"


class Block(nn.Sequential):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(outputs),
            nn.GELU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.GELU(),
        )


class Network(nn.Module):
    """A small convolutional network: 297 thousand parameters for two classes."""

    recipe = "small"

    def __init__(self, classes: int) -> None:
        super().__init__()
        first = WIDTHS[0]
        self.stem = nn.Sequential(
            nn.Conv2d(3, first, 3, padding=1, bias=False), nn.BatchNorm2d(first), nn.GELU()
        )
        self.blocks = nn.Sequential(
            *(Block(i, o) for i, o in zip((first, *WIDTHS[:-1]), WIDTHS, strict=True))
        )
        self.head = nn.Linear(2 * WIDTHS[-1], classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        features = self.blocks(self.stem(images))
        return self.head(torch.cat([features.amax((2, 3)), features.mean((2, 3))], dim=1))


class Unit(nn.Sequential):
    """Convolution, norm and clipped activation, padded as TensorFlow pads: there the weights were trained."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, linear: bool = False
    ) -> None:
        before, after = (kernel - stride) // 2, (kernel - stride + 1) // 2
        super().__init__(
            nn.ZeroPad2d((before, after, before, after)) if before < after else nn.Identity(),
            nn.Conv2d(
                inputs, outputs, kernel, stride, 0 if before < after else before, groups=groups, bias=False
            ),
            nn.BatchNorm2d(outputs, eps=1e-3),
            nn.Identity() if linear else nn.ReLU6(),
        )


class Inverted(nn.Module):
    """Wider, across, narrower; what comes in is added where it has the same shape."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, times: int) -> None:
        super().__init__()
        inner = inputs * times
        self.body = nn.Sequential(
            Unit(inputs, inner, 1) if times > 1 else nn.Identity(),
            Unit(inner, inner, kernel, stride, groups=inner),
            Unit(inner, outputs, 1, linear=True),
        )
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return maps + self.body(maps) if self.shortcut else self.body(maps)


class Lite0(nn.Module):
    """EfficientNet-Lite0 (Tan and Le 2019; Lite: Google 2020), 3.4 million parameters: weights from ImageNet fit it.

    It sees the picture enlarged: of 32 pixels nothing would be left for its last layers.
    """

    recipe = "pretrained"

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.stem = Unit(3, 32, 3, 2)
        self.blocks = nn.Sequential()
        inputs = 32
        for kernel, stride, times, outputs, repeats in STAGES:
            for number in range(repeats):
                self.blocks.append(Inverted(inputs, outputs, kernel, 1 if number else stride, times))
                inputs = outputs
        self.last = Unit(inputs, FEATURES, 1)
        self.head = nn.Linear(FEATURES, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        features = self.last(self.blocks(self.stem(enlarge(images) * LITE0_SCALE + LITE0_SHIFT)))
        return self.head(features.mean((2, 3)))


NETWORKS: dict[str, type[Network] | type[Lite0]] = {network.recipe: network for network in (Network, Lite0)}


class Classifier(nn.Module):
    """The mean of the members' logits over each image and its mirror, divided by the temperature."""

    def __init__(
        self, members: Sequence[Network | Lite0], temperature: float = 1.0, size: int = SIZE
    ) -> None:
        super().__init__()
        self.recipe = members[0].recipe
        self.members = nn.ModuleList(members)
        self.temperature = temperature
        self.size = size

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        both = torch.cat([images, images.flip(3)]).contiguous(memory_format=torch.channels_last)
        logits = torch.stack([member(both) for member in self.members]).mean(0)
        straight, mirrored = logits.chunk(2)
        return (straight + mirrored) / (2 * self.temperature)


def normalise(pixels: np.ndarray) -> torch.Tensor:
    """uint8 pictures (n, height, width, 3) as the network wants them: (n, 3, height, width) around zero."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div(255).sub(0.5).div(0.25)


def enlarge(images: torch.Tensor) -> torch.Tensor:
    """To the size that Lite0 looks at; what has that size stays as it is."""
    return functional.interpolate(images, (LITE0_SIZE, LITE0_SIZE), mode="bicubic", antialias=True)


def channels_last(module: ModuleT) -> ModuleT:
    """The memory layout in which a CPU's convolutions are quickest."""
    return module.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # missing from PyTorch's types


def model_fn(model_dir: str) -> nn.Module:
    # One picture is too little work to share between threads: waiting for a pool takes longer than the answer.
    torch.set_num_threads(1)
    saved = torch.load(Path(model_dir) / "model.pt", map_location="cpu", weights_only=True)
    network = NETWORKS[
        saved.get("recipe", Network.recipe)
    ]  # before there were two, no model said which it is
    members: list[Network | Lite0] = []
    for weights in saved["members"]:
        member = network(len(weights["head.bias"]))
        member.load_state_dict(weights)
        members.append(member)
    classifier = channels_last(Classifier(members, saved["temperature"])).eval()
    with torch.inference_mode():
        example = torch.zeros(1, 3, SIZE, SIZE)
        served = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(classifier, example)))
        for _ in range(
            3
        ):  # the compiler works during the first calls: before traffic comes, not in front of it
            served(example)
    return served


def input_fn(request_body: bytes, content_type: str | None) -> torch.Tensor:
    if not content_type:
        raise UnacceptableImage(
            f"the request has no content type, and needs one of {', '.join(CONTENT_TYPES)}"
        )
    kind = content_type.split(";")[0].strip().lower()
    if kind not in CONTENT_TYPES:
        raise UnacceptableImage(f"content type {kind!r} is not one of {', '.join(CONTENT_TYPES)}")
    if not request_body:
        raise UnacceptableImage("the request body is empty")
    return normalise(np.asarray(decode(bytes(request_body)))[None].copy())


def predict_fn(data: torch.Tensor, model: nn.Module) -> np.ndarray:
    with torch.inference_mode():
        return model(data).double().softmax(1).numpy()


def output_fn(prediction: np.ndarray, accept: str) -> str:  # noqa: ARG001 the container passes it; JSON is the only answer
    return json.dumps([round(float(p), 6) for p in prediction[0]])


def decode(body: bytes) -> Image.Image:
    """An RGB picture of SIZE x SIZE. It is squeezed, not cropped, so that the whole vehicle stays in view."""
    try:
        image = Image.open(io.BytesIO(body), formats=("PNG", "JPEG"))
        if math.prod(image.size) > MAX_PIXELS:
            raise UnacceptableImage(f"{image.width}x{image.height} pixels are more than {MAX_PIXELS:,}")
        upright = ImageOps.exif_transpose(image)
        return to_rgb(upright).resize((SIZE, SIZE), Image.Resampling.BOX, reducing_gap=2.0)
    except UnacceptableImage:
        raise
    except UnidentifiedImageError as error:
        raise UnacceptableImage("not a readable PNG or JPEG") from error
    except Exception as error:
        # Decoders of untrusted bytes fail in many ways, all of them the picture's fault.
        raise UnacceptableImage(f"not a readable PNG or JPEG: {error}") from error


def to_rgb(image: Image.Image) -> Image.Image:
    # 16 bits of grey, which Pillow would clip at 255 instead of scaling. `keep_upper_bits` of core.figures.pictures is
    # the same, but this file travels alone.
    if image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image).clip(0, 65535) >> 8).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return image.convert("RGB")
