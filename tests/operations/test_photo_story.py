"""`make photo` and `make photos`: what the register says of a photo, and which photos are open."""

import json
import shlex

import pytest
from botocore.stub import Stubber
from tests.builders import IMAGE, make_label, put_label

from operations import photo_story

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


def waiting(hour: int, minute: int = 0, second: int = 0) -> dict[str, str]:
    return {"open": "waiting", "since": f"2026-11-26T{hour:02}:{minute:02}:{second:02}.000Z"}


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


def decision(execution: str, minute: int, label: str = "bicycle", **more: str) -> dict[str, str]:
    made = {"vehicle": "", "by": "person", "at": f"2026-11-26T12:{minute:02}:00.000Z", "execution": execution}
    return made | {"label": label} | more


def told(lines: list[str]) -> list[str]:
    return [line.partition("UTC  ")[2] for line in lines if line.startswith("2026-11-26 1")]


def test_what_people_decided_is_told_with_its_time_and_what_came_of_it(run, put, execution):
    decisions = [
        decision(f"{execution}gone", 1),
        decision(execution, 2, label="other", vehicle="cargo bike", by="driver"),
    ]
    more = {"label": "other", "vehicle": "cargo bike", "decided_by": "driver", "kind": "DriverRerouted"}
    more |= {"state": "routed", "routed_at": "2026-11-26T12:02:01.000Z"}
    photo = put("v1", assignment=True, decisions=decisions, **more)
    lines = story(run, photo)
    assert told(lines) == [
        "claimed",
        "decision 1 by the person: bicycle, and what came of it is not known",
        "decision 2 by the driver: other (cargo bike), which holds",
        "routed anew by the driver: other (cargo bike), loading bay 3, orders within 10 km",
    ]
    assert "Step Functions has no such execution: it forgets one 90 days after its end" in lines
    assert [it for it in lines if it.startswith("https:")] == lines[-1:]
    assert lines[-1].endswith(execution)


def test_what_people_decided_stands_beside_the_states_that_the_model_took_it_through(run, put, execution):
    by_person = f"{execution}gone"
    more = {"execution": by_person, "claimed_by": execution, "decisions": [decision(by_person, 1)]}
    lines = story(run, put("v1", assignment=True, **ROUTED | {"decided_by": "person"} | more))
    assert [it.endswith("entered ClaimPhoto") for it in lines].count(True) == 1
    assert lines[-1].endswith(execution)


def test_a_decision_that_has_not_moved_its_photo_says_so(run, put, execution):
    """What claims a photo for a decision does not change yet where it is: that one may fail."""
    waits = waiting(12) | {
        "state": "waiting",
        "waiting_at": "2026-11-26T12:00:00.000Z",
        "reason": "UnlikeTraining",
    }
    assert "decision 1 by the person: bicycle, which has not taken effect" in told(
        story(run, put("1", decisions=[decision(execution, 1)], **waits))
    )
    routed = ROUTED | {"routed_at": "2026-11-26T12:00:59.000Z"}
    assert "decision 1 by the person: bicycle, which has not taken effect" in told(
        story(run, put("2", assignment=True, decisions=[decision(execution, 1)], **routed))
    )


def test_what_was_decided_of_the_archive_and_where_it_came_from_is_told(run, put, execution):
    left: dict[str, str | None] = {
        "execution": None,
        "claimed_at": None,
        "attempts": None,
        "run": "20261126-110000-ab12",
    }
    waits = {"state": "waiting", "waiting_at": "2026-11-26T12:00:00.000Z", "reason": "UnlikeTraining"}
    archive = {"open": "waiting", "since": "archive 2026-11-26T12:00:00.000Z", "inferences": "[0.5,0.5]"}
    lines = story(run, put("1", **left, **waits, **archive))
    assert "bulk run 20261126-110000-ab12" in lines
    assert told(lines) == [
        "put there without a claim, as it was left over by a model",
        "waits for a person, and no driver with it: UnlikeTraining, the model answered [0.5,0.5]",
    ]
    made: dict[str, str | None] = {"state": "decided", "label": "unusable", "decided_by": "person"}
    made |= {
        "decided_at": "2026-11-26T12:01:01.000Z",
        "execution": execution,
        "claimed_at": None,
        "attempts": None,
    }
    photo = put("2", decisions=[decision(execution, 1, label="unusable")], **waits | made)
    assert told(story(run, photo))[2:] == [
        "decision 1 by the person: unusable, which holds",
        "decided by the person: unusable, and no driver is told",
    ]


# What the API puts down before the upload.
EXPECTED: dict[str, str | None] = {
    **dict.fromkeys(("first_at", "claimed_at", "attempts", "execution")),
    "state": "expected",
    "owner": "program",
    "asked_at": "2026-11-26T11:59:58.000Z",
    "expires": "1803384000",
}
UPLOADED = f"incoming/api/{'7f' * 32}"


def test_a_photo_that_is_asked_for_and_not_uploaded_yet_says_so_and_until_when(run, put, bucket):
    photo = put(key=UPLOADED, source="bay 2", **EXPECTED)
    expected = [
        f"s3://{bucket}/{UPLOADED}: expected",
        f"id {'7f' * 32}",
        "source bay 2",
        "2026-11-26 11:59:58.000 UTC  asked for over the API, and not uploaded yet",
        "kept until 2027-02-23 12:00 UTC",
    ]
    assert photo == "7f" * 32
    assert story(run, photo) == story(run, UPLOADED) == expected


def test_a_key_of_the_api_is_one_photo_however_often_it_was_uploaded(run, put, aws, bucket):
    for content in (b"1", b"2"):
        aws("s3").put_object(Bucket=bucket, Key=UPLOADED, Body=content)
    photo = put("v1", key=UPLOADED, assignment=True, **ROUTED)
    assert story(run, UPLOADED) == story(run, photo)


def test_what_a_driver_and_people_said_over_the_api_is_told(run, put, change, reviews):
    more = {"open": "waiting", "since": "2026-11-26T12:05:00.000Z", "objected_at": "2026-11-26T12:05:00.000Z"}
    asked = {"asked_at": EXPECTED["asked_at"], "owner": "program"}
    photo = put("v1", key=UPLOADED, assignment=True, **ROUTED, **more, **asked)
    given = {"label": "cannot_tell", "vehicle": "", "at": "2026-11-26T12:06:00.000Z", "seconds": 4}
    change(photo, "ADD withdrawn :both", both={2, 1})
    change(photo, "SET opinion_3 = :given, opinion_10 = :given", given=given)
    lines = story(run, photo)
    assert lines[0].endswith(": routed, and its driver objects")
    assert [it for it in told(lines) if not it.startswith(("entered", "the execution"))] == [
        "asked for over the API",
        "claimed",
        "routed by the model: bicycle (0.9713), loading bay 3, orders within 10 km",
        "its driver says that the answer is wrong",
        "answer 3 of a person, which routes nobody: cannot_tell",
        "answer 10 of a person, which routes nobody: cannot_tell",
    ]
    assert "withdrawn before they took effect: decisions 1, 2" in lines
    reviews(photo, until="2126-11-26T12:07:00.000Z")
    assert "a person has it before them until 2126-11-26 12:07:00 UTC" in story(run, photo)
    reviews(photo, until="2026-11-26T12:07:00.000Z")  # the lease is over
    assert not [it for it in story(run, photo) if "before them" in it or "a-sub" in it]


@pytest.mark.parametrize(
    ("label", "confidence", "said"),
    [
        ("motorcycle", None, ["routed first by the model: bicycle (0.9713)"]),
        ("bicycle", None, ["routed first by the model: bicycle (0.9713)"]),
        ("bicycle", "0.9713", []),
    ],
)
def test_what_the_model_said_is_told_where_a_correction_wrote_over_it(run, put, label, confidence, said):
    first = {"label": {"S": "bicycle"}, "confidence": {"N": "0.9713"}}
    more = {"label": label, "confidence": confidence, "day": "2026-11-26 model", "first": first}
    lines = story(run, put("v1", assignment=True, **ROUTED | more))
    assert [it for it in lines if it.startswith("routed first")] == said


def test_an_objection_that_a_person_finds_unusable_is_told_as_such(run, put):
    photo = put("v1", assignment=True, **ROUTED, objected_at="2026-11-26T12:05:00.000Z", objection="unusable")
    lines = story(run, photo)
    assert lines[0].endswith(": routed")
    assert "its driver says that the answer is wrong, and a person finds it unusable" in told(lines)


def test_what_people_said_is_told_as_the_labels_that_came_of_it(run, put, change, aws, bucket):
    photo, s3 = put("v1", assignment=True, **ROUTED), aws("s3")
    said = {"label": "motorcycle", "vehicle": "", "at": "2026-11-26T12:01:00.000Z"}
    later = said | {"at": "2026-11-27T09:00:00.000Z"}
    change(photo, "SET opinion_1 = :said, opinion_2 = :later", said=said, later=later)
    first = put_label(s3, bucket, make_label(photo, 1, at=said["at"], label="motorcycle"), IMAGE)
    more = {"label": "other", "vehicle": "cargo bike", "blind": False, "known": "bicycle"}
    second = put_label(s3, bucket, make_label(photo, 2, **more), withdrawn="a wrong click")
    put_label(s3, bucket, make_label("cd" * 32))
    assert [it for it in story(run, photo) if it.startswith("label ")] == [
        f"label 1: motorcycle, blind, s3://{bucket}/{first.key}",
        "label 2: other (cargo bike), asked as bicycle is known, withdrawn: a wrong click, "
        f"s3://{bucket}/{second.key}",
    ]


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
    assert told(story(run, photo))[:3] == [
        "known for the first time",
        "claimed, by 3 attempts so far",
        "waits for a person: ThresholdConfidenceNotMet, the model answered [0.5,0.5]",
    ]


def test_a_photo_that_bulk_put_there_and_an_upload_then_took_was_not_claimed_before(run, put):
    photo = put(claimed_at="2026-11-26T13:00:00.000Z")
    assert told(story(run, photo))[:2] == ["known for the first time", "claimed"]


def test_a_key_tells_of_each_version_that_the_register_has_the_oldest_first(run, put, aws, bucket):
    versions = [aws("s3").put_object(Bucket=bucket, Key=KEY, Body=it)["VersionId"] for it in (b"a", b"b")]
    aws("s3").put_object(Bucket=bucket, Key=f"{KEY}.old", Body=b"c")
    put(versions[0], first_at="2026-11-26T11:00:00.000Z")
    put(versions[1])
    said = [line for line in story(run, KEY) if line.startswith("version")]
    assert said == [f"version {it}" for it in versions]


def test_a_photo_is_found_by_what_the_story_prints_of_it_and_by_its_id_in_capitals(run, put, bucket):
    photo = put()
    address = story(run, photo)[0].removesuffix(": claimed")
    assert address == f"s3://{bucket}/{KEY}"
    assert story(run, address) == story(run, f" {photo.upper()}\t") == story(run, photo)


def test_a_failed_photo_names_the_command_that_sends_the_same_version_again(run, put, aws, bucket):
    key = "incoming/it's Frühling.png"
    photo = put(
        "v1", key=key, state="failed", failed_at="2026-11-26T12:00:05.000Z", error="X", source="gate-2"
    )
    (line,) = (line for line in story(run, photo) if line.startswith("send it again with "))
    words = shlex.split(line.removeprefix("send it again with "))
    assert words[:4] == ["aws", "stepfunctions", "start-execution", "--state-machine-arn"]
    assert json.loads(words[6]) == {
        "s3_bucket": bucket,
        "s3_key": key,
        "version_id": "v1",
        "source": "gate-2",
        "reference": "",
    }
    assert aws("stepfunctions").start_execution(stateMachineArn=words[4], input=words[6])["executionArn"]


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
    said = story(run, untold)
    assert said[0].endswith(": routed, untold")
    assert any(line.endswith("the sweep tells again: EventBridge.X") for line in said)


def test_an_execution_that_is_not_there_is_said_to_be_and_has_no_link(run, put, execution):
    lines = story(run, put(execution=f"{execution}gone"))
    assert lines[-1] == "Step Functions has no such execution: it forgets one 90 days after its end"
    assert not any("gone" in line for line in lines)


def test_states_that_may_not_be_read_leave_the_rest_of_the_story(aws):
    steps = aws("stepfunctions")
    item = {
        "id": "0" * 64,
        "state": "claimed",
        "execution": "arn:aws:states:us-east-1:123456789012:execution:workflow:name",
        "s3_bucket": "bucket",
        "s3_key": KEY,
        "first_at": "2026-11-26T12:00:00.000Z",
        "claimed_at": "2026-11-26T12:00:00.000Z",
        "attempts": 1,
        "expires": 1803384000,
    }
    with Stubber(steps) as stub:
        stub.add_client_error("get_execution_history", "AccessDeniedException", "not you")
        lines = [line.strip() for line in photo_story.tell(item, steps, on_aws=True)]
    assert lines[2:4] == [
        "2026-11-26 12:00:00.000 UTC  claimed",
        "the states that its execution entered cannot be read: An error occurred (AccessDeniedException) when calling "
        "the GetExecutionHistory operation: not you",
    ]
    assert lines[4] == "kept until 2027-02-23 12:00 UTC"
    assert lines[5].startswith("https://us-east-1.console.aws.amazon.com/states/")


@pytest.mark.parametrize("command", [("photo_list",), ("photo_story", f"--photo={'0' * 64}")])
@pytest.mark.usefixtures("table")
def test_a_register_that_does_not_answer_is_one_line(run, fault, monkeypatch, command):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    fault("dynamodb down")
    done = run(*command)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert "InternalServerError" in line


def test_a_key_whose_versions_are_gone_is_asked_for_by_its_id(run, put):
    photo = put("gone")
    done = run("photo_story", f"--photo={KEY}")
    assert done.returncode == 1
    assert "of which the bucket still has a version: of an older one give the id:" in done.stderr
    assert story(run, photo)[2] == "version gone"


@pytest.mark.parametrize(
    ("photo", "said"),
    [
        ("", "ID= names no photo"),
        ("photo.png", "ID=photo.png names no photo"),
        ("0" * 64, "the register of any has no photo '0000"),
        ("incoming/none.png", "the register of any has no photo 'incoming/none.png'"),
        ("incoming/", "the register of any has no photo 'incoming/'"),
    ],
)
@pytest.mark.usefixtures("table", "bucket")
def test_a_photo_that_is_not_there_gets_one_line(run, photo, said):
    done = run("photo_story", f"--photo={photo}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {said}")
    assert done.stderr.endswith("a key is like incoming/photo.png\n")


def test_the_open_photos_of_a_state_are_listed_the_oldest_first(run, put, monkeypatch):
    second = put("1", **waiting(13))
    first = put("2", expires="1803384000", **waiting(12))
    put("3", key="incoming/failed.png", **(waiting(11) | {"open": "failed", "error": "NotAnImage"}))
    monkeypatch.setenv("COLUMNS", "160")
    done = run("photo_list")
    assert done.returncode == 0, done.stderr
    assert "Photos of any that are waiting: 2" in done.stdout
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith("2026-11-26")]
    assert rows == [
        ["2026-11-26", "12:00:00", "driver", KEY, first, "2027-02-23", "12:00", "UTC"],
        ["2026-11-26", "13:00:00", "driver", KEY, second, "-"],
    ]
    assert "make decide ENV=any" in done.stdout
    failed = run("photo_list", "--state=failed").stdout
    assert "incoming/failed.png" in failed
    assert "NotAnImage" in failed
    assert "make decide" not in failed
    assert run("photo_list", "--state=untold").stdout == "no photo of any is untold\n"


def test_more_photos_than_a_list_has_are_listed_by_the_command_that_it_names(run, put):
    for minute in range(5):
        for second in range(41):
            put(f"{minute}-{second}", **waiting(12, minute, second))
    done = run("photo_list")
    assert "waiting: the oldest 200; there are more" in done.stdout
    command = done.stdout.splitlines()[-1].removeprefix(
        "the next: .venv/bin/python -m operations.photo_list any "
    )
    assert command == "--state waiting --since 2026-11-26T12:04:36.000Z"
    assert "Photos of any that are waiting: 5" in run("photo_list", *command.split()).stdout
    assert "waiting: 1\n" in run("photo_list", "--since=2026-11-26 12:04:40").stdout
    later = run("photo_list", "--since=2026-11-26T14:00:00+01:00").stdout
    assert later == "no photo of any is waiting since 2026-11-26T13:00:00.000Z or later\n"


def test_drivers_come_before_the_archive_however_long_that_has_waited(run, put, monkeypatch):
    archive = put("1", **(waiting(9) | {"since": "archive 2025-11-26T09:00:00.000Z"}))
    driver = put("2", **waiting(13))
    monkeypatch.setenv("COLUMNS", "160")
    rows = [line.split() for line in run("photo_list").stdout.splitlines() if line.startswith("202")]
    assert rows == [
        ["2026-11-26", "13:00:00", "driver", KEY, driver, "-"],
        ["2025-11-26", "09:00:00", "archive", KEY, archive, "-"],
    ]


def test_the_archive_s_next_page_is_listed_by_the_command_that_is_named(run, put):
    for minute in range(5):
        for second in range(41):
            since = f"archive 2026-11-26T12:{minute:02}:{second:02}.000Z"
            put(f"{minute}-{second}", open="waiting", since=since)
    command = run("photo_list").stdout.splitlines()[-1].partition(" any ")[2]
    assert command == "--state waiting --since 'archive 2026-11-26T12:04:36.000Z'"
    assert "Photos of any that are waiting: 5" in run("photo_list", *shlex.split(command)).stdout


def test_a_time_that_is_none_is_refused(run):
    done = run("photo_list", "--since=yesterday")
    assert done.returncode == 1
    assert done.stderr == "error: --since 'yesterday' is no time: write it as in 2026-11-27T05:00:00Z\n"


def test_a_state_that_has_no_list_is_refused_with_those_that_have_one(run):
    done = run("photo_list", "--state=routed")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "error: STATE=routed lists nothing: choose from claimed, waiting, failed, untold; a photo that is over is in "
        "no list, make photo ENV=any ID=<its key> shows it"
    )


@pytest.mark.parametrize("command", [("photo_list",), ("photo_story", "--photo=incoming/photo.png")])
def test_an_environment_without_a_register_is_a_mistake_in_one_line(run, aws, prefix, command):
    aws("s3").create_bucket(Bucket=f"{prefix}-tfstate-123456789012")
    done = run(*command)
    assert done.returncode == 1
    assert done.stderr == (
        f"error: any has no table {prefix}-photos in us-east-1: set AWS_REGION if it lies in another region, or make "
        "it with `make apply ENV=any`\n"
    )
