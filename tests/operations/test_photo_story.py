"""`make photo` and `make photos`: what the register says of a photo, and which photos are open."""

import time

import pytest

KEY = "incoming/photo.png"
ROUTED = {
    "state": "routed",
    "label": "bicycle",
    "confidence": "0.9713",
    "decided_by": "model",
    "routed_at": "2026-11-26T12:00:03.000Z",
}


def story(run, photo: str) -> list[str]:
    done = run("photo_story", f"--photo={photo}")
    assert done.returncode == 0, done.stderr
    return [line.strip() for line in done.stdout.splitlines()]


def test_a_routed_photo_is_told_from_its_claim_to_its_bay_with_the_states_it_passed(run, put, bucket):
    photo = put("v1", assignment=True, expires="1803384000", source="gate-2", **ROUTED)
    lines = story(run, photo)
    assert lines[:4] == [f"s3://{bucket}/{KEY}: routed", f"id {photo}", "version v1", "source gate-2"]
    assert lines[4:6] == [
        "2026-11-26 12:00:00.000 UTC  claimed",
        "2026-11-26 12:00:03.000 UTC  routed by the model: bicycle (0.9713), loading bay 3, orders within 10 km",
    ]
    assert [it.partition("UTC  ")[2] for it in lines[6:8]] == [
        "entered ClaimPhoto",
        "the execution succeeded",
    ]
    assert lines[8] == "kept until 2027-02-23 12:00 UTC"


def test_a_photo_that_failed_twice_and_waits_says_so_in_that_order(run, put):
    photo = put(
        attempts="3",
        claimed_at="2026-11-26T13:00:00.000Z",
        state="waiting",
        open="waiting",
        since="2026-11-26T13:00:02.000Z",
        waiting_at="2026-11-26T13:00:02.000Z",
        inferences="[0.5,0.5]",
        reason="ThresholdConfidenceNotMet",
    )
    told = [line.partition("UTC  ")[2] for line in story(run, photo) if line.startswith("2026-11-26 1")]
    assert told[:3] == [
        "claimed for the first time",
        "claimed, by 3 attempts so far",
        "waits for a person: ThresholdConfidenceNotMet, the model answered [0.5,0.5]",
    ]


def test_a_key_tells_of_each_version_that_the_register_has_the_oldest_first(run, put, aws, bucket):
    versions = [aws("s3").put_object(Bucket=bucket, Key=KEY, Body=it)["VersionId"] for it in (b"a", b"b")]
    aws("s3").put_object(Bucket=bucket, Key=f"{KEY}.old", Body=b"c")
    put(versions[0], first_at="2026-11-26T11:00:00.000Z")
    put(versions[1])
    told = [line for line in story(run, KEY) if line.startswith("version")]
    assert told == [f"version {it}" for it in versions]


def test_a_failed_and_an_untold_photo_say_why(run, put):
    failed = put(
        "1",
        state="failed",
        failed_at="2026-11-26T12:00:05.000Z",
        error="NotAnImage",
        cause='{"errorMessage": "text"}',
    )
    assert any(line.endswith("failed: NotAnImage: text") for line in story(run, failed))
    untold = put(
        "2", open="untold", since="2026-11-26T12:00:05Z", error="EventBridge.X", assignment=True, **ROUTED
    )
    assert any(line.endswith("the sweep tells again: EventBridge.X") for line in story(run, untold))


def test_a_history_that_is_gone_is_said_to_be(run, put, execution):
    photo = put(execution=f"{execution}gone")
    assert "the states that its execution entered are gone: Step Functions keeps them for 90 days" in story(
        run, photo
    )


@pytest.mark.parametrize(
    ("photo", "said"),
    [
        ("", "ID= names no photo"),
        ("photo.png", "ID=photo.png names no photo"),
        ("0" * 64, "the register of any has no photo '0000"),
        ("incoming/none.png", "the register of any has no photo 'incoming/none.png'"),
    ],
)
@pytest.mark.usefixtures("table", "bucket")
def test_a_photo_that_is_not_there_gets_one_line(run, photo, said):
    done = run("photo_story", f"--photo={photo}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {said}")
    assert done.stderr.endswith("a key is like incoming/photo.png\n")


def test_the_open_photos_of_a_state_are_listed_the_oldest_first(run, put):
    at = lambda hour: {"open": "waiting", "since": f"2026-11-26T{hour}:00:00.000Z"}  # noqa: E731 - said three times
    put("1", key="incoming/second.png", **at(13))
    put("2", key="incoming/first.png", expires=str(int(time.time())), **at(12))
    put("3", key="incoming/failed.png", **(at(11) | {"open": "failed", "error": "NotAnImage"}))
    done = run("photo_list")
    assert done.returncode == 0, done.stderr
    assert "Photos of any that are waiting: 2" in done.stdout
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith("2026-11-26")]
    assert [row[2] for row in rows] == ["incoming/first.png", "incoming/second.png"]
    failed = run("photo_list", "--state=failed").stdout
    assert "incoming/failed.png" in failed
    assert "NotAnImage" in failed
    assert run("photo_list", "--state=untold").stdout == "no photo of any is untold\n"


def test_a_state_that_has_no_list_is_refused_with_those_that_have_one(run):
    done = run("photo_list", "--state=routed")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "error: STATE=routed lists nothing: choose from claimed, waiting, failed, untold;"
    )


@pytest.mark.parametrize("command", [("photo_list",), ("photo_story", "--photo=incoming/photo.png")])
def test_an_environment_without_a_register_is_a_mistake_in_one_line(run, aws, prefix, command):
    aws("s3").create_bucket(Bucket=f"{prefix}-tfstate-123456789012")
    done = run(*command)
    assert done.returncode == 1
    assert done.stderr == f"error: any has no table {prefix}-photos: make it with `make apply ENV=any`\n"
