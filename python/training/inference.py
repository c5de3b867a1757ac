"""What answers inside the endpoint: it travels in the model artefact as `code/inference.py`.

SageMaker's PyTorch container calls `model_fn` once, then `input_fn`, `predict_fn` and `output_fn` for each
request; the local cloud does the same. So this file imports nothing of the repository, and defines the network.

    a PNG or JPEG of any size and mode  ->  [0.9969, 0.0031]   one probability per class, in label order

Beside that, a custom attribute and the content type of the answer say how unlike its training photographs the picture
is: `unlikeness=0.9412`, see `Unlikeness`. There are two networks, for training's two recipes; model.pt says which of
them its members are.

One 32x32 PNG, start to end, on one core of an AMD EPYC, before it measured unlikeness: with the small network median
1.0 ms with one member, 2.8 ms with three. Where other work took half of the core's speed (2.4 and 6.2 ms then), with
Lite0 10.5 and 29 ms. Unlikeness takes an eighth more with the small one, and 2 % with Lite0.
"""

import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

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

SIZE = 32  # of the pictures of a model that does not say another
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
FAMILIAR = (2, 4, 7, 10)  # the blocks that end the stages with 24, 40, 80 and 112 outputs
CONTENT_TYPES = ("image/png", "image/jpeg", "application/x-image")
MAX_PIXELS = 50_000_000  # the largest phone sensors; a bomb claims more
DRAFT = 448  # the side that a large JPEG is decoded to at least
JSON = "application/json"
ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
ATTRIBUTES_LIMIT = 1024  # characters that SageMaker takes


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
        return self.tell(self.blocks(self.stem(images)))

    def tell(self, maps: torch.Tensor) -> torch.Tensor:
        return self.head(torch.cat([maps.amax((2, 3)), maps.mean((2, 3))], dim=1))

    def look(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The logits and the features, which are how much each stage's maps vary over the picture.

        What the head sees does not do: it has learned to tell two classes apart, and takes a blank picture for either.
        """
        maps = [self.stem(images)]
        for block in self.blocks:
            maps.append(block(maps[-1]))
        return self.tell(maps[-1]), vary(maps)


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
        return self.look(images)[0]

    def look(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The logits and the features, which are how much the maps of some stages vary over the picture.

        What the head sees does not do: there, photographs that it is unsure of lie farther out than a blank picture.
        """
        maps, ends = self.stem(enlarge(images) * LITE0_SCALE + LITE0_SHIFT), []
        for number, block in enumerate(self.blocks):
            maps = block(maps)
            if number in FAMILIAR:
                ends.append(maps)
        return self.head(self.last(maps).mean((2, 3))), vary(ends)


NETWORKS: dict[str, type[Network] | type[Lite0]] = {network.recipe: network for network in (Network, Lite0)}


class Unlikeness(nn.Module):
    """How far a picture's features are from those of the training photographs, as a share from 0 to 1.

    Of each member's features only the direction counts. The distance is Mahalanobis' along the axes in which the
    training photographs differ most, and what is left beside these in units of their own (after ViM, Wang et al. 2022).
    The answer is the share of the training photographs that were nearer to a model that had not seen them.
    `training.unlikeness` fits the tensors: of m members with f features, d axes, and of n photographs
    """

    centre: torch.Tensor  # (m, 1, f)
    axes: torch.Tensor  # (m, f, d), in half precision
    spread: torch.Tensor  # (m, 1, d): the variance along each
    beside: torch.Tensor  # (m, 1): the variance beside all of them
    distances: torch.Tensor  # (n,): of the photographs, in order

    def __init__(self, fitted: dict[str, torch.Tensor]) -> None:
        super().__init__()
        for name in ("centre", "axes", "spread", "beside", "distances"):
            self.register_buffer(name, fitted[name])

    def measure(self, features: torch.Tensor) -> torch.Tensor:
        """The mean of the members' distances, from features (m, pictures, f)."""
        seen = functional.normalize(features, dim=2) - self.centre
        along = torch.bmm(seen, self.axes.float()).square()
        left = seen.square().sum(2) - along.sum(2)
        return ((along / self.spread).sum(2) + self.axes.shape[2] * left / self.beside).mean(0)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return (self.distances < self.measure(features)[:, None]).double().mean(1)


class Classifier(nn.Module):
    """The mean of the members' logits over each image and its mirror, divided by the temperature."""

    def __init__(
        self,
        members: Sequence[Network | Lite0],
        temperature: float = 1.0,
        size: int = SIZE,
        unlikeness: Unlikeness | None = None,
    ) -> None:
        super().__init__()
        self.recipe = members[0].recipe
        self.members = nn.ModuleList(members)
        self.temperature = temperature
        self.size = size
        self.unlikeness = unlikeness

    def look(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The logits, and each member's features: (members, images, features)."""
        both = torch.cat([images, images.flip(3)]).contiguous(memory_format=torch.channels_last)
        seen = [cast("Network | Lite0", member).look(both) for member in self.members]
        straight, mirrored = torch.stack([logits for logits, _ in seen]).mean(0).chunk(2)
        one, other = torch.stack([features for _, features in seen]).chunk(2, dim=1)
        return (straight + mirrored) / (2 * self.temperature), (one + other) / 2

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.look(images)[0]


class Answering(nn.Module):
    """A classifier as it answers: the logits, and if it knows how unlike its photographs the images are, that."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        logits, features = self.classifier.look(images)
        unlikeness = self.classifier.unlikeness
        return (logits, unlikeness(features)) if unlikeness else (logits,)


@dataclass(frozen=True)
class Model:
    """What `predict_fn` asks."""

    network: nn.Module
    size: int  # the side of the pictures that the network takes


@dataclass(frozen=True)
class Prediction:
    probabilities: np.ndarray
    unlikeness: float | None  # of a model that knows it


def normalise(pixels: np.ndarray) -> torch.Tensor:
    """uint8 pictures (n, height, width, 3) as the network wants them: (n, 3, height, width) around zero."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div(255).sub(0.5).div(0.25)


def vary(stages: Sequence[torch.Tensor]) -> torch.Tensor:
    """The standard deviation of each map over the picture."""
    means = torch.cat([maps.mean((2, 3)) for maps in stages], dim=1)
    squares = torch.cat([maps.square().mean((2, 3)) for maps in stages], dim=1)
    return (squares - means.square()).clamp(min=0).sqrt()


def enlarge(images: torch.Tensor) -> torch.Tensor:
    """To the size that Lite0 looks at; what has that size stays as it is."""
    return functional.interpolate(images, (LITE0_SIZE, LITE0_SIZE), mode="bicubic", antialias=True)


def channels_last(module: ModuleT) -> ModuleT:
    """The memory layout in which a CPU's convolutions are quickest."""
    return module.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # missing from PyTorch's types


def model_fn(model_dir: str) -> Model:
    # One picture is too little work to share between threads: waiting for a pool takes longer than the answer.
    torch.set_num_threads(1)
    classifier = load(Path(model_dir) / "model.pt")
    with torch.inference_mode():
        example = torch.zeros(1, 3, classifier.size, classifier.size)
        traced = torch.jit.trace(Answering(classifier).eval(), example)
        served = torch.jit.optimize_for_inference(torch.jit.freeze(traced))
        # The compiler works during the first calls: before traffic comes, not in front of it.
        for _ in range(3):
            served(example)
    return Model(served, classifier.size)


def load(path: Path) -> Classifier:
    """The classifier that model.pt holds. Older ones say neither recipe nor size, and know no unlikeness."""
    saved = torch.load(path, map_location="cpu", weights_only=True)
    network = NETWORKS[saved.get("recipe", Network.recipe)]
    members: list[Network | Lite0] = []
    for weights in saved["members"]:
        member = network(len(weights["head.bias"]))
        member.load_state_dict(weights)
        members.append(member)
    unlikeness = Unlikeness(saved["unlikeness"]) if saved.get("unlikeness") else None
    classifier = Classifier(members, saved["temperature"], saved.get("size", SIZE), unlikeness)
    return channels_last(classifier).eval()


def input_fn(request_body: bytes, content_type: str | None) -> Image.Image:
    if not content_type:
        raise UnacceptableImage(
            f"the request has no content type, and needs one of {', '.join(CONTENT_TYPES)}"
        )
    kind = content_type.split(";")[0].strip().lower()
    if kind not in CONTENT_TYPES:
        raise UnacceptableImage(f"content type {kind!r} is not one of {', '.join(CONTENT_TYPES)}")
    if not request_body:
        raise UnacceptableImage("the request body is empty")
    return read(bytes(request_body))


def predict_fn(data: Image.Image, model: Model) -> Prediction:
    pixels = np.asarray(reduce(data, model.size))[None].copy()
    with torch.inference_mode():
        logits, *unlikeness = model.network(normalise(pixels))
    return Prediction(logits[0].double().softmax(0).numpy(), float(unlikeness[0]) if unlikeness else None)


def output_fn(prediction: Prediction, accept: str, context: Any = None) -> str | tuple[str, str]:
    """The answer, JSON whatever is accepted. The container has a context, which takes the header for it."""
    answer = json.dumps([round(float(p), 6) for p in prediction.probabilities])
    if context is None or prediction.unlikeness is None:
        return answer
    told = f"unlikeness={prediction.unlikeness:.4f}"
    context.set_response_header(0, ATTRIBUTES, join_attributes(context.get_all_request_header(0), told))
    # Data capture keeps the answer's content type, parameters and all; no document says so of its attributes.
    return (answer, f"{accept}; {told}") if accept == JSON else answer


def join_attributes(headers: dict[str, str], told: str) -> str:
    """What the request said of its photo goes back with the answer, in case that the capture keeps these alone."""
    sent = next((value for name, value in headers.items() if name.lower() == ATTRIBUTES.lower()), "")
    both = f"{sent},{told}" if sent else told
    return both if len(both) <= ATTRIBUTES_LIMIT else told


def decode(body: bytes, size: int = SIZE) -> Image.Image:
    return reduce(read(body), size)


def reduce(image: Image.Image, size: int) -> Image.Image:
    """The side that a network takes. It is squeezed, not cropped, so that the whole vehicle stays in view."""
    return image.resize((size, size), Image.Resampling.BOX, reducing_gap=2.0)


def read(body: bytes) -> Image.Image:
    """The picture upright in RGB, or the reason why not."""
    try:
        image = Image.open(io.BytesIO(body), formats=("PNG", "JPEG"))
        if math.prod(image.size) > MAX_PIXELS:
            raise UnacceptableImage(f"{image.width}x{image.height} pixels are more than {MAX_PIXELS:,}")
        image.draft(None, (DRAFT, DRAFT))  # a JPEG's decoder leaves out what would be thrown away
        return to_rgb(ImageOps.exif_transpose(image))
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
