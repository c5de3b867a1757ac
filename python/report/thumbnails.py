"""The pictures worth a look, as the page shows them: whatever they were, small PNG files without metadata."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageOps

from core.figures.pictures import keep_upper_bits
from monitoring.gallery import Exhibit
from report.answered import Answers
from report.facts import Facts
from report.page import Gallery, Missing, Photo, Section
from report.words import moment, number

SIDE = 256


def show_gallery(answers: Answers, facts: Facts) -> Section:
    window = answers.window
    pictures = int(np.isfinite(window.pictures[:, 0]).sum())
    data = f"Chosen from {number(pictures, 'decoded picture')} of {number(facts.read, 'record')}."
    if not pictures:
        why = "No record holds a picture: let the endpoint's capture include its input."
        return Section("Pictures worth a look", data, [Missing(why)], wide=True)
    unsure = photos(answers, [(shown, runner_up(answers, shown)) for shown in window.least_confident])
    blocks: list[Gallery | Missing] = [
        Gallery("Least confident", "The photos that the model was least sure of, the least first.", unsure)
    ]
    if window.unusual:
        caption = (
            "Accepted, though some statistic lies outside the baseline's outer deciles; the farthest first."
        )
        unusual = photos(answers, [(shown, shown.why) for shown in window.unusual])
        blocks.append(Gallery("Confident, but unusual", caption, unusual))
    else:
        why = "None of the accepted pictures lies outside the baseline's outer deciles."
        blocks.append(Missing(answers.model.why_no_baseline or why))
    return Section("Pictures worth a look", data, blocks, wide=True)


def photos(answers: Answers, exhibits: Sequence[tuple[Exhibit, str]]) -> list[Photo]:
    """Each with why it is worth a look, but for those that cannot be made small."""
    found = (photo(answers, shown, why) for shown, why in exhibits)
    return [each for each in found if each]


def photo(answers: Answers, shown: Exhibit, why: str) -> Photo | None:
    sure = max(shown.probabilities)
    name = answers.names[shown.probabilities.index(sure)]
    try:
        small = thumbnail(shown.image)
    except (
        Exception
    ):  # as in core.figures.pictures; what is beside the pixels, such as EXIF, may be broken too
        return None
    return Photo(
        small,
        alt=f"Photo taken for a {name}",
        title=f"{name} {sure:.3f}",
        lines=[why, moment(shown.time)],
    )


def runner_up(answers: Answers, shown: Exhibit) -> str:
    second, index = sorted(((p, i) for i, p in enumerate(shown.probabilities)), reverse=True)[1]
    return f"or {answers.names[index]}, {second:.3f}"


def thumbnail(content: bytes) -> bytes:
    """The picture upright, at most SIDE pixels wide and high, on white where it is transparent."""
    image: Image.Image = Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
    image = keep_upper_bits(image)
    image.draft("RGB", (SIDE, SIDE))
    image.thumbnail((SIDE, SIDE))
    layer = ImageOps.exif_transpose(image).convert("RGBA")
    shown = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    target = io.BytesIO()
    shown.save(target, "PNG")
    return target.getvalue()
