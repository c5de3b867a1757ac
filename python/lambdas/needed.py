"""Environment variables that a function cannot do without: what is missing or makes no sense is named, all at once."""

from collections.abc import Mapping, Sequence

from core.contract.shapes import InvalidSetting


def read_texts(environment: Mapping[str, str], names: Sequence[str]) -> list[str]:
    if missing := [name for name in names if not environment.get(name)]:
        raise InvalidSetting(f"{', '.join(missing)} must be set")
    return [environment[name] for name in names]


def read_numbers(environment: Mapping[str, str], names: Sequence[str]) -> list[int]:
    """Whole ones, 0 or more."""
    given = {name: environment.get(name, "") for name in names}
    if wrong := [f"{name} {text!r}" for name, text in given.items() if not text.isdecimal()]:
        raise InvalidSetting(f"these must be whole numbers: {', '.join(wrong)}")
    return [int(text) for text in given.values()]
