"""Staging as a user runs it: a source in, a data set out, all or nothing."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.unread import read_by_nobody

from core.console import UserError
from training import archive, dataset


@pytest.fixture
def photos(tmp_path, cifar):
    path = tmp_path / "photos.tar.gz"
    path.write_bytes(cifar())
    return path


@pytest.fixture
def stage(command, project):
    """Stage and return what the user sees; fails unless the exit status is the expected one."""

    def run(source, *flags, out="data", status=0):
        result = command("stage", "--source", source, "--out", out, "--classes", "bicycle,motorcycle", *flags)
        assert result.returncode == status, result.stdout + result.stderr
        assert "Traceback" not in result.stderr
        if status:
            assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
            assert not [path for path in project.iterdir() if path.name.startswith(".")]
        return result.stdout + result.stderr

    return run


def files_of(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_the_pictures_of_two_classes_are_staged_with_the_archives_labels(stage, photos, project):
    said = stage(photos)
    folder = project / "data"
    assert sorted(path.name for path in folder.iterdir()) == [
        "dataset.json", "test", "test.lst", "train", "train.lst", "validation.lst"
    ]  # fmt: skip
    assert "4 validation" in said
    source = archive.read(photos)
    for part, lists in {"train": ("train", "validation"), "test": ("test",)}.items():
        rows = [
            row.split("\t") for name in lists for row in (folder / f"{name}.lst").read_text().splitlines()
        ]
        original = getattr(source, part)
        assert sorted(int(index) for index, _, _ in rows) == list(range(3, 43))  # neither apples nor trains
        for index, label, name in rows:
            assert original.names[int(index)] == name
            assert int(label) == original.labels[int(index)] - 1
            with Image.open(folder / part / name) as picture:
                assert picture.mode == "RGB"
                assert (np.asarray(picture) == original.images[int(index)]).all()
        assert len(list((folder / part).iterdir())) == 40


def test_dataset_json_tells_what_is_in_it(stage, photos, project):
    stage(photos)
    info = dataset.read_info(project / "data")
    assert info["source"] == "photos.tar.gz"
    assert info["sha256"] == archive.read(photos).sha256
    assert info["classes"] == ["bicycle", "motorcycle"]
    assert info["counts"]["train"] == {"bicycle": 18, "motorcycle": 18}
    assert info["counts"]["validation"] == {"bicycle": 2, "motorcycle": 2}
    assert info["counts"]["test"] == {"bicycle": 20, "motorcycle": 20}
    assert info["validation"] == 0.1
    loaded = dataset.load(project / "data", "validation")
    assert loaded.images.shape == (4, 32, 32, 3) and loaded.images.dtype == np.uint8
    assert np.bincount(loaded.labels).tolist() == [2, 2]


def test_staging_again_changes_nothing_and_says_so(stage, photos, project):
    stage(photos)
    before = files_of(project / "data")
    assert "nothing is changed" in stage(photos)
    assert files_of(project / "data") == before


def test_the_id_depends_on_content_alone(stage, photos, project, tmp_path):
    again = tmp_path / "again.tar.gz"
    again.write_bytes(gzip.compress(gzip.decompress(photos.read_bytes()), compresslevel=9))
    stage(photos, out="a")
    stage(again, out="elsewhere/b")
    stage(photos, "--classes", "motorcycle,bicycle", out="c")
    first, second, third = (dataset.read_info(project / out) for out in ("a", "elsewhere/b", "c"))
    assert first["dataset_id"] == second["dataset_id"] != third["dataset_id"]
    assert first["sha256"] != second["sha256"]


def test_the_order_of_the_classes_decides_the_labels(stage, photos, project):
    stage(photos, "--classes", "train, motorcycle, apple", "--validation", "0.34")
    rows = [row.split("\t") for row in (project / "data/test.lst").read_text().splitlines()]
    assert {label: sum(row[1] == label for row in rows) for label in "012"} == {"0": 3, "1": 20, "2": 3}


def test_a_wrong_class_name_is_answered_with_the_nearest_right_ones(stage, photos, project):
    said = stage(photos, "--classes", "Bicicle,motorcycle", status=1)
    assert "'Bicicle'" in said and "the nearest are bicycle" in said
    assert not (project / "data").exists()


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--classes", "bicycle"], "two or more"),
        (["--classes", "bicycle,bicycle"], "two or more"),
        (["--validation", "1"], "share between 0 and 1"),
        (["--validation", "nan"], "share between 0 and 1"),
        (["--validation", "0.001"], "no picture of bicycle is left for the validation split"),
        (["--upload", "bucket/data"], "is not an S3 address"),
    ],
)
def test_a_flag_that_cannot_be_is_refused_in_one_line(stage, photos, project, flags, complaint):
    assert complaint in stage(photos, *flags, status=1)
    assert not (project / "data").exists()


def test_a_source_that_is_not_there_or_no_archive_is_refused(stage, project):
    (project / "notes.txt").write_text("not an archive")
    assert "missing.tar.gz" in stage("missing.tar.gz", status=1)
    assert "notes.txt is not an archive in CIFAR-100's layout" in stage("notes.txt", status=1)
    assert not (project / "data").exists()


def test_a_file_name_that_leaves_its_folder_is_refused(stage, tmp_path, project, cifar):
    names = [f"bike_s_{row:06}.png".encode() for row in range(45)] + [b"apple.png"]
    names[10] = b"../../x.png"
    path = tmp_path / "evil.tar.gz"
    path.write_bytes(cifar(train={b"filenames": names}))
    assert "unacceptable file name: '../../x.png'" in stage(path, status=1)
    assert sorted(path.name for path in project.iterdir()) == ["evil.tar.gz", "terraform"]


def test_a_folder_that_is_something_else_is_left_alone(stage, photos, project):
    (project / "data").mkdir()
    (project / "data/thesis.txt").write_text("years of work")
    assert "is not a staged data set" in stage(photos, status=1)
    assert (project / "data/thesis.txt").read_text() == "years of work"
    assert "is not a staged data set" in stage(photos, out="photos.tar.gz", status=1)


def test_another_data_set_takes_the_place_of_a_staged_one(stage, photos, project):
    (project / "data").mkdir()
    stage(photos)
    stage(photos, "--classes", "apple,train", "--validation", "0.34")
    assert dataset.read_info(project / "data")["classes"] == ["apple", "train"]
    assert len(list((project / "data/train").iterdir())) == 6
    assert sorted(path.name for path in project.iterdir()) == ["data", "photos.tar.gz", "terraform"]


@pytest.mark.parametrize("damage", ["cut", "gone", "other"])
def test_a_damaged_data_set_is_mended(stage, photos, project, damage):
    stage(photos)
    picture = project / "data/test/bike_s_000005.png"
    if damage == "gone":
        picture.unlink()
    elif damage == "cut":
        picture.write_bytes(picture.read_bytes()[:200])
    else:
        picture.write_bytes((project / "data/test/bike_s_000006.png").read_bytes())
    assert "nothing is changed" not in stage(photos)
    assert (dataset.load(project / "data", "test").images == archive.read(photos).test.images[3:43]).all()


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C reaches a process by another way there")
def test_ctrl_c_leaves_nothing_half_written(project):
    flags = [sys.executable, "-m", "training.stage", "--source", "sample", "--out", "data"]
    flags += ["--classes", "bicycle,motorcycle"]
    process = subprocess.Popen(flags, cwd=project, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    while not list(project.glob(".data-*/new/train/*.png")):
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    assert (process.returncode, stderr) == (130, b"")
    assert [path.name for path in project.iterdir()] == ["terraform"]


def test_a_broken_or_missing_data_set_is_named_in_one_line(staged_sample, tmp_path):
    with pytest.raises(UserError, match=r"no dataset.json"):
        dataset.load(tmp_path, "train")
    (tmp_path / "dataset.json").write_text((staged_sample / "dataset.json").read_text())
    with pytest.raises(UserError, match=r"train.lst or a picture it names is broken"):
        dataset.load(tmp_path, "train")
    (tmp_path / "train.lst").write_text("0\t7\tx.png\n")
    with pytest.raises(UserError, match="label 7 is not one of the 2 classes"):
        dataset.load(tmp_path, "train")
    (tmp_path / "dataset.json").write_text("{}")
    with pytest.raises(UserError, match="is broken"):
        dataset.read_info(tmp_path)


@pytest.mark.photographs
def test_real_photographs_are_staged_by_their_labels_and_not_by_their_names(stage, project):
    stage(Path(os.environ["SCONES_CIFAR100"]).resolve())
    rows = (project / "data/train.lst").read_text() + (project / "data/validation.lst").read_text()
    bikes = [row.split("\t") for row in rows.splitlines() if "\tbike_s_" in row]
    assert sum(label == "1" for _, label, _ in bikes) > 0  # called bikes, and motorcycles by their label
    json.loads((project / "data/dataset.json").read_text())


def test_a_reader_that_has_gone_is_not_taken_for_a_folder_that_cannot_be_written(photos, project):
    words = ("-m", "training.stage", "--source", photos, "--out", "data", "--classes", "bicycle,motorcycle")
    done = read_by_nobody(sys.executable, *words, cwd=project)
    assert (done.stderr, done.returncode) == ("", 141)
    assert not (project / "data").exists()
