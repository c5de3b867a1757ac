"""Photographs that a file lists, as people keep such lists: CSV, Ground Truth, Label Studio; here and in S3."""

import errno
import json
from unittest import mock

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError, ResponseStreamingError
from tests.training.photographs import fill, save, scene

from core import sending
from core.console import UserError
from training import dataset, listed, manifest

NAMES = [f"{kind}/{number}.jpg" for kind in ("bicycle", "car") for number in range(8)]


@pytest.fixture
def photos(tmp_path):
    """Eight photos of each of two classes, in folders that say nothing to a manifest."""
    for first, kind in ((0, "bicycle"), (100, "car")):
        for number in range(8):
            save(scene(first + number), tmp_path / kind / f"{number}.jpg")
    return tmp_path


def read(path, tmp_path):
    """Each photo's name, label and problem."""
    folder = tmp_path / "fetched"
    folder.mkdir(exist_ok=True)
    return [(photo.name, photo.label, photo.problem) for photo in manifest.find(str(path), folder)]


def written(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def studio(image, *choices, cancelled=False, control="choice"):
    result = [
        {"type": "choices", "from_name": control, "to_name": "image", "value": {"choices": list(choices)}}
    ]
    annotations = [{"id": 1, "was_cancelled": cancelled, "result": result}]
    return {"id": 1, "data": {"image": image}, "annotations": annotations, "predictions": []}


def truth(source, name=None, job="vehicle"):
    """A line as a labelling job writes it."""
    line = {"source-ref": source}
    if name:
        said = {"class-name": name, "confidence": 0.9, "type": "groundtruth/image-classification"}
        line |= {
            job: 0,
            f"{job}-metadata": {**said, "job-name": f"labeling-job/{job}", "human-annotated": "yes"},
        }
    return json.dumps(line)


def test_a_csv_of_paths_and_labels_is_staged(command, photos, project):
    rows = "".join(f"{name},{name.split('/')[0]}\n" for name in NAMES)
    written(photos, "labels.csv", f"\ufeffpath,label,who\n{rows}{NAMES[0]},bicycle\n")
    done = command("stage", "--source", photos / "labels.csv", "--out", "data")
    assert done.returncode == 0, done.stderr
    info = dataset.read_info(project / "data")
    assert (info["classes"], info["source"], info["size"]) == (["bicycle", "car"], "labels.csv", 224)
    assert sum(sum(counts.values()) for counts in info["counts"].values()) == 16  # one is listed twice
    assert "nothing is changed" in command("stage", "--source", photos / "labels.csv", "--out", "data").stdout


def test_what_ground_truth_writes_is_read(photos, tmp_path):
    lines = [truth(NAMES[0], "bicycle"), truth(NAMES[9], "car"), truth(NAMES[1])]
    path = written(photos, "output.manifest", "\n".join(lines) + "\n")
    assert read(path, tmp_path) == [
        (NAMES[0], "bicycle", ""), (NAMES[9], "car", ""), (NAMES[1], "", "no label")
    ]  # fmt: skip


def test_what_label_studio_exports_is_read(photos, tmp_path):
    tasks = [
        studio("/data/upload/3/0a1b2c3d-0.jpg", "car"),
        studio("/data/local-files/?d=bicycle/1.jpg", "bicycle"),
        studio("bicycle/2.jpg", "bicycle", cancelled=True),
        studio("bicycle/3.jpg", "bicycle", "car"),
        {"id": 5, "data": {"image": "bicycle/4.jpg"}, "annotations": []},
        studio("https://example.com/5.jpg", "car"),
    ]
    save(scene(3), photos / "0.jpg")  # as it was called before it was uploaded
    path = written(photos, "project.json", json.dumps(tasks))
    assert [it[1:] for it in read(path, tmp_path)] == [
        ("car", ""),
        ("bicycle", ""),
        ("", "no label"),
        ("", "labelled bicycle and car"),
        ("", "no label"),
        ("car", "a web address: download it, or put it into S3"),
    ]
    first, second, *_ = manifest.find(str(path), tmp_path)
    assert (first.path, second.path) == (photos / "0.jpg", photos / "bicycle/1.jpg")


@pytest.mark.parametrize("shape", ["JSON-MIN", "CSV"])
def test_what_label_studio_exports_flat_is_read(photos, tmp_path, shape):
    several = {"choices": ["car", "bicycle"]}
    if shape == "JSON-MIN":
        rows = [{"image": NAMES[0], "id": 1, "choice": "bicycle", "annotator": 1}]
        rows += [{"image": NAMES[9], "id": 2, "choice": several}, {"image": NAMES[1], "id": 3}]
        path = written(photos, "project.json", json.dumps(rows))
    else:
        quoted = json.dumps(several).replace('"', '""')
        text = f'1,"bicycle",1,"{NAMES[0]}"\n1,"{quoted}",2,"{NAMES[9]}"\n1,"",3,{NAMES[1]}\n'
        path = written(photos, "project.csv", f'"annotator","choice","id","image"\n{text}')
    assert read(path, tmp_path) == [
        (NAMES[0], "bicycle", ""), (NAMES[9], "", "labelled car and bicycle"), (NAMES[1], "", "no label")
    ]  # fmt: skip


def test_what_the_first_task_does_not_have_the_others_may(photos, tmp_path):
    rows = [{"id": 1, "image": NAMES[0]}, {"id": 2, "image": NAMES[9], "choice": "car"}, {"id": 3}]
    path = written(photos, "project.json", json.dumps(rows))
    assert read(path, tmp_path) == [(NAMES[0], "", "no label"), (NAMES[9], "car", ""), ("", "", "no path")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", 'path,label\na.jpg," "\n'),
        ("a.json", json.dumps([{"path": "a.jpg", "label": [" "]}])),
        ("a.json", json.dumps([studio("a.jpg", " ")])),
        ("a.manifest", truth("a.jpg", " ")),
    ],
)
def test_a_blank_label_is_none(tmp_path, name, text):
    assert read(written(tmp_path, name, text), tmp_path) == [("a.jpg", "", "no label")]


def test_a_list_is_as_many_labels_as_are_in_it(tmp_path):
    rows = [{"path": "a.jpg", "label": ["car", "bike"]}, {"path": "b.jpg", "label": [" car", "car"]}]
    path = written(tmp_path, "a.json", json.dumps(rows))
    assert read(path, tmp_path) == [("a.jpg", "", "labelled car and bike"), ("b.jpg", "car", "")]


def test_an_upload_folder_that_is_not_label_studios_stays_in_the_path():
    kept = ("s3://bucket/data/upload/3/a.jpg", "my/data/upload/3/a.jpg", "metadata/upload/3/a.jpg")
    assert tuple(map(listed.plain, kept)) == kept
    assert {listed.plain(it) for it in ("/data/upload/3/a.jpg", "data/upload/3/a.jpg")} == {"a.jpg"}


def test_photos_and_the_manifest_may_be_in_s3(command, bucket, photos, project):
    client = boto3.client("s3")
    for name in NAMES:
        client.upload_file(str(photos / name), bucket, f"own/{name}")
    lines = [truth(f"s3://{bucket}/own/{name}", name.split("/")[0]) for name in NAMES[1:]]
    lines += [truth(NAMES[0], "bicycle"), truth(f"s3://{bucket}/own/gone.jpg", "car")]
    client.put_object(Bucket=bucket, Key="own/output.manifest", Body="\n".join(lines))
    done = command("stage", "--source", f"s3://{bucket}/own/output.manifest", "--out", "data")
    assert done.returncode == 0, done.stderr
    assert f"left out: s3://{bucket}/own/gone.jpg (S3 says NoSuchKey)" in done.stdout
    info = dataset.read_info(project / "data")
    assert sum(sum(counts.values()) for counts in info["counts"].values()) == 16
    client.put_object(Bucket=bucket, Key="own/sample", Body="\n".join(lines))
    assert command("stage", "--source", f"s3://{bucket}/own/sample", "--out", "same").returncode == 0
    same = dataset.read_info(project / "same")
    assert (same["dataset_id"], same["source"]) == (info["dataset_id"], f"s3://{bucket}/own/sample")
    assert dataset.choose_recipe(same) == "pretrained"
    lines += [truth(f"s3://{bucket}/own/van.jpg", "van")]
    client.put_object(Bucket=bucket, Key="own/vans.manifest", Body="\n".join(lines))
    done = command("stage", "--source", f"s3://{bucket}/own/vans.manifest", "--out", "vans")
    assert done.returncode == 1
    assert f"no photo of van can be read; left out: s3://{bucket}/own/van.jpg (S3 says NoSu" in done.stderr
    fill(photos / "here/car", 100, 8)
    fill(photos / "here/bicycle", 0, 8)
    done = command("stage", "--source", photos / "here", "--out", "again")
    assert dataset.read_info(project / "again")["dataset_id"] == info["dataset_id"]  # whatever lists them


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (ReadTimeoutError(endpoint_url="http://s3"), "cannot be fetched: Read timeout on endpoint URL: \"http://s3\""),
        (ResponseStreamingError(error="cut"), "cannot be fetched: An error occurred while reading from response"),
        (OSError(errno.ENOSPC, "No space left on device"), "cannot be fetched: [Errno 28] No space left on device"),
        (EndpointConnectionError(endpoint_url="http://s3"), None),  # and so will all the others
    ],
)  # fmt: skip
def test_a_photo_that_stops_on_its_way_is_named(tmp_path, monkeypatch, error, problem):
    client = mock.Mock()
    client.get_object.return_value = {
        "ContentLength": 9,
        "Body": mock.Mock(read=mock.Mock(side_effect=error)),
    }
    monkeypatch.setattr(sending, "connect", lambda: client)
    path = written(tmp_path, "a.csv", "path,label\ns3://bucket/x.jpg,car\n")
    if problem is None:
        with pytest.raises(EndpointConnectionError):
            read(path, tmp_path)
    else:
        [(_, label, said)] = read(path, tmp_path)
        assert label == "car" and said.startswith(problem)


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("a.csv", "file,kind\nx.jpg,car\n", "has file, kind: it needs a column path and a column label"),
        ("a.csv", "path,label\n", "lists no photos"),
        ("a.json", '[{"image": ', "is no manifest: neither CSV with"),
        ("a.json", "[1, 2]", "is no manifest: neither CSV with"),
        ("a.manifest", '{"source-ref": "x.jpg"}\nno JSON\n', "is no manifest: neither CSV with"),
        ("a.manifest", f"{truth('x', 'car')}\n{truth('x', 'wet', 'job')}", "several kinds, job, vehicle"),
        ("a.json", json.dumps([studio("x", "car"), studio("x", "wet", control="job")]), "several kinds, choice, job"),
    ],
)  # fmt: skip
def test_what_is_no_manifest_is_refused_in_one_line(tmp_path, name, text, complaint):
    with pytest.raises(UserError, match=complaint) as refused:
        manifest.find(str(written(tmp_path, name, text)), tmp_path)
    assert "\n" not in str(refused.value)


def test_a_path_that_no_file_can_have_is_named(command, photos):
    rows = [{"image": name, "choice": name.split("/")[0]} for name in NAMES]
    rows += [{"image": it, "choice": "car"} for it in ("x" * 300, f"data:image/png;base64,{'iVBO' * 2000}")]
    written(photos, "project.json", json.dumps(rows))
    done = command("stage", "--source", photos / "project.json", "--out", "data")
    assert done.returncode == 0, done.stderr
    said = "".join(done.stdout.split())
    assert f"leftout:{'x' * 300}(cannotberead:Filenametoolong)" in said
    assert "data:image/png;base64,iVBOiVBO...(apictureinsidethemanifest:putitintoafile)" in said


def test_photos_that_are_not_there_are_named(command, photos):
    written(photos, "labels.csv", "path,label\nbicycle/0.jpg,bicycle\ngone.jpg,car\n,car\n")
    done = command("stage", "--source", photos / "labels.csv", "--out", "data")
    assert done.returncode == 1
    assert "no photo of car can be read; left out: gone.jpg (cannot be read: No such file" in done.stderr
