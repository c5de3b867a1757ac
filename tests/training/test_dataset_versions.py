"""Versions of a data set, as labels come, are withdrawn, and come back."""

import itertools
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from tests.builders import make_label
from tests.training.photographs import fill, save, scene

from core.console import UserError
from core.contract import answer_kinds
from core.figures import likeness
from training import archive, dataset, gather, sample, stage
from training import dataset_versions as versions
from training.dataset_versions import Labelled, Parent, Version
from training.folder import find
from training.photo import SIDE, Photo, Seen
from training.photo import read as look
from training.selection import content_id, select

CLASSES = ["bicycle", "motorcycle"]
# Real ones, beside the project where somebody has put them.
PHOTOGRAPHS = Path(__file__).resolve().parents[3] / "shared/data/cifar-100-vehicles.tar.gz"


def labelled(
    photo: str, cls: str = "bicycle", blind: bool = False, at: str = "2026-11-20T08:00:00.000Z"
) -> Labelled:
    label = make_label(photo, label=cls, blind=blind, at=at, source="bay-a")
    return Labelled(label, cls, [label.name], versions.ACCEPTED if blind else "")


def see(pixels: np.ndarray, folder: Path, side: int = dataset.SIZE) -> Seen:
    path = folder / "photo.png"
    Image.fromarray(pixels).save(path)
    return look(Photo(path, "", path.name), side)


@pytest.fixture(scope="module")
def drawn() -> tuple[Parent, sample.Archive]:
    """A base of drawings, and as many others as labels may bring."""
    splits, info = select(sample.draw(100, 40), CLASSES, 0.2, 0)
    whole = {**splits, dataset.LIVE: dataset.choose(splits["test"], np.zeros(0, dtype=np.int64))}
    return Parent(info | {"source": "sample"}, whole, {}, {}), sample.draw(400, 2, seed=7)


@pytest.fixture
def photos(drawn, tmp_path):
    """So many photos with their labels, the first on the first day, and their pictures: photos(5, blind={3})."""

    def take(count: int, blind: frozenset[int] = frozenset()) -> tuple[list[Labelled], dict[str, Seen]]:
        rows = drawn[1].train
        said = [
            labelled(
                f"p{n}",
                CLASSES[rows.labels[n]],
                n in blind,
                at=f"2026-11-20T08:{n // 60:02}:{n % 60:02}.000Z",
            )
            for n in range(count)
        ]
        return said, {it.photo: see(rows.images[n], tmp_path) for n, it in enumerate(said)}

    return take


def as_parent(version: Version) -> Parent:
    return Parent(version.info, version.splits, version.origins, version.gone)


def make(
    parent: Parent, said: list[Labelled], seen: dict[str, Seen], known: set[str] | None = None
) -> Version:
    wanted = {it.photo for it in versions.missing(parent, said)}
    handed = {photo: it for photo, it in seen.items() if photo in wanted}
    return versions.make(parent, said, handed, {}, known or set(seen))


def sides(version: Version) -> dict[str, str]:
    """Each photo's side, by its id."""
    return {
        version.origins[name].photo: side
        for side, rows in version.splits.items()
        for name in rows.names
        if name in version.origins
    }


def test_labels_join_training_and_validation_by_hash_and_the_blind_ones_are_a_test_of_their_own(
    drawn, photos
):
    parent, _ = drawn
    said, seen = photos(120, blind=frozenset(range(30)))
    version = make(parent, said, seen)
    found = sides(version)
    assert {photo for photo, side in found.items() if side == dataset.LIVE} == {f"p{n}" for n in range(30)}
    counts = Counter(found.values())
    assert 5 <= counts["validation"] <= 35  # of 90, a fifth
    assert counts["train"] + counts["validation"] == 90
    for name in ("images", "labels", "names", "indices"):
        now, before = (getattr(it.splits["test"], name) for it in (version, parent))
        assert np.array_equal(now, before)
    assert [it for rows in version.splits.values() for it in rows.names if it in version.origins]
    assert all(len(set(rows.indices)) == len(rows.names) for rows in version.splits.values())
    for rows in version.splits.values():
        for name, pixels in zip(rows.names, rows.images, strict=True):
            if name in version.origins:
                assert np.array_equal(pixels, seen[version.origins[name].photo].pixels)


def test_dataset_json_names_parents_labels_sources_and_what_is_left_out(drawn, photos):
    parent, _ = drawn
    said, seen = photos(10)
    said[3] = replace(said[3], label=replace(said[3].label, source="bay-b"), names=["p3-1", "p3-2"])
    version = versions.make(parent, said, seen, {"disagreed": 4}, set(seen))
    assert version.info["parents"] == [parent.info["dataset_id"]]
    assert version.info["labels"] == sorted([f"p{n}-1" for n in range(10)] + ["p3-2"])
    assert version.info["sources"] == {"sample": 140, "labels/bay-a": 9, "labels/bay-b": 1}
    assert version.info["left_out"] == {"disagreed": 4}
    assert version.info["source"] == "sample"  # so that the recipe stays
    assert sum(sum(it.values()) for it in version.info["counts"].values()) == 150
    again, seen_again = photos(12)
    later = make(as_parent(version), again, seen_again)
    assert later.info["parents"] == [version.info["dataset_id"], parent.info["dataset_id"]]


def test_a_version_is_a_function_of_its_parent_and_its_labels(drawn, photos):
    parent, _ = drawn
    said, seen = photos(20, blind=frozenset({2, 5}))
    version = make(parent, said, seen)
    assert make(parent, said[::-1], seen).info == version.info
    same = make(as_parent(version), said, {})
    assert same.info["dataset_id"] == version.info["dataset_id"] and "same_as" not in same.info
    by_steps = make(as_parent(make(parent, said[:7], seen)), said, seen)
    assert by_steps.info["dataset_id"] == version.info["dataset_id"]
    assert make(parent, said[:19], seen).info["dataset_id"] != version.info["dataset_id"]
    assert make(parent, [], {}).info["dataset_id"] == parent.info["dataset_id"]


def test_what_it_rests_on_is_part_of_it_though_the_pictures_are_the_same(drawn, photos):
    parent, _ = drawn
    said, seen = photos(5)
    version = make(parent, said, seen)
    agreed = [replace(said[0], names=["p0-1", "p0-2"]), *said[1:]]
    later = make(as_parent(version), agreed, {})
    assert later.info["dataset_id"] != version.info["dataset_id"]
    assert later.info["content"] == version.info["content"]
    assert later.info["same_as"] == later.info["parents"][0] == version.info["dataset_id"]
    without = versions.make(as_parent(version), said, {}, {}, set(seen), ["p9-1"])
    assert without.info["excluded"] == ["p9-1"] and without.info["same_as"] == version.info["dataset_id"]
    counted = versions.make(parent, said, seen, {}, set(seen), traffic={"accepted": 50, "waited": 7})
    assert counted.info["traffic"] == {"accepted": 50, "waited": 7}
    assert counted.info["dataset_id"] == version.info["dataset_id"]  # how many come is none of its content


def test_what_is_written_can_be_read_trained_on_and_made_a_parent(drawn, photos, tmp_path):
    parent, _ = drawn
    said, seen = photos(20, blind=frozenset({2, 5}))
    version = make(parent, said, seen)
    gone = make(as_parent(version), said[:18], seen)
    folder = tmp_path / "version"
    gone.write(folder)
    back = versions.read(folder)
    assert back.info == gone.info and back.origins == gone.origins and back.gone == gone.gone != {}
    for side, rows in gone.splits.items():
        loaded = dataset.load(folder, side)
        assert np.array_equal(loaded.images, rows.images) and loaded.names == rows.names
    assert content_id({it: dataset.load(folder, it) for it in gone.splits}, CLASSES) == gone.info["content"]
    assert versions.read_origins(folder)[f"bicycle_{seen['p2'].digest[:16]}.png"].at == said[2].label.came_at


def test_a_data_set_without_a_live_split_has_an_empty_one(drawn, tmp_path):
    parent, _ = drawn
    stage.write(
        tmp_path / "base", {it: parent.splits[it] for it in ("train", "validation", "test")}, parent.info
    )
    assert not (tmp_path / "base/live").exists()
    assert dataset.load(tmp_path / "base", dataset.LIVE).images.shape == (0, 32, 32, 3)
    assert versions.read(tmp_path / "base").origins == {}


def test_pictures_that_were_forgotten_are_left_out(drawn, photos, tmp_path):
    parent, _ = drawn
    said, seen = photos(6)
    make(parent, said, seen).write(tmp_path / "v")
    lost = parent.splits["train"].names[0]
    (tmp_path / "v/train" / lost).unlink()
    back = versions.read(tmp_path / "v")
    later = make(back, said[:5], seen, known={it.photo for it in said[:5]})
    assert lost not in later.splits["train"].names
    assert later.gone == {}  # of a photo without any label nothing is remembered


def test_which_live_photos_one_stands_for():
    blind = make_label("p0")
    assert versions.find_stratum([blind], True) == versions.ACCEPTED
    chosen = replace(blind, kind=answer_kinds.EVALUATION)
    assert versions.find_stratum([chosen], True) == ""  # somebody chose it
    waited = replace(blind, blind=False, routed_day="")
    assert versions.find_stratum([waited], False) == versions.WAITED
    assert versions.find_stratum([replace(waited, kind=answer_kinds.BULK)], False) == ""
    seen, known = replace(waited, assisted=True), replace(waited, known="bicycle")
    assert versions.find_stratum([seen, known], False) == ""
    assert versions.find_stratum([seen, waited], False) == versions.WAITED
    corrected = replace(waited, routed_day="2026-11-26")
    assert versions.find_stratum([corrected], False) == ""


def test_of_what_waited_a_share_is_tested_on_and_never_trained_on(drawn, photos):
    parent, _ = drawn
    said, seen = photos(300, blind=frozenset(range(20)))
    said = [replace(it, stratum=it.stratum or versions.WAITED) for it in said]
    version = make(parent, said, seen)
    found = sides(version)
    held = {it.photo for it in said[20:] if found[it.photo] == dataset.LIVE}
    assert 25 <= len(held) <= 60  # 0.15 of 280
    strata = Counter(it.stratum for it in version.origins.values())
    assert strata == {versions.ACCEPTED: 20, versions.WAITED: len(held), "": 280 - len(held)}
    assert {it.photo for it in version.origins.values() if it.stratum} == held | {f"p{n}" for n in range(20)}
    # It is its own hash that says so, whoever else is there.
    few = sides(make(parent, said[150:], seen))
    assert few == {photo: side for photo, side in found.items() if photo in few}


def test_more_of_what_waited_is_tested_on_where_somebody_asks_for_it_but_what_has_a_side_keeps_it(
    drawn, photos
):
    parent, _ = drawn
    said, seen = photos(200)
    said = [replace(it, stratum=versions.WAITED) for it in said]
    usual = make(parent, said[:100], seen)
    ids = {it.photo for it in said}
    more = sides(versions.make(as_parent(usual), said, seen, {}, ids, tested=0.5))
    assert {photo: more[photo] for photo in sides(usual)} == sides(usual)
    assert 30 <= sum(more[it.photo] == dataset.LIVE for it in said[100:]) <= 70


def test_who_comes_first_decides_for_all_that_are_nearly_the_same(drawn, photos, tmp_path):
    parent, _ = drawn
    said, seen = photos(60)
    first = make(parent, said[:40], seen)
    darker = {}
    for it in said[:40]:
        pixels = np.asarray(ImageEnhance.Brightness(Image.fromarray(seen[it.photo].pixels)).enhance(0.9))
        darker[f"{it.photo}d"] = see(pixels, tmp_path)
    copies = [labelled(f"{it.photo}d", it.cls, at="2026-11-21T08:00:00.000Z") for it in said[:40]]
    both = make(as_parent(first), said[:40] + copies, seen | darker)
    found = sides(both)
    assert all(found[f"{it.photo}d"] == found[it.photo] for it in said[:40])
    # Also where the first one is not there any more.
    alone = sides(make(as_parent(first), copies, seen | darker))
    assert alone == {photo: side for photo, side in found.items() if photo.endswith("d")}
    blind = [replace(it, stratum=versions.ACCEPTED) for it in copies]
    refused = make(as_parent(first), said[:40] + blind, seen | darker)
    assert refused.info["left_out"] == {versions.TWO_SIDES: 40}


def test_a_photo_like_the_bases_test_is_left_out(drawn, tmp_path):
    parent, _ = drawn
    seen = {"copy": see(parent.splits["test"].images[0], tmp_path)}
    version = make(parent, [labelled("copy")], seen)
    assert version.info["left_out"] == {versions.TWO_SIDES: 1} and version.info["labels"] == []


def test_what_is_in_it_already_and_what_is_said_to_be_two_things_is_counted(drawn, photos):
    parent, _ = drawn
    said, seen = photos(4)
    later = "2026-11-21T08:00:00.000Z"
    again = replace(said[0], label=replace(said[0].label, photo="again", at=later), names=["again-1"])
    other = next(name for name in CLASSES if name != said[1].cls)
    against = replace(said[1], label=replace(said[1].label, photo="against"), cls=other)
    car = replace(said[2], cls="car")
    seen |= {"again": seen["p0"], "against": seen["p1"]}
    broken = labelled("broken")
    version = make(parent, [*said[:2], car, said[3], again, against, broken], seen)
    assert version.info["labels"] == ["p0-1", "p3-1"]
    assert version.info["left_out"] == {
        versions.UNREADABLE: 1,
        versions.NO_SUCH_CLASS: 1,
        versions.TWO_CLASSES: 2,
        versions.AGAIN: 1,
    }


def test_a_photo_of_the_live_split_leaves_it_only_for_nowhere(drawn, photos):
    parent, _ = drawn
    said, seen = photos(2, blind=frozenset({0}))
    first = make(parent, said, seen)
    assert sides(first)["p0"] == dataset.LIVE
    turned = [replace(said[0], stratum=""), replace(said[1], stratum=versions.ACCEPTED)]
    found = sides(make(as_parent(first), turned, seen))
    assert found == {"p1": sides(first)["p1"]}


def test_photographs_are_brought_to_the_parents_size_and_keep_the_name_that_forget_looks_for(drawn, tmp_path):
    parent, _ = drawn
    large = np.asarray(Image.fromarray(parent.splits["test"].images[3][:, ::-1]).resize((640, 480)))
    seen = {"large": see(large, tmp_path)}
    full = see(large, tmp_path, SIDE)
    assert seen["large"].pixels.shape == (32, 32, 3) and full.pixels.shape == (SIDE, SIDE, 3)
    version = make(parent, [labelled("large")], seen)
    assert list(version.origins) == [f"bicycle_{full.digest[:16]}.png"]


def test_a_version_is_not_staged_over(drawn, photos, tmp_path):
    said, seen = photos(3)
    make(drawn[0], said, seen).write(tmp_path / "v")
    with pytest.raises(UserError, match="never changed"):
        stage.check_replaceable(tmp_path / "v")


@pytest.mark.parametrize("kind", ["drawings", "photographs"])
def test_over_ten_versions_nothing_stands_on_two_sides(kind, tmp_path):
    """Photos come, some nearly like earlier ones; labels are withdrawn, people excluded, and they come back."""
    if kind == "photographs" and not PHOTOGRAPHS.exists():
        pytest.skip("there are no photographs here")
    dice = Random(kind)
    source = sample.draw(700, 100, seed=3) if kind == "drawings" else archive.read(PHOTOGRAPHS)
    splits, info = select(source, CLASSES, 0.1, 0)
    splits["test"] = dataset.choose(splits["test"], np.arange(60))
    rows, splits["train"] = splits["train"], dataset.choose(splits["train"], np.arange(100))
    pool = [(pixels, CLASSES[label]) for pixels, label in zip(rows.images, rows.labels, strict=True)][100:]
    info = info | {"source": kind}
    splits[dataset.LIVE] = dataset.choose(splits["test"], np.arange(0))
    parent = Parent(info, splits, {}, {})
    said: list[Labelled] = []
    seen: dict[str, Seen] = {}
    stood: dict[str, str] = {}
    hashes: dict[str, np.uint64] = {}
    refused = 0
    for day in range(1, 11):
        for number in range(40):
            near = said and dice.random() < 0.4
            pixels, cls = (seen[dice.choice(said).photo].pixels, dice.choice(CLASSES)) if near else pool.pop()
            if near:
                pixels = np.asarray(
                    ImageEnhance.Brightness(Image.fromarray(pixels)).enhance(dice.uniform(0.7, 1.2))
                )
            photo = f"d{day}n{number}"
            seen[photo] = see(pixels, tmp_path)
            at = f"2026-11-{day:02}T08:00:{number:02}.000Z"
            said.append(labelled(photo, cls, dice.random() < 0.3, at=at))
        standing = [it for it in said if dice.random() < 0.8]  # withdrawn, excluded, disputed: and back again
        version = make(parent, standing, seen)
        folder = tmp_path / f"v{day}"
        version.write(folder)
        parent = versions.read(folder)
        refused += version.info["left_out"].get(versions.TWO_SIDES, 0)
        check_apart(parent)
        for side, rows in parent.splits.items():
            for name, found in zip(rows.names, likeness.hashes(rows.images), strict=True):
                mark = versions.mark_base(name)
                assert stood.setdefault(mark, side) == side
                hashes[mark] = found
    assert refused and len(version.info["parents"]) == 10
    # And neither do two that stood in versions of different days.
    marks, every = list(hashes), np.array(list(hashes.values()))
    for one, other in np.argwhere(np.bitwise_count(every[:, None] ^ every) <= likeness.NEAR):
        assert stood[marks[one]] == stood[marks[other]]


def check_apart(version: Parent) -> None:
    found = {side: likeness.hashes(rows.images) for side, rows in version.splits.items()}
    for one, other in itertools.combinations(found, 2):
        apart = np.bitwise_count(found[one][:, None] ^ found[other][None, :])
        assert not (apart <= likeness.NEAR).any(), (one, other)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("origins.json", "{", r"origins\.json is broken"),
        ("origins.json", "[]", r"origins\.json is broken"),
        ("gone.json", '{"0123": {"photo": "p"}}', r"gone\.json is broken"),
        ("gone.json", '{"0123": 1}', r"gone\.json is broken"),
        ("dataset.json", "[]", r"dataset\.json is broken"),
    ],
)
def test_a_broken_file_is_named(drawn, photos, tmp_path, file, content, said):
    labels, seen = photos(3)
    make(drawn[0], labels, seen).write(tmp_path / "v")
    assert json.loads((tmp_path / "v/gone.json").read_text()) == {}
    (tmp_path / "v" / file).write_text(content)
    with pytest.raises(UserError, match=said):
        versions.read(tmp_path / "v")


@pytest.mark.parametrize("told", [{"labels": "p0-1"}, {"excluded": [1]}, {"parents": None}])
def test_what_a_version_says_of_names_has_to_be_a_list_of_them(drawn, photos, tmp_path, told):
    labels, seen = photos(3)
    make(drawn[0], labels, seen).write(tmp_path / "v")
    info = json.loads((tmp_path / "v/dataset.json").read_text())
    (tmp_path / "v/dataset.json").write_text(json.dumps(info | told))
    with pytest.raises(UserError, match="is no list of names"):
        versions.read(tmp_path / "v")


def test_of_a_later_release_more_may_be_said_of_a_picture(drawn, photos, tmp_path):
    labels, seen = photos(3)
    make(drawn[0], labels, seen).write(tmp_path / "v")
    told = json.loads((tmp_path / "v/origins.json").read_text())
    (tmp_path / "v/origins.json").write_text(json.dumps({name: it | {"x": 1} for name, it in told.items()}))
    assert versions.read_origins(tmp_path / "v").keys() == told.keys()


def test_a_label_against_what_the_parent_says_of_the_same_photograph_is_counted(drawn, photos):
    parent, _ = drawn
    said, seen = photos(2)
    first = make(parent, said, seen)
    photographs = Parent(first.info, first.splits, {}, {})  # as somebody stages their own
    other = next(name for name in CLASSES if name != said[1].cls)
    against = [said[0], replace(said[1], cls=other)]
    version = make(photographs, against, seen)
    assert version.info["left_out"] == {versions.AGAIN: 1, versions.AGAINST: 1}
    assert version.info["content"] == first.info["content"]


def test_a_version_of_somebodys_own_photographs_is_as_large_and_has_a_sheet(tmp_path):
    for first, cls in ((0, "car"), (100, "van")):
        fill(tmp_path / "photos" / cls, first, 20)
    splits, info, _ = gather.gather(find(tmp_path / "photos"), None, 0.2)
    stage.write(tmp_path / "base", splits, info | {"source": "photos/"})
    parent = versions.read(tmp_path / "base")
    paths = {f"p{n}": save(scene(n), tmp_path / f"{n}.jpg") for n in range(200, 206)}
    seen = {photo: look(Photo(path, "", ""), parent.size) for photo, path in paths.items()}
    # One of them is in the base: a driver's photo that somebody has taken for training.
    seen["again"] = look(Photo(tmp_path / "photos/car/3.jpg", "", ""), parent.size)
    version = make(parent, [labelled(photo, "car") for photo in seen], seen)
    assert version.info["left_out"] == {versions.AGAIN: 1}
    assert version.info["size"] == SIDE and version.info["sources"] == {"photos/": 40, "labels/bay-a": 6}
    version.write(tmp_path / "version")
    assert (tmp_path / "version/sheet.png").exists()
    assert dataset.load(tmp_path / "version", "train", size=32).images.shape[1] == 32
