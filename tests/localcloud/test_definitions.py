"""A definition that AWS refuses is refused here, with what AWS says of it."""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.oracles.asl_validator import find_errors

from localcloud.states import definitions

END = {"Type": "Pass", "End": True}
BOTH = [{"Variable": "$.x", "IsPresent": True, "Next": "B"}]
CAUGHT = [{"ErrorEquals": ["States.ALL"], "Next": "Gone"}]
INVOKE = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}


def text(**states: Any) -> str:
    return json.dumps({"StartAt": next(iter(states)), "States": states})


def nested(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


def map_of(**states: Any) -> dict[str, Any]:
    return {"Type": "Map", "ItemProcessor": nested(**states), "End": True}


def parallel(*branches: dict[str, Any]) -> dict[str, Any]:
    return {"Type": "Parallel", "Branches": list(branches), "End": True}


TWICE = "Duplicate State name: {}"
GONE = "Missing 'Next' target: Gone"
LOST = 'State "{}" is not reachable.'
REFUSED = {
    "a name of a state and of one inside it": (
        text(A=map_of(A=END)),
        [("DUPLICATE_STATE_NAME", TWICE.format("A"), "/States/A/ItemProcessor/States/A")],
    ),
    "a name inside two branches": (
        text(A=parallel(nested(B=END), nested(B=END))),
        [("DUPLICATE_STATE_NAME", TWICE.format("B"), "/States/A/Branches[1]/States/B")],
    ),
    "a name twice in one object": (
        '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "A": {"Type": "Succeed"}}}',
        [("DUPLICATE_STATE_NAME", TWICE.format("A"), "/States/A")],
    ),
    "a next state that is not there": (
        text(A={"Type": "Choice", "Choices": BOTH, "Default": "B"}, B={"Type": "Pass", "Next": "Gone"}),
        [
            ("MISSING_TRANSITION_TARGET", GONE, "/States/B/Next"),
            ("MISSING_END_STATE", "Workflow has no terminal state", None),
        ],
    ),
    "a default that is not there": (
        text(A={"Type": "Choice", "Choices": BOTH, "Default": "Gone"}, B=END),
        [("MISSING_TRANSITION_TARGET", GONE, "/States/A/Default")],
    ),
    "a choice that is not there": (
        text(A={"Type": "Choice", "Choices": [BOTH[0] | {"Next": "Gone"}], "Default": "B"}, B=END),
        [("MISSING_TRANSITION_TARGET", GONE, "/States/A/Choices[0]/Next")],
    ),
    "a catcher that is not there": (
        text(A=INVOKE | {"Catch": CAUGHT}),
        [("MISSING_TRANSITION_TARGET", GONE, "/States/A/Catch[0]/Next")],
    ),
    "a beginning that is not there": (
        json.dumps({"StartAt": "Gone", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": END}}),
        [
            ("MISSING_TRANSITION_TARGET", GONE, "/StartAt"),
            ("MISSING_TRANSITION_TARGET", LOST.format("A"), "/States/A"),
        ],
    ),
    "a way out of a map": (
        text(A=map_of(B=INVOKE | {"Catch": [CAUGHT[0] | {"Next": "A"}]})),
        [
            (
                "MISSING_TRANSITION_TARGET",
                "Missing 'Next' target: A",
                "/States/A/ItemProcessor/States/B/Catch[0]/Next",
            )
        ],
    ),
    "a state that nothing leads to": (
        text(A=END, B=END),
        [("MISSING_TRANSITION_TARGET", LOST.format("B"), "/States/B")],
    ),
    "a state inside that nothing leads to": (
        text(A=map_of(B=END, C=END)),
        [("MISSING_TRANSITION_TARGET", LOST.format("C"), "/States/A/ItemProcessor/States/C")],
    ),
    "no end": (
        text(A={"Type": "Pass", "Next": "B"}, B={"Type": "Pass", "Next": "A"}),
        [("MISSING_END_STATE", "Workflow has no terminal state", None)],
    ),
    "a time-out of a map": (
        text(A=map_of(B=END) | {"TimeoutSeconds": 5}),
        [("SCHEMA_VALIDATION_FAILED", "Field 'TimeoutSeconds' is not supported", "/States/A")],
    ),
    "a retry of what never fails": (
        text(A=END | {"Retry": [{"ErrorEquals": ["States.ALL"]}]}),
        [("SCHEMA_VALIDATION_FAILED", "Field 'Retry' is not supported", "/States/A")],
    ),
}
TAKEN = {
    "one state": text(A=END),
    "a state inside another": text(A=map_of(B=END)),
    "two branches": text(A=parallel(nested(B=END), nested(C=END))),
    "a state that only a catcher leads to": text(A=INVOKE | {"Catch": [CAUGHT[0] | {"Next": "B"}]}, B=END),
    "a payload with words of the language in it": text(
        A=END | {"Result": {"States": {"A": {}}, "Next": "B"}}
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_aws_refuses_has_its_diagnostics(aws, why):
    definition, expected = REFUSED[why]
    answer = aws("stepfunctions").validate_state_machine_definition(definition=definition)
    assert answer["result"] == "FAIL"
    assert [(it["code"], it["message"], it.get("location")) for it in answer["diagnostics"]] == expected
    assert {it["severity"] for it in answer["diagnostics"]} == {"ERROR"}


@pytest.mark.parametrize("definition", TAKEN.values(), ids=TAKEN)
def test_what_aws_takes_is_taken(aws, definition):
    answer = aws("stepfunctions").validate_state_machine_definition(definition=definition)
    assert (answer["result"], answer["diagnostics"], answer["truncated"]) == ("OK", [], False)


def test_asl_validator_agrees_but_for_what_it_does_not_look_at():
    """It reads what stands twice in an object once, takes an inner state's way out, and payloads for definitions."""
    refused = {"a name twice in one object", "a way out of a map"}
    taken = {"a payload with words of the language in it"}
    texts = {why: definition for why, (definition, _) in REFUSED.items()} | TAKEN
    verdicts = dict(zip(texts, find_errors(list(texts.values())), strict=True))
    assert {why for why, errors in verdicts.items() if not errors} == {*TAKEN, *refused} - taken


def test_a_machine_is_neither_made_nor_changed_by_what_is_refused(aws, machine):
    steps, (definition, _) = aws("stepfunctions"), REFUSED["a beginning that is not there"]
    said = (
        "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: Gone at /StartAt, "
        'MISSING_TRANSITION_TARGET: State "A" is not reachable. at /States/A\''
    )
    name, arn = f"m-{uuid.uuid4()}", machine({"Done": {"Type": "Succeed"}})
    role = steps.describe_state_machine(stateMachineArn=arn)["roleArn"]
    for refused in (
        lambda: steps.create_state_machine(name=name, definition=definition, roleArn=role),
        lambda: steps.update_state_machine(stateMachineArn=arn, definition=definition),
    ):
        with pytest.raises(ClientError) as caught:
            refused()
        assert caught.value.response["Error"] == {"Code": "InvalidDefinition", "Message": said}
    assert name not in [it["name"] for it in steps.list_state_machines()["stateMachines"]]
    assert "Done" in steps.describe_state_machine(stateMachineArn=arn)["definition"]


def test_a_diagnostic_without_a_place_says_null_in_a_refusal(machine):
    with pytest.raises(ClientError) as caught:
        machine({"A": {"Type": "Pass", "Next": "A"}})
    assert caught.value.response["Error"]["Message"].endswith(
        "'MISSING_END_STATE: Workflow has no terminal state at null'"
    )


def test_what_is_no_json_and_what_is_no_definition_have_their_codes(aws):
    steps = aws("stepfunctions")
    for definition, code in (('{"StartAt":', "INVALID_JSON_DESCRIPTION"), ("[]", "SCHEMA_VALIDATION_FAILED")):
        answer = steps.validate_state_machine_definition(definition=definition)
        assert [it["code"] for it in answer["diagnostics"]] == [code]


def test_no_more_diagnostics_are_shown_than_were_asked_for(aws):
    definition = text(**{f"S{number}": END for number in range(150)})
    steps = aws("stepfunctions")
    answer = steps.validate_state_machine_definition(definition=definition)
    assert (len(answer["diagnostics"]), answer["truncated"]) == (100, True)
    answer = steps.validate_state_machine_definition(definition=definition, maxResults=7)
    assert (len(answer["diagnostics"]), answer["truncated"]) == (7, True)
    assert len(definitions.judge(definition)) == 149
