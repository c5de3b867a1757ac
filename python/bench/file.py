"""The file of a measuring: name -> value for whoever wants no more, and in `measured` all that is known.

{"staging_s": 0.34, ..., "measured": {"machine": {"cores": 2, ...}, "figures": {"staging_s": {"n": 5, ...}, ...}}}
"""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.figures import Measured
from core.console import UserError

DETAILS = "measured"


@dataclass(frozen=True)
class Machine:
    cores: int | None
    python: str
    system: str

    def __str__(self) -> str:
        return f"{self.cores} cores, Python {self.python}, {self.system}"


@dataclass(frozen=True)
class Measuring:
    machine: Machine | None  # a file that has nothing but name -> value does not tell
    figures: list[Measured]


def this_machine() -> Machine:
    return Machine(os.cpu_count(), platform.python_version(), f"{platform.system()} {platform.machine()}")


def write(path: Path, figures: Sequence[Measured]) -> None:
    known = {"machine": asdict(this_machine()), "figures": {it.name: details(it) for it in figures}}
    content = {figure.name: figure.value for figure in figures} | {DETAILS: known}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n")


def details(it: Measured) -> dict[str, Any]:
    return {
        "n": it.rounds,
        "min": it.least,
        "max": it.most,
        "busy": it.busy if it.busy is None else round(it.busy, 3),
        "unit": it.unit,
        "meaning": it.meaning,
    }


def read(path: Path) -> Measuring:
    """Written at another time, or on another machine."""
    try:
        content = json.loads(path.read_text())
        known = content.pop(DETAILS, {})
        told = known.get("figures", {})
        figures = [parse(name, float(value), told.get(name, {})) for name, value in content.items()]
        return Measuring(Machine(**known["machine"]) if "machine" in known else None, figures)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): name a file of make bench") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is not a file of make bench: name another") from error


def parse(name: str, value: float, told: dict[str, Any]) -> Measured:
    return Measured(
        name,
        value,
        float(told.get("min", value)),
        float(told.get("max", value)),
        int(told.get("n", 1)),
        None if told.get("busy") is None else float(told["busy"]),
        told.get("unit", ""),
        told.get("meaning", ""),
    )
