"""The way of an execution through a state machine's definition, and whom it calls on it."""

from collections.abc import Iterator

from core.contract.shapes import Json

Machine = Json
LAMBDA = "arn:aws:states:::lambda:invoke"
PUT_EVENTS = "arn:aws:states:::events:putEvents"
UPDATE_ITEM = "arn:aws:states:::dynamodb:updateItem"
BULK_WRITES = 2  # of a photo that a bulk run leaves waiting: to the table, and to the index of what is open


# Where a decision goes that a person has made on a driver who waits, and may take back for some seconds.
DECIDED = {"NamePhoto": "AwaitGrace", "Decided": "AssignDriver"}


def path(machine: Machine, raised: str | None = None) -> list[Json]:
    """The states that are entered, if the one that catches this error by its name raises it."""
    return list(walk(machine["States"], machine["StartAt"], raised, {}))


def decided(machine: Machine) -> list[Json]:
    """The states that a decision enters."""
    return list(walk(machine["States"], machine["StartAt"], None, DECIDED))


def walk(states: Json, start: str, raised: str | None, chosen: dict[str, str]) -> Iterator[Json]:
    """What is chosen where is said, or each branch is as long as the others."""
    name: str | None = start
    while name is not None:
        state = states[name]
        yield state
        caught = [it["Next"] for it in state.get("Catch", []) if raised in it["ErrorEquals"]]
        if caught:
            name = caught[0]
        elif state["Type"] == "Choice":
            name = chosen.get(name, state["Choices"][0]["Next"])
        else:
            name = state.get("Next")


def functions(states: list[Json]) -> list[str]:
    """The functions that are called, by stage."""
    return [
        it["Parameters"]["FunctionName"].rpartition(":")[2] for it in states if it.get("Resource") == LAMBDA
    ]


def calls(states: list[Json], resource: str) -> int:
    return sum(it.get("Resource") == resource for it in states)


def writes(states: list[Json], waiting: bool = False) -> int:
    """To the register's table, and to its indexes.

    In the one of what is open a photo comes, goes, or both, and is written anew while it is there, as one that waits
    already; in the one by source it comes, and is marked if it waits; in the one by day it comes with its first route,
    and in the one of what is to be labelled with a decision.
    """
    count, was_open = 0, waiting
    for expression in (it["Parameters"]["UpdateExpression"] for it in states if is_update(it)):
        is_open = "#open = " in expression
        by_source = "camera = " in expression or "waiting_at = " in expression
        by_day = "#day = " in expression
        to_label = "labelling = " in expression
        count += 1 + was_open + is_open + by_source + by_day + to_label
        was_open = is_open or (was_open and "#open" not in expression)
    return count


def is_update(state: Json) -> bool:
    return state.get("Resource") == UPDATE_ITEM


def registered_days(states: list[Json]) -> int:
    """How long the register keeps a photo, as the step that works out its end is told; 0 without a register."""
    payloads = (it["Parameters"].get("Payload", {}) for it in states if it.get("Resource") == LAMBDA)
    return next((it["retention_days"] for it in payloads if "retention_days" in it), 0)
