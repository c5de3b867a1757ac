"""What Step Functions says against a definition before it takes it.

AWS: `ValidateStateMachineDefinition` answers the diagnostics, `CreateStateMachine` and `UpdateStateMachine` refuse with
the same ones as `InvalidDefinition`. A name stands once in a whole machine, inner states of Map and Parallel included;
a transition leads to a state beside it; some transition leads to each state; some state is the last. All of these are
errors. moto 5.2.5 takes any definition whose syntax is right.

The codes are in AWS's reference (ValidateStateMachineDefinitionDiagnostic), the wording and the order as AWS's answers
are quoted in public issues: aws-cloudformation/cfn-lint 4073 and 4074, localstack 11978, floci-io/floci 2735 and 2786.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from moto.core.exceptions import AWSError
from moto.stepfunctions.parser import api
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from core.contract.shapes import Json
from localcloud import gaps

# Of these fields, where they may stand; anywhere else they are refused, and an author has meant something by them.
SUPPORTED = {
    "Catch": ("Task", "Parallel", "Map"),
    "Retry": ("Task", "Parallel", "Map"),
    "TimeoutSeconds": ("Task",),
}
LAST = ("Succeed", "Fail")


class InvalidDefinition(AWSError):
    TYPE = "InvalidDefinition"


@dataclass(frozen=True)
class Diagnostic:
    code: str
    message: str
    location: str | None = None

    def to_json(self) -> Json:
        said = {"severity": "ERROR", "code": self.code, "message": self.message}
        return said if self.location is None else said | {"location": self.location}


class Fields(dict[str, Json]):
    """An object of a definition; `twice` has the names that stand more than once in it."""

    def __init__(self, pairs: list[tuple[str, Json]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.twice = [name for place, name in enumerate(names) if name in names[:place]]


def install() -> None:
    """Fill the gaps."""

    @gaps.wrap(StepFunctionsParserBackend, "create_state_machine")
    def create_state_machine(
        original: gaps.Original, self: StepFunctionsParserBackend, definition: str, **settings: object
    ) -> object:
        _refuse(definition)
        return original(self, definition=definition, **settings)

    @gaps.wrap(StepFunctionsParserBackend, "update_state_machine")
    def update_state_machine(
        original: gaps.Original, self: StepFunctionsParserBackend, definition: str | None, **settings: object
    ) -> object:
        if definition is not None:
            _refuse(definition)
        return original(self, definition=definition, **settings)


def _refuse(definition: str) -> None:
    if found := judge(definition):
        said = ", ".join(f"{it.code}: {it.message} at {it.location or 'null'}" for it in found)
        raise InvalidDefinition(f"Invalid State Machine Definition: '{said}'")


def judge(definition: str) -> list[Diagnostic]:
    """What is wrong with it; nothing, if AWS would take it."""
    try:
        machine = json.loads(definition, object_pairs_hook=Fields)
    except ValueError as error:
        return [Diagnostic("INVALID_JSON_DESCRIPTION", str(error))]
    try:
        # Without what stands twice, which moto calls a fault of the syntax.
        StepFunctionsParserBackend._validate_definition(json.dumps(machine))
    except api.InvalidDefinition as error:
        return [Diagnostic("SCHEMA_VALIDATION_FAILED", str(error.message))]
    machines = list(_list_machines(machine, ""))
    found = [
        *_find_unsupported(machines),
        *_find_duplicates(machines),
        *(missing for inner, at in machines for missing in _find_missing(inner, at)),
    ]
    if not any(state.get("End") or state["Type"] in LAST for state in machine["States"].values()):
        return [*found, Diagnostic("MISSING_END_STATE", "Workflow has no terminal state")]
    return [*found, *(lost for inner, at in machines for lost in _find_unreachable(inner, at))]


def _list_machines(machine: Json, at: str) -> Iterator[tuple[Json, str]]:
    """The machine and those inside its states, each with its location."""
    yield machine, at
    for name, state in machine["States"].items():
        place = f"{at}/States/{name}"
        for field in ("ItemProcessor", "Iterator"):
            if field in state:
                yield from _list_machines(state[field], f"{place}/{field}")
        for number, branch in enumerate(state.get("Branches", [])):
            yield from _list_machines(branch, f"{place}/Branches[{number}]")


def _list_transitions(machine: Json, at: str) -> Iterator[tuple[str, str]]:
    """Where each transition leads, and its location."""
    yield machine["StartAt"], f"{at}/StartAt"
    for name, state in machine["States"].items():
        place = f"{at}/States/{name}"
        steps = {place: state} | {
            f"{place}/{group}[{number}]": step
            for group in ("Choices", "Catch")
            for number, step in enumerate(state.get(group, []))
        }
        for location, step in steps.items():
            for field in ("Next", "Default"):
                if field in step:
                    yield step[field], f"{location}/{field}"


def _find_unsupported(machines: list[tuple[Json, str]]) -> Iterator[Diagnostic]:
    for machine, at in machines:
        for name, state in machine["States"].items():
            for field, kinds in SUPPORTED.items():
                if field in state and state["Type"] not in kinds:
                    said = f"Field '{field}' is not supported"
                    yield Diagnostic("SCHEMA_VALIDATION_FAILED", said, f"{at}/States/{name}")


def _find_duplicates(machines: list[tuple[Json, str]]) -> Iterator[Diagnostic]:
    seen = set()
    for machine, at in machines:
        for name in (*machine["States"], *machine["States"].twice):
            if name in seen:
                said = f"Duplicate State name: {name}"
                yield Diagnostic("DUPLICATE_STATE_NAME", said, f"{at}/States/{name}")
            seen.add(name)


def _find_missing(machine: Json, at: str) -> Iterator[Diagnostic]:
    for target, location in _list_transitions(machine, at):
        if target not in machine["States"]:
            # AWS calls it 'Next' wherever it stands.
            yield Diagnostic("MISSING_TRANSITION_TARGET", f"Missing 'Next' target: {target}", location)


def _find_unreachable(machine: Json, at: str) -> Iterator[Diagnostic]:
    targets = {target for target, _ in _list_transitions(machine, at)}
    for name in machine["States"]:
        if name not in targets:
            said = f'State "{name}" is not reachable.'
            yield Diagnostic("MISSING_TRANSITION_TARGET", said, f"{at}/States/{name}")
