"""What was decided of a photo: its route, or that it has none, and each decision of people on record."""

from collections.abc import Iterator

from core.contract import answered_items, register
from core.contract.shapes import Json


def read_decisions(item: Json) -> Iterator[tuple[int, Json]]:
    """The decisions with their numbers, the first one first; a number may have failed before it was recorded."""
    for number in range(1, int(item.get("decided", 0)) + 1):
        if found := item.get(answered_items.decision(number)):
            yield number, found


def read_opinions(item: Json) -> Iterator[tuple[int, Json]]:
    """Answers of people that route nobody, with their numbers."""
    yield from answered_items.numbered(item, answered_items.OPINION).items()


def read_withdrawn(item: Json) -> list[int]:
    """The numbers of decisions that count no more."""
    return sorted(map(int, item.get(answered_items.WITHDRAWN, ())))


def is_objected_to(item: Json) -> bool:
    """Whether it is routed, and its driver says that the answer is wrong and waits for a person again."""
    return item["state"] == register.ROUTED and item.get("open") == register.WAITING


def took_effect(item: Json, number: int) -> bool:
    """Whether the photo is where this decision put it: what claims it for a decision does not change it yet."""
    made = item.get(answered_items.decision(number))
    moment = {register.ROUTED: "routed_at", register.DECIDED: "decided_at"}.get(item["state"])
    return bool(
        made and moment and made["execution"] == item["execution"] and item.get(moment, "") >= made["at"]
    )


def describe_label(made: Json) -> str:
    return f"{made['label']} ({made['vehicle']})" if made.get("vehicle") else made["label"]


def describe(item: Json) -> str:
    """Of a photo that is routed, or that is decided and routes nobody; of any other, its state."""
    match item["state"]:
        case register.ROUTED:
            bay, sure = item["assignment"], item.get("confidence")
            again = "anew " if item.get("kind") == register.CORRECTION else ""
            return (
                f"routed {again}by the {item['decided_by']}: {describe_label(item)}"
                f"{'' if sure is None else f' ({sure:.4f})'}, loading bay {bay['loading_bay']}, orders within "
                f"{bay['max_distance_km']} km"
            )
        case register.DECIDED:
            return f"decided by the {item['decided_by']}: {describe_label(item)}, and no driver is told"
    return item["state"]
