"""`make decide`, by the workflow's own machine: what a person says of a photo becomes of it, or a line says why not."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.builders import make_role
from tests.waiting import until

from core import environment
from core.console import UserError, out
from core.contract import register
from operations import decide, terraform

WORKFLOW = "modules/workflow"
TEMPLATE = "scones-test-photos"  # the register's name in the module's own tests
ROUTES = ("bicycle", "motorcycle", "other")
ALWAYS = {"from": "00:00", "until": "00:00", "time_zone": "UTC"}


@pytest.fixture(scope="module")
def definition(tmp_path_factory) -> dict[str, Any]:
    """The state machine as Terraform renders it, with the values of the module's own tests."""
    folder = tmp_path_factory.mktemp("machine")
    copy = folder / "terraform"
    shutil.copytree(terraform.CONFIGURATION, copy)
    (tests,) = (copy / WORKFLOW / "tests").glob("*.tftest.hcl")
    tests.write_text(tests.read_text().partition('\nrun "')[0] + '\nrun "rendered" {}\n')
    shutil.copy(copy / ".terraform.lock.hcl", copy / WORKFLOW)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terraform, "BUILD", folder)
        variables = terraform.variables("local") | {"TF_DATA_DIR": str(folder / "data")}

    def call(*words: str) -> str:
        command = ["terraform", *words, "-no-color"]
        return subprocess.run(
            command, cwd=copy / WORKFLOW, env=variables, capture_output=True, text=True, check=True
        ).stdout

    call("init", "-backend=false", "-input=false")
    lines = map(json.loads, call("test", "-verbose", "-json").splitlines())
    (state,) = (line["test_state"] for line in lines if line["type"] == "test_state")
    made = [it["values"].get("definition", "") for it in state["root_module"]["resources"]]
    (found,) = (it for it in made if "ClaimDecision" in it)
    return json.loads(found)


@pytest.fixture
def machine(aws, prefix, table, definition) -> str:
    """It writes this register, and tells the default bus."""
    definition["States"]["EmitDriverRouted"]["Parameters"]["Entries"][0]["EventBusName"] = "default"
    text = json.dumps(definition).replace(TEMPLATE, table)
    role = make_role(aws("iam"), f"{prefix}-workflow")
    made = aws("stepfunctions").create_state_machine(name=f"{prefix}-workflow", definition=text, roleArn=role)
    return made["stateMachineArn"]


@pytest.fixture
def say(prefix, machine, tmp_path, cloud_variables, monkeypatch, capsys):
    """Decide in words of the command: `say(photo, "bicycle")`; answer the line that is printed."""
    (tmp_path / "terraform/envs").mkdir(parents=True)
    (tmp_path / "terraform/envs/any.tfvars").write_text(f'prefix = "{prefix}"\n')
    monkeypatch.chdir(tmp_path)
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    review = {"minutes": 10, "staffed_hours": ALWAYS}
    told = {"state_machine_arn": machine, "routes": dict.fromkeys(ROUTES), "review": review}
    monkeypatch.setattr(environment, "outputs", lambda _env: told)
    monkeypatch.setattr(out, "width", 400)

    def command(photo: str, label: str, *more: str) -> str:
        words = ["any", f"--photo={photo}", f"--label={label}", *more]
        monkeypatch.setattr(sys, "argv", ["operations.decide", *words])
        decide.main()
        return capsys.readouterr().out

    return command


@pytest.fixture
def item(aws, table):
    return lambda photo: aws("dynamodb").get_item(TableName=table, Key={"id": {"S": photo}})["Item"]


def ago(minutes: float) -> str:
    return register.write_time(datetime.now(UTC) - timedelta(minutes=minutes))


def waiting(since: str = "") -> dict[str, str]:
    times = {"since": since or ago(1), "waiting_at": ago(1)}
    return {
        "state": "waiting",
        "open": "waiting",
        "reason": "UnlikeTraining",
        "expires": "1903384000",
    } | times


OBJECTED_TO = waiting() | {"state": "routed", "objected_at": ago(1)}


def test_a_waiting_driver_is_routed_by_a_person_who_may_say_otherwise_afterwards(say, put, item):
    photo = put("v1", **waiting())
    assert say(photo, "bicycle") == (
        f"photo {photo} is routed by the person: bicycle, loading bay A, orders within 3 km\n"
    )
    assert say(photo, "other", "--vehicle=cargo bike") == (
        f"photo {photo} is routed anew by the person: other (cargo bike), loading bay C, orders within 3 km\n"
    )
    left = item(photo)
    assert (left["decided"], left["kind"]) == ({"N": "2"}, {"S": "DriverRerouted"})
    assert [left[f"decision_{number}"]["M"]["label"]["S"] for number in (1, 2)] == ["bicycle", "other"]
    assert left["first"] == {"M": {"label": {"S": "bicycle"}, "confidence": {"NULL": True}}}
    assert not {"open", "since"} & set(left)


def test_a_photo_that_no_driver_waits_for_and_one_that_shows_nothing_route_nobody(say, put, item):
    archive, blurred = put("1", **waiting(f"{register.ARCHIVE}{ago(1)}")), put("2", **waiting())
    assert say(archive, "bicycle") == (
        f"photo {archive} is decided by the person: bicycle, and no driver is told\n"
    )
    assert say(blurred, "unusable") == (
        f"photo {blurred} is decided by the person: unusable, and no driver is told\n"
    )
    assert "assignment" not in item(archive) | item(blurred)
    with pytest.raises(
        UserError, match="was decided by the person: unusable, and no driver is told"
    ) as refused:
        say(blurred, "bicycle")
    assert ", and stays so: a correction is for a routed driver" in str(refused.value)


def test_a_bus_that_is_down_leaves_a_route_that_is_told_later(say, put, fault):
    photo = put("v1", **waiting())
    fault("events down")
    said = say(photo, "motorcycle")
    assert (
        "is routed by the person: motorcycle, loading bay B, orders within 15 km; nobody could be told"
        in said
    )


def test_who_decides_at_the_same_time_is_told_what_became_of_the_photo(say, put, table, aws, machine):
    photo = put("v1", **waiting())
    before = decide.find_one("any", photo)
    say(photo, "bicycle")
    late = decide.Decision("motorcycle", "", "person")
    with pytest.raises(UserError, match="was decided meanwhile: it is routed by the person: bicycle"):
        decide.decide("any", machine, before, late)
    # By an execution of its own, which the machine refuses.
    five = {"N": "5"}
    aws("dynamodb").update_item(
        TableName=table,
        Key={"id": {"S": photo}},
        UpdateExpression="SET decided = :five",
        ExpressionAttributeValues={":five": five},
    )
    with pytest.raises(UserError, match="was decided meanwhile: it is routed by the person: bicycle"):
        decide.decide("any", machine, before | {"decided": 2}, late)


def test_a_decision_that_failed_before_it_was_recorded_leaves_its_name_and_not_its_photo(
    say, put, item, fault, aws, machine
):
    photo = put("v1", **waiting())
    given = decide.write_event(decide.find_one("any", photo), decide.Decision("bicycle", "", "person"), 1)
    steps = aws("stepfunctions")
    fault("dynamodb down")
    begun = {"stateMachineArn": machine, "name": f"{photo}-1", "input": json.dumps(given)}
    execution = steps.start_execution(**begun)["executionArn"]
    steps.stop_execution(executionArn=execution)
    fault("dynamodb up")
    until(lambda: steps.describe_execution(executionArn=execution)["status"], lambda it: it == "ABORTED")
    assert "is routed by the person: bicycle" in say(photo, "bicycle")
    assert item(photo)["decided"] == {"N": "2"}


def test_a_decision_that_the_register_has_lost_is_named_and_routes_nobody_again(say, put, item, machine, aws):
    photo = put("v1", **waiting())
    say(photo, "bicycle")
    put("v1", **waiting())  # as it comes back by `make restore`
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{photo}-1"
    with pytest.raises(UserError) as refused:
        say(photo, "bicycle")
    said = f"photo {photo} was decided by {execution}, of which the register has lost the record: "
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)
    assert item(photo)["state"] == {"S": "waiting"}
    assert len(aws("stepfunctions").list_executions(stateMachineArn=machine)["executions"]) == 1


def test_a_photo_whose_decision_was_lost_is_closed_as_the_runbook_says(say, put, table, aws):
    photo = put("v1", **waiting())
    say(photo, "bicycle")
    put("v1", **waiting(f"{register.ARCHIVE}{ago(1)}"))
    aws("dynamodb").update_item(
        TableName=table,
        Key={"id": {"S": photo}},
        UpdateExpression="SET decided = :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    assert "is decided by the person: bicycle, and no driver is told" in say(photo, "bicycle")


def test_a_duplicate_leaves_its_number_and_the_photo_to_the_next(say, put, item, aws, machine):
    route = {"label": "bicycle", "decided_by": "model", "confidence": "0.97", "expires": "1903384000"}
    photo = put("v1", state="routed", assignment=True, **route)
    given = decide.write_event(decide.find_one("any", photo), decide.Decision("unusable", "", "person"), 1)
    steps = aws("stepfunctions")
    begun = {"stateMachineArn": machine, "name": f"{photo}-1", "input": json.dumps(given)}
    execution = steps.start_execution(**begun)["executionArn"]
    until(lambda: steps.describe_execution(executionArn=execution)["status"], lambda it: it == "SUCCEEDED")
    assert "is routed anew by the person: motorcycle" in say(photo, "motorcycle")
    assert item(photo)["decided"] == {"N": "2"}


@pytest.fixture
def pending(aws, machine):
    """Make a decision as the API does: it takes effect after these seconds."""

    def start(photo: str, label: str, number: int, seconds: int) -> None:
        given = decide.write_event(
            decide.find_one("any", photo), decide.Decision(label, "", "person"), number
        )
        asked = json.dumps(given | {"grace_seconds": seconds})
        aws("stepfunctions").start_execution(stateMachineArn=machine, name=f"{photo}-{number}", input=asked)

    return start


def test_a_decision_of_the_api_that_has_not_taken_effect_yet_is_said_to_be_there_and_goes_first(
    say, put, pending, capsys
):
    photo = put("v1", **waiting())
    pending(photo, "motorcycle", 1, 2)
    with pytest.raises(UserError, match="was decided meanwhile: it is routed by the person: motorcycle"):
        say(photo, "bicycle")
    there = f"decision 1 on photo {photo} was made already, and has not taken effect yet: waiting for it\n"
    assert capsys.readouterr().out == there


@pytest.mark.usefixtures("say")
def test_a_decision_that_is_withdrawn_meanwhile_leaves_the_photo_to_the_next_number(
    put, item, change, pending
):
    photo = put("v1", **waiting())
    pending(photo, "motorcycle", 1, 2)
    change(photo, "ADD withdrawn :first", first={1})
    # One that looked before it was withdrawn.
    before = {name: it for name, it in decide.find_one("any", photo).items() if name != "withdrawn"}
    machine = environment.outputs("any")["state_machine_arn"]
    said = decide.decide("any", machine, before, decide.Decision("bicycle", "", "person"))
    assert "is routed by the person: bicycle" in said
    assert item(photo)["decided"] == {"N": "2"}


def test_a_number_that_was_withdrawn_or_is_of_an_opinion_is_no_decision_s(say, put, item, change):
    photo = put("v1", **waiting())
    change(photo, "ADD withdrawn :numbers", numbers={1, 2})
    change(photo, "SET opinion_10 = :given", given={"label": "cannot_tell", "at": ago(1)})
    assert "is routed by the person: bicycle" in say(photo, "bicycle")
    assert item(photo)["decided"] == {"N": "11"}


def test_an_objection_is_decided_by_a_correction(say, put, item):
    route = {"label": "bicycle", "decided_by": "model", "confidence": "0.97", "expires": "1903384000"}
    objected = {"open": "waiting", "since": ago(1), "objected_at": ago(1)}
    photo = put("v1", state="routed", assignment=True, **route, **objected)
    assert "is routed anew by the person: motorcycle" in say(photo, "motorcycle")
    assert not {"open", "since"} & set(item(photo))


def test_a_decision_that_fails_says_by_what_and_that_the_photo_is_where_it_was(
    say, put, table, definition, aws, machine
):
    states = definition["States"]
    text = json.dumps(
        {**definition, "States": states | {"Decided": states["Decided"] | {"Default": "NoRoute"}}}
    )
    aws("stepfunctions").update_state_machine(
        stateMachineArn=machine, definition=text.replace(TEMPLATE, table)
    )
    with pytest.raises(UserError, match=r"failed by NoRoute: .* the photo is waiting: try again"):
        say(put("v1", **waiting()), "bicycle")


def test_a_driver_decides_after_having_waited_or_while_nobody_is_there(say, put, monkeypatch):
    soon, late = put("1", **waiting(ago(9))), put("2", **waiting(ago(11)))
    with pytest.raises(
        UserError, match=r"a driver decides after 10 minutes, or while nobody is there: .* 00:00 until 00:00"
    ) as refused:
        say(soon, "bicycle", "--by=driver")
    assert str(refused.value).endswith("people are there from 00:00 until 00:00 (UTC)")
    assert "is routed by the driver: bicycle" in say(late, "bicycle", "--by=driver")
    monkeypatch.setattr(decide.staffed, "is_staffed", lambda *_: False)
    assert "is routed by the driver: bicycle" in say(soon, "bicycle", "--by=driver")


def outputs(monkeypatch, **changed: Any) -> None:
    told = environment.outputs("any") | changed
    monkeypatch.setattr(
        environment, "outputs", lambda _env: {name: it for name, it in told.items() if it is not None}
    )


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "Europe", "UTC/x"])
def test_a_time_zone_that_nobody_knows_is_one_line_that_names_the_setting(say, put, monkeypatch, zone):
    hours = ALWAYS | {"time_zone": zone}
    outputs(monkeypatch, review={"minutes": 10, "staffed_hours": hours})
    with pytest.raises(UserError) as refused:
        say(put("1", **waiting(ago(9))), "bicycle", "--by=driver")
    assert f"staffed_hours.time_zone is {zone}, which is no time zone " in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "is routed by the driver" in say(put("2", **waiting(ago(11))), "bicycle", "--by=driver")


@pytest.mark.parametrize("name", ["routes", "review"])
def test_an_environment_that_was_applied_before_this_release_is_one_line(say, put, monkeypatch, name):
    outputs(monkeypatch, **{name: None})
    with pytest.raises(UserError) as refused:
        say(put("1", **waiting(ago(11))), "bicycle", "--by=driver")
    assert str(refused.value) == ("any was applied before this release: make bootstrap plan apply ENV=any")


@pytest.mark.parametrize(
    ("what", "words", "said"),
    [
        (
            {},
            ("bicycle",),
            "is before the model now: try again in a minute (make photo ENV=any ID=",
        ),
        (
            {"state": "failed", "error": "NotAnImage"},
            ("bicycle",),
            "failed by NotAnImage, and waits for nobody: send",
        ),
        ({"state": "forgotten"}, ("bicycle",), "was forgotten: there is nothing to decide"),
        ({"state": "expected"}, ("bicycle",), "is not uploaded yet: there is nothing to decide"),
        (waiting(), ("van",), "LABEL=van is no label: choose from bicycle, motorcycle, other, unusable"),
        (waiting(), ("",), "LABEL= is no label: choose from bicycle"),
        (waiting(), ("other",), "LABEL=other needs what it is"),
        (
            waiting(),
            ("Other", "--vehicle=x"),
            "VEHICLE=x goes with LABEL=other alone, and not with LABEL=Other",
        ),
        (
            {"state": "routed"},
            ("bicycle", "--by=driver"),
            "is routed: only a person sends its driver elsewhere",
        ),
        (
            {"state": "routed"},
            ("unusable",),
            "is routed, and its driver on the way: choose a label with a route",
        ),
        (
            OBJECTED_TO,
            ("bicycle", "--by=driver"),
            "is routed, and its driver objects: only a person sends its driver elsewhere",
        ),
        (
            OBJECTED_TO,
            ("unusable",),
            "its driver objects: choose a label with a route; that it shows nothing is told by the API alone",
        ),
        (waiting("archive 2026-01-01T00:00:00.000Z"), ("bicycle", "--by=driver"), "no driver waits for it"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused_in_one_line(say, put, what, words, said):
    with pytest.raises(UserError) as refused:
        say(put("v1", **what), *words)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_photo_that_is_not_there_and_a_key_of_several_get_one_line(say, put, aws, bucket):
    with pytest.raises(UserError, match="the register of any has no photo '0000"):
        say("0" * 64, "bicycle")
    key = "incoming/photo.png"
    versions = [aws("s3").put_object(Bucket=bucket, Key=key, Body=it)["VersionId"] for it in (b"a", b"b")]
    photos = [put(it, **waiting()) for it in versions]
    with pytest.raises(UserError, match="had 2 photos: give the id of one, ") as refused:
        say(key, "bicycle")
    assert all(it in str(refused.value) for it in photos)
