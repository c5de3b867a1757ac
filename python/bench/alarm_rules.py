"""Which alarms the monitor's figures ring, and at what: as Terraform's code has it, so no limit stands here again.

read()  ->  [Rule("image-drift", "ImageDriftLowerBound", above=True, limit=0.1), ...]
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.terraform_code import hcl_blocks, literals
from core.terraform_code.literals import Formula
from operations.terraform import CONFIGURATION

ALARMS = CONFIGURATION / "modules/monitoring/alarms.tf"
VARIABLES = CONFIGURATION / "variables.tf"
METRIC = re.compile(r'merge\(local\.bound,\{name="(\w+)"\}\)')  # of a day's figures
LIMIT = re.compile(r"var\.drift\.(\w+)")
DEFAULT = re.compile(r"optional\(number,([\d.]+)\)")


@dataclass(frozen=True)
class Rule:
    alarm: str
    metric: str
    above: bool  # it rings for more than the limit; else for less
    limit: float

    def rings(self, figures: Mapping[str, float]) -> bool:
        """A figure that cannot be said rings nothing."""
        value = figures.get(self.metric)
        return value is not None and (value > self.limit if self.above else value < self.limit)


def limits() -> dict[str, float]:
    """What the variable `drift` has where an environment says nothing."""
    (variable,) = (it for it in hcl_blocks.read(VARIABLES.read_text()) if it.head == ("variable", "drift"))
    fields = next(literals.objects(next(variable.find("type")).value))[0]
    return {
        name: float(found[1])
        for name, value in fields.items()
        if isinstance(value, Formula) and (found := DEFAULT.fullmatch(value.text))
    }


def read() -> list[Rule]:
    return list(find(ALARMS.read_text(), limits()))


def find(code: str, known: Mapping[str, float]) -> Iterator[Rule]:
    for entries, _ in literals.objects(code):
        for name, alarm in entries.items():
            if not isinstance(alarm, dict) or not isinstance(metric := alarm.get("metric"), Formula):
                continue
            if found := METRIC.fullmatch(metric.text):
                limit = LIMIT.fullmatch(alarm["threshold"].text)
                assert limit, f"{name} has another limit than one of var.drift"
                yield Rule(name, found[1], alarm["comparison"] == "GreaterThanThreshold", known[limit[1]])
