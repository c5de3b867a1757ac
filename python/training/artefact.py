"""The model artefact, `model.tar.gz`, laid out as SageMaker's PyTorch containers expect.

model.pt            the recipe, the side of its pictures, the members' weights, the temperature, and how unlikeness
                    is measured; loads without running pickled code
labels.json         the classes, in the order of the probabilities
metrics.json        how good it is, see training.train
golden.json         a photo and its answer, by which a deployment proves itself
guideline.json      photographs of each class, for people who decide; an artefact of an earlier version has none
baseline.json       what it answered on its validation split, see core.figures.baseline
code/inference.py   how it answers
"""

import base64
import gzip
import io
import json
import shutil
import tarfile
from pathlib import Path

import torch
from torch import nn

from core import archives
from core.console import UserError
from training import inference

MEMBERS = (
    "baseline.json",
    "code",
    "code/inference.py",
    "golden.json",
    "guideline.json",
    "labels.json",
    "metrics.json",
    "model.pt",
)
OF_LATE = ("guideline.json",)  # which artefacts of earlier versions do not have


def write(
    folder: Path,
    classifier: inference.Classifier,
    labels: list[str],
    metrics: dict,
    golden: bytes,
    baseline: dict,
    guideline: dict,
) -> None:
    """Lay the artefact out in a folder: what SageMaker packs after a training job, and `pack` does here."""
    (folder / "code").mkdir(parents=True, exist_ok=True)
    weights = [portable(member) for member in classifier.members]
    saved = {
        "recipe": classifier.recipe,
        "size": classifier.size,
        "members": weights,
        "temperature": classifier.temperature,
    }
    if classifier.unlikeness:
        saved["unlikeness"] = portable(classifier.unlikeness)
    save(saved, folder / "model.pt")
    (folder / "labels.json").write_text(json.dumps(labels) + "\n")
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    (folder / "baseline.json").write_text(json.dumps(baseline) + "\n")
    (folder / "guideline.json").write_text(json.dumps(guideline) + "\n")
    model = inference.Model(inference.Answering(classifier).eval(), classifier.size)
    answer = inference.predict_fn(inference.input_fn(golden, "image/png"), model)
    example = {"image": base64.b64encode(golden).decode(), "probabilities": answer.probabilities.tolist()}
    (folder / "golden.json").write_text(json.dumps(example) + "\n")
    shutil.copyfile(inference.__file__, folder / "code" / "inference.py")


def save(content: object, path: Path) -> None:
    """Through memory: of a full disk, PyTorch's own writer says no more than that it failed."""
    saved = io.BytesIO()
    torch.save(content, saved)
    path.write_bytes(saved.getbuffer())


def portable(member: nn.Module) -> dict[str, torch.Tensor]:
    """Plain contiguous tensors, whatever memory layout the member was trained in."""
    return {name: value.contiguous() for name, value in member.state_dict().items()}


def pack(folder: Path, target: Path) -> None:
    """Byte-identical for identical content: no times, no owners, a fixed order. Appears whole or not at all."""
    partial = target.with_name(target.name + ".partial")
    with (
        partial.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name in MEMBERS:
            tar.add(folder / name, arcname=name, recursive=False, filter=_anonymous)
    partial.replace(target)


def unpack(path: Path, folder: Path) -> None:
    """Unpack an artefact that somebody hands in; nothing lands outside the folder."""
    try:
        with path.open("rb") as archive:
            archives.unpack(archive, folder)
    except (OSError, tarfile.TarError) as error:
        raise UserError(f"{path} is not a model artefact ({error}): make one with `make train`") from error
    missing = [name for name in MEMBERS if name not in OF_LATE and not (folder / name).exists()]
    if missing:
        raise UserError(
            f"{path} is not a model artefact (no {', '.join(missing)}): make one with `make train`"
        )


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime, member.uid, member.gid, member.uname, member.gname = 0, 0, 0, "", ""
    member.mode = 0o755 if member.isdir() else 0o644
    return member
