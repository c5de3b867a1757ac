"""Own photographs as a user stages them: a folder per class in, a data set out."""

import io
import json

import numpy as np
import pytest
import torch
from PIL import Image
from tests.training.photographs import fill, save, scene

from training import artefact, dataset, divide, inference, photo, sample

SAMPLE_ID = "e265799385761566"


@pytest.fixture
def stage(command, project):
    """Stage the folder `photos` and return what the user sees; fails unless the exit status is the expected one."""

    def run(*flags, source="photos", out="data", status=0):
        result = command("stage", "--source", source, "--out", out, *flags)
        assert result.returncode == status, result.stdout + result.stderr
        if status:
            assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
            assert not (project / out).exists()
        return result.stdout + result.stderr

    return run


@pytest.fixture
def photos(project):
    """Twelve photos of each of three classes."""
    for number, name in enumerate(("motorcycle", "bicycle", "car")):
        fill(project / "photos" / name, 100 * number, 12)
    return project / "photos"


def rows(project, split, out="data"):
    return [row.split("\t") for row in (project / out / f"{split}.lst").read_text().splitlines()]


def sides(project, out="data"):
    """In which split each photo is."""
    return {
        name: split for split in ("train", "validation", "test") for _, _, name in rows(project, split, out)
    }


@pytest.mark.usefixtures("photos")
def test_a_folder_per_class_becomes_a_data_set_of_squares_of_224(stage, project):
    said = stage()
    info = dataset.read_info(project / "data")
    assert info["classes"] == ["bicycle", "car", "motorcycle"]  # by name
    assert (info["size"], info["source"]) == (224, "photos/")
    assert sum(n for counts in info["counts"].values() for n in counts.values()) == 36
    assert all(n for counts in info["counts"].values() for n in counts.values())
    loaded = dataset.load(project / "data", "train")
    assert loaded.images.shape[1:] == (224, 224, 3)
    for label, name in zip(loaded.labels, loaded.names, strict=True):
        assert name.startswith(f"{info['classes'][label]}_")
    assert "warning: 12 photos of car are few" in said
    with Image.open(project / "data/sheet.png") as sheet:
        assert sheet.width > sheet.height > 224
    assert "nothing is changed" in stage()


def test_a_photo_is_what_the_model_sees_of_it(project):
    """Whatever it is saved as: turned as EXIF says, transparency on white, 16 bits of grey."""
    view = scene(7, 300, 200)
    clear = view.convert("RGBA")
    clear.putalpha(Image.fromarray(np.asarray(view)[:, :, 0]))
    deep = Image.fromarray((np.asarray(view.convert("L")).astype(np.uint16) << 8) + 9)
    for number, (image, name, turned) in enumerate(
        [
            (view, "a.png", 1),
            (view, "a.jpg", 6),
            (clear, "b.png", 8),
            (deep, "c.png", 1),
            (clear, "b.webp", 3),
        ]
    ):
        path = save(image, project / f"one/{number}/{name}", turned)
        seen = photo.read(photo.Photo(path, "car", name)).pixels
        content = io.BytesIO()
        Image.open(path).save(content, "PNG", exif=Image.open(path).getexif())
        expected = np.asarray(inference.decode(content.getvalue(), photo.SIDE)).astype(int)
        assert np.abs(seen - expected).mean() < (1 if name.endswith("jpg") else 0.01)
    assert photo.MAX_PIXELS == inference.MAX_PIXELS


def test_what_cannot_be_read_is_named_and_left_out(stage, photos, project):
    (photos / "car/notes.txt").write_text("not a photo")
    (photos / "car/.hidden.jpg").write_text("not seen")
    (photos / "car/cut.jpg").write_bytes((photos / "car/200.jpg").read_bytes()[:900])
    whole = save(scene(900), photos / "car/whole.webp").read_bytes()
    (photos / "car/cut.webp").write_bytes(whole[: len(whole) // 2])
    (photos / "car/phone.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0")
    Image.new("1", (8000, 7000)).save(photos / "car/large.png")
    Image.new("1", (20000, 20000)).save(photos / "car/bomb.png")
    said = stage()
    assert "left out: car/notes.txt (neither a JPEG nor a PNG nor a WebP)" in said
    assert "left out: car/cut.jpg (damaged: " in said
    assert "left out: car/cut.webp (damaged: " in said and "whole.webp" not in said
    assert "left out: car/phone.heic (in the format HEIC: save it as JPEG)" in said
    assert "left out: car/large.png (8000x7000 pixels are more than 50,000,000)" in said
    assert "left out: car/bomb.png (more than 50,000,000 pixels)" in said
    assert ".hidden" not in said
    assert dataset.read_info(project / "data")["counts"]["train"]["car"] > 0
    for number in range(20):
        (photos / f"car/{number}.txt").write_text("no")
    assert "and 16 more that cannot be read" in stage(out="again")


def test_what_is_nearly_the_same_stays_on_one_side_and_is_counted(stage, photos, project):
    for number in range(12):
        with Image.open(photos / f"bicycle/{100 + number}.jpg") as original:
            save(original.resize((400, 300)), photos / f"bicycle/copy{number}.png")
    (photos / "bicycle/twin.jpg").write_bytes((photos / "bicycle/100.jpg").read_bytes())
    said = stage()
    assert "24 photos are nearly the same as another: they stay on one side, 12 groups" in said
    assert "left out: 1 that are pixel for pixel another photo of their class" in said
    info = dataset.read_info(project / "data")
    assert all(info["counts"][split]["bicycle"] % 2 == 0 for split in info["counts"])


def test_a_photo_that_is_added_moves_no_other_into_the_test(stage, photos, project):
    stage()
    before = sides(project)
    for number, name in enumerate(("motorcycle", "bicycle", "car")):
        fill(photos / name, 100 * number + 12, 8)
    stage(out="more")
    after = sides(project, "more")
    assert len(after) == len(before) + 24
    assert not [name for name, side in before.items() if after[name] == "test" != side]


def test_the_folders_train_and_test_are_honoured_and_do_not_leak(stage, project):
    given = project / "given"
    for number, name in enumerate(("bicycle", "car")):
        fill(given / "train" / name, 100 * number, 20)
        fill(given / "test" / name, 100 * number + 50, 4)
    save(scene(50).resize((100, 90)), given / "train/bicycle/seen.jpg")
    said = stage(source="given")
    assert "left out: 1 of train/ that are nearly the same as a photo of test/" in said
    info = dataset.read_info(project / "data")
    assert info["counts"]["test"] == {"bicycle": 4, "car": 4}
    assert {
        name: info["counts"]["train"][name] + info["counts"]["validation"][name] for name in info["classes"]
    } == {
        "bicycle": 20,
        "car": 20,
    }


def test_one_photo_in_two_classes_is_asked_about(stage, photos):
    (photos / "car/odd.jpg").write_bytes((photos / "bicycle/101.jpg").read_bytes())
    assert "warning: bicycle/101.jpg (bicycle) and car/odd.jpg (car) are nearly the same photo" in stage()


@pytest.mark.usefixtures("photos")
def test_the_order_of_the_classes_can_be_given_and_some_left_out(stage, project):
    stage("--classes", "motorcycle,bicycle")
    assert dataset.read_info(project / "data")["classes"] == ["motorcycle", "bicycle"]
    (project / "photos/van").mkdir()
    assert "left out: van/ (no photos in it)" in stage("--classes", "bicycle,car", out="other")


def test_the_share_of_each_side_is_about_what_was_asked():
    digests = [
        f"{value:064x}" for value in np.random.default_rng(0).permutation(2**16)[:4000].astype(object) << 240
    ]
    chosen = divide.divide(["car"] * 4000, digests, range(4000), [""] * 4000, 0.1)
    shares = {side: chosen.count(side) / 4000 for side in ("train", "validation", "test")}
    assert shares == pytest.approx({"train": 0.765, "validation": 0.085, "test": 0.15}, abs=0.02)


def test_a_copy_can_take_a_photo_out_of_the_test_but_never_into_it():
    low, high = "0" * 64, "f" * 64
    others = ["8" * 64, "9" * 64]
    alone = divide.divide(["car"] * 3, [low, *others], range(3), [""] * 3, 0.1)
    copied = divide.divide(["car"] * 4, [low, high, *others], [0, 0, 2, 3], [""] * 4, 0.1)
    assert (alone[0], copied[:2]) == ("test", ["train", "train"])
    copied = divide.divide(["car"] * 4, [high, low, *others], [0, 0, 2, 3], [""] * 4, 0.1)
    assert copied[:2] == ["train", "train"]


@pytest.mark.usefixtures("photos")
def test_a_data_set_of_large_pictures_is_read_at_the_size_that_is_asked_for(stage, project):
    stage()
    whole, small = (dataset.load(project / "data", "test", size) for size in (None, 32))
    assert whole.images.shape[1:3] == (224, 224) and small.images.shape[1:3] == (32, 32)
    with Image.open(project / "data/test" / whole.names[0]) as picture:
        content = io.BytesIO()
        picture.save(content, "PNG")
    assert (np.asarray(inference.decode(content.getvalue())) == small.images[0]).all()


@pytest.mark.parametrize(
    ("make", "flags", "complaint"),
    [
        ("empty", [], "has no photos in it that a class could be told of: it needs a folder per class"),
        ("flat", [], "has no photos in it that a class could be told of: it needs a folder per class"),
        ("one", [], "two or more different classes are needed"),
        ("no test", [], "has train/ with classes and no test/"),
        ("more", [], "has evil\\x1b, val beside train/ and test/: move the photos"),
        ("Fire Truck", [], "the class 'Fire Truck' cannot be the label of a route"),
        (
            "other",
            [],
            "the class 'other' cannot be a model's: it is what people say of a photo that shows no class",
        ),
        ("unread", [], "no photo of car can be read; left out: car/x.jpg"),
        ("empty class", [], "no photo of van can be read; left out: van/ (no photos in it)"),
        (
            "empty class",
            ["--classes", "bicycle,van"],
            "no photo of van can be read; left out: van/ (no photos",
        ),
        (
            "empty classes",
            [],
            "has no photos in it that a class could be told of: it needs a folder per class",
        ),
        ("two", ["--classes", "bicycle,van"], "there are no photos of 'van': there are bicycle, car"),
        ("two", ["--validation", "2"], "--validation 2 is not a share between 0 and 1"),
    ],
)
def test_a_folder_that_is_no_data_set_is_refused_in_one_line(stage, project, make, flags, complaint):
    folder = project / "photos"
    folder.mkdir()
    if make == "flat":
        fill(folder, 0, 3)
    elif make == "no test":
        fill(folder / "train/car", 0, 3)
    elif make == "more":
        for part in ("train", "test", "val", "evil\x1b"):
            fill(folder / part / "car", 0, 1)
        (folder / "empty").mkdir()  # nothing is lost with it
    elif make == "empty classes":
        (folder / "van").mkdir()
    elif make != "empty":
        fill(folder / "bicycle", 0, 6)
    if make in ("two", "Fire Truck", "other"):
        fill(folder / ("car" if make == "two" else make), 10, 6)
    if make == "empty class":
        fill(folder / "car", 10, 6)
        (folder / "car/x.jpg").write_text("no photo")  # not this is why there is no van
        (folder / "van").mkdir()
    if make == "unread":
        (folder / "car").mkdir()
        (folder / "car/x.jpg").write_text("no photo")
    assert complaint in stage(*flags, status=1)


def test_the_sample_is_what_it_was_and_draws_a_car_when_asked(stage, project):
    stage(source="sample")
    first = dataset.read_info(project / "data")
    assert first["dataset_id"] == SAMPLE_ID
    assert first["size"] == 32 and not (project / "data/sheet.png").exists()
    stage("--classes", "bicycle,motorcycle,car", source="sample", out="three")
    info = dataset.read_info(project / "three")
    assert info["classes"] == list(sample.CLASSES)
    assert info["counts"]["test"] == {"bicycle": 50, "motorcycle": 50, "car": 50}


@pytest.mark.usefixtures("photos")
def test_photographs_do_not_go_where_the_drawings_are(stage, command):
    assert "sample is for the drawings of `sample`: name another folder" in stage(out="sample", status=1)
    stage(source="sample")
    done = command("stage", "--source", "photos", "--out", "data")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "data is for the drawings of `sample`: name another folder" in done.stderr
    assert "nothing is changed" in stage(source="sample")


def test_a_data_set_of_an_earlier_version_has_pictures_of_32(stage, project):
    stage(source="sample")
    path = project / "data/dataset.json"
    info = json.loads(path.read_text())
    del info["size"]
    path.write_text(json.dumps(info))
    assert dataset.read_info(project / "data")["size"] == 32
    assert "nothing is changed" in stage(source="sample")


def test_a_model_of_large_pictures_is_trained_at_the_size_of_its_recipe_and_says_so(stage, command, project):
    for number in range(40):
        save(scene(number).point(lambda level: level // 4), project / f"photos/bicycle/{number}.jpg")
        save(scene(100 + number).point(lambda level: 192 + level // 4), project / f"photos/car/{number}.jpg")
    stage()
    flags = ("--recipe", "small", "--epochs", 12, "--members", 1)
    done = command("train", "--data", "data", "--out", "model", *flags)
    assert done.returncode == 0, done.stderr
    artefact.unpack(project / "model/model.tar.gz", project / "unpacked")
    assert torch.load(project / "unpacked/model.pt", weights_only=True)["size"] == 32
    answer = json.loads((project / "unpacked/golden.json").read_text())
    assert max(answer["probabilities"]) > 0.5
