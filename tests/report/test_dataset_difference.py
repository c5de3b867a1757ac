"""make difference, as somebody uses it: two versions of a data set, and a page that shows what changed."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.builders import make_label

from core.console import UserError
from report import dataset_difference
from training import dataset, dataset_changes, dataset_versions, sample
from training.dataset_versions import Labelled, Parent
from training.photo import Photo, Seen
from training.photo import read as look

CLASSES = ["bicycle", "motorcycle"]


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict[str, Seen]:
    path = tmp_path_factory.mktemp("photos") / "photo.png"
    found = {}
    for number, pixels in enumerate(sample.draw(150, 2, seed=5).train.images):
        Image.fromarray(pixels).save(path)
        found[f"p{number}"] = look(Photo(path, "", ""), dataset.SIZE)
    return found


def say(numbers: range, cls: str = "bicycle", blind: bool = False) -> list[Labelled]:
    made = [make_label(f"p{n}", label=cls, blind=blind, source="<bay> 3") for n in numbers]
    return [Labelled(it, cls, [it.name], dataset_versions.ACCEPTED if blind else "") for it in made]


@pytest.fixture
def versions(seen, staged_sample, tmp_path, monkeypatch) -> list[Parent]:
    """A data set and two versions of it below build/data; build/data/local leads to the last."""
    monkeypatch.chdir(tmp_path)
    made = [dataset_versions.read(staged_sample)]
    for said in (
        say(range(90)) + say(range(90, 100), blind=True),
        say(range(5, 89)) + say(range(89, 90), "motorcycle") + say(range(90, 110), blind=True),
    ):
        version = dataset_versions.make(made[-1], said, seen, {"disagreed": 3}, set(seen))
        version.write(Path(f"build/data/local-{version.info['dataset_id']}"))
        made.append(dataset_versions.read(Path(f"build/data/local-{version.info['dataset_id']}")))
    Path("build/data/local").symlink_to(f"local-{made[-1].info['dataset_id']}")
    return made


def command(monkeypatch, *flags: str) -> str:
    monkeypatch.setattr("sys.argv", ["dataset_difference", "local", *flags])
    dataset_difference.main()
    return Path("build/difference/difference.html").read_text()


def tiles(html: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", html))


def test_the_newest_version_is_shown_beside_its_parent(versions, monkeypatch, capsys):
    html = command(monkeypatch)
    base, first, second = (it.info["dataset_id"] for it in versions)
    assert f"{second} beside {first}: build/difference/difference.html" in capsys.readouterr().out
    assert tiles(html) == {"Pictures": "325", "Added": "10", "Removed": "5", "Moved": "0", "Relabelled": "1"}
    assert "No picture stands on another side" in html
    assert "motorcycle, was bicycle" in html and "live: bicycle" in html
    assert html.count("<img") == 16
    assert "labels/&lt;bay&gt; 3" in html and "<bay>" not in html
    assert re.search(r"<td>disagreed</td>\s*<td class=\"number\">3</td>", html)
    assert f"<td>{first}</td>" in html and f"<td>{base}</td>" in html
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", html)  # nothing from elsewhere


def test_any_two_are_compared_by_folder_or_by_id(versions, staged_sample, monkeypatch):
    first = versions[1].info["dataset_id"]
    html = command(monkeypatch, "--to", first, "--from", str(staged_sample))
    assert tiles(html)["Added"] == "100" and tiles(html)["Removed"] == "0"
    assert "60 of 7" in html  # of so many pictures some are shown
    back = command(monkeypatch, "--to", str(staged_sample), "--from", first)
    assert tiles(back)["Removed"] == "100" and "None: it is no version of another one." in back
    same = command(monkeypatch, "--to", first, "--from", first)
    assert "The two are one and the same" in same and same.count("<img") == 0


def test_what_has_no_parent_is_said_to_have_none(staged_sample, versions, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["dataset_difference", "local", "--to", str(staged_sample)])
    dataset_difference.main()
    assert "has no parent that it could be compared with: name one with FROM=" in capsys.readouterr().out
    with pytest.raises(UserError, match="FROM=nowhere is neither"):
        command(monkeypatch, "--from", "nowhere")
    assert len(versions) == 3


def test_pictures_on_another_side_and_of_another_size_are_no_version(versions):
    base = versions[0]
    rows = base.splits["train"]
    moved = base.splits | {
        "train": dataset.choose(rows, np.arange(1, len(rows.names))),
        "validation": dataset.join(base.splits["validation"], dataset.choose(rows, np.arange(1))),
    }
    other = Parent(base.info | {"dataset_id": "other"}, moved, {}, {})
    html = dataset_difference.draw(base, other)
    assert "are no versions of one data set" in html and "validation, was train" in html
    large = {
        side: dataset.Split(rows.images.repeat(7, 1).repeat(7, 2), rows.labels, rows.names, rows.indices)
        for side, rows in base.splits.items()
    }
    grown = dataset_difference.draw(base, Parent(base.info | {"dataset_id": "large"}, large, {}, {}))
    assert "Their pictures have 32 and 224 pixels" in grown
    assert len(grown) < 6_000_000  # what is shown is made small


def test_of_pictures_that_are_the_same_each_counts():
    pixels = np.zeros((3, 32, 32, 3), dtype=np.uint8)
    rows = dataset.Split(pixels, np.zeros(3, dtype=np.int64), ["a", "b", "c"], [0, 1, 2])
    before = Parent({"classes": CLASSES}, {"train": dataset.choose(rows, np.arange(1))}, {}, {})
    after = Parent({"classes": CLASSES}, {"train": rows}, {}, {})
    changes = dataset_changes.compare(before, after)
    assert len(changes.added) == 2 and changes.kept == 1
