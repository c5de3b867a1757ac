"""The prices that a cost is worked out from, out of prices.toml or a file in its form."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.console import UserError
from core.contract.shapes import Json

DEFAULT = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True)
class Prices:
    """`prices["s3_put"]` are the dollars for one; `instances` those for an hour of each type."""

    file: Path
    date: str
    region: str
    units: Mapping[str, float]
    instances: Mapping[str, float]
    assumptions: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        return self.units[name]

    def hour(self, instance: str) -> float:
        if instance not in self.instances:
            raise UserError(
                f'{self.file} has no price for {instance}: add [instance."{instance}"] with its usd'
            )
        return self.instances[instance]


def read(file: Path) -> Prices:
    try:
        content = tomllib.loads(file.read_text())
    except OSError as error:
        raise UserError(f"the prices in {file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"the prices in {file} are not TOML: {error}") from error
    for name in ("date", "region"):
        if not isinstance(content.get(name), str):
            raise UserError(f'{file} does not say of which {name} its prices are: add {name} = "..."')
    prices = section(file, content, "price")
    return Prices(
        file=file,
        date=content["date"],
        region=content["region"],
        units={
            name: amount(file, f"price.{name}", entry, "usd") / per(file, name, entry)
            for name, entry in prices.items()
        },
        instances={
            name: amount(file, f'instance."{name}"', entry, "usd")
            for name, entry in section(file, content, "instance").items()
        },
        assumptions={
            name: amount(file, f"assumption.{name}", entry, "value")
            for name, entry in section(file, content, "assumption").items()
        },
    )


def section(file: Path, content: Json, name: str) -> Json:
    """The entries of one kind. Those that are no instances have to be the ones that the file with the code has."""
    entries, ours = content.get(name, {}), tomllib.loads(DEFAULT.read_text())[name]
    if name == "instance":
        return entries
    if missing := sorted(set(ours) - set(entries)):
        raise UserError(f"{file} has no [{name}.{missing[0]}]: copy it from {DEFAULT.name}")
    if unknown := sorted(set(entries) - set(ours)):
        raise UserError(f"{file} has [{name}.{unknown[0]}], which nothing asks for: remove it")
    return entries


def amount(file: Path, where: str, entry: Json, key: str) -> float:
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise UserError(f"{file}: [{where}] needs {key}, a number of 0 or more, not {value!r}")
    return value


def per(file: Path, name: str, entry: Json) -> float:
    value = amount(file, f"price.{name}", entry, "per")
    if not value:
        raise UserError(f"{file}: [price.{name}] has per = 0: say for how many its usd are")
    return value
