"""What a plan changes about a month's bill: a month without a photo, with what is there before and after it."""

from dataclasses import dataclass

from core.contract.shapes import Json
from cost import measured, month, prices, standing
from cost.definition import Resource
from cost.photos import Costs, Photos


@dataclass(frozen=True)
class Bill:
    """Dollars by service, in whole cents."""

    before: Costs
    after: Costs

    @property
    def more(self) -> float:
        return round(sum(self.after.values()) - sum(self.before.values()), 2)


def read(env: str, changes: list[Resource]) -> Bill:
    """The bill of all resources of a plan, also of those that it does not change."""
    managed = [stay(it) for it in changes if it["mode"] == "managed" and "deposed" not in it]
    return Bill(
        *(
            work_out(env, [resource(it, side) for it in managed if it["change"][side]])
            for side in ("before", "after")
        )
    )


def stay(change: Resource) -> Resource:
    """What Terraform forgets is there all the same."""
    if change["change"].get("actions") != ["forget"]:
        return change
    return change | {"change": change["change"] | {"after": change["change"]["before"]}}


def resource(change: Resource, side: str) -> Resource:
    """As it is on one side of the change. What is known only after apply is taken to stay as it is."""
    was, values = change["change"]["before"] or {}, change["change"][side]
    return {"type": change["type"], "change": {"after": values if side == "before" else keep(was, values)}}


def keep(was: Json, values: Json) -> Json:
    return {name: value for name, value in was.items() if name not in values} | values


def work_out(env: str, resources: list[Resource]) -> Costs:
    there = standing.read(env, resources)
    costs = month.idle(Photos(0, there, measured.newest(), prices.read(prices.DEFAULT)))
    return {service: round(dollars, 2) for service, dollars in costs.items()}
