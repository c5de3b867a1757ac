"""The way of an execution through a state machine's definition, and whom it calls on it."""

from collections.abc import Iterator

from core.contract.shapes import Json

Machine = Json
LAMBDA = "arn:aws:states:::lambda:invoke"
PUT_EVENTS = "arn:aws:states:::events:putEvents"
UPDATE_ITEM = "arn:aws:states:::dynamodb:updateItem"
BULK_WRITES = 2  # of a photo that a bulk run leaves waiting: to the table, and to the index of what is open


def path(machine: Machine, raised: str | None = None) -> list[Json]:
    """The states that are entered, if the one that catches this error by its name raises it."""
    return list(walk(machine["States"], machine["StartAt"], raised))


def walk(states: Json, start: str, raised: str | None) -> Iterator[Json]:
    name: str | None = start
    while name is not None:
        state = states[name]
        yield state
        caught = [it["Next"] for it in state.get("Catch", []) if raised in it["ErrorEquals"]]
        if caught:
            name = caught[0]
        elif state["Type"] == "Choice":
            name = state["Choices"][0]["Next"]  # each branch is as long as the others
        else:
            name = state.get("Next")


def functions(states: list[Json]) -> list[str]:
    """The functions that are called, by stage."""
    return [
        it["Parameters"]["FunctionName"].rpartition(":")[2] for it in states if it.get("Resource") == LAMBDA
    ]


def calls(states: list[Json], resource: str) -> int:
    return sum(it.get("Resource") == resource for it in states)


def writes(states: list[Json]) -> int:
    """To the register's table, and to its indexes.

    In the one of what is open a photo comes, goes, or both; in the one by source it comes, and is marked if it waits.
    """
    count, was_open = 0, False
    for expression in (it["Parameters"]["UpdateExpression"] for it in states if is_update(it)):
        is_open = "#open = " in expression
        by_source = "camera = " in expression or "waiting_at = " in expression
        count += 1 + was_open + is_open + by_source
        was_open = is_open
    return count


def is_update(state: Json) -> bool:
    return state.get("Resource") == UPDATE_ITEM


def registered_days(states: list[Json]) -> int:
    """How long the register keeps a photo, as the step that works out its end is told; 0 without a register."""
    payloads = (it["Parameters"].get("Payload", {}) for it in states if it.get("Resource") == LAMBDA)
    return next((it["retention_days"] for it in payloads if "retention_days" in it), 0)
