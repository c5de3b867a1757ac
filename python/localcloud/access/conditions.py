"""The `Condition` of a policy's statement: whether what is known of a request meets it.

AWS: all operators and all their keys have to hold; one of the values is enough. A key that the request does not have
fails a plain operator and meets a negated one, `IfExists` and `ForAllValues`. Keys know no upper and lower case.
What is not in the tables below raises NotImplementedError: the local cloud says so rather than guess.
"""

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.contract.shapes import Json
from localcloud.access import patterns

# What a request says of one key: nothing, one value, or several.
Lookup = Callable[[str], Sequence[str] | None]
Compare = Callable[[str, str], bool]  # the policy's value, the request's


def _match_text(wanted: str, found: str) -> bool:
    return patterns.compile_text(wanted).fullmatch(found) is not None


def _match_arn(wanted: str, found: str) -> bool:
    return patterns.compile_arn(wanted).fullmatch(found) is not None


OPERATORS: dict[str, Compare] = {
    "ArnEquals": _match_arn,
    "ArnLike": _match_arn,
    "Bool": lambda wanted, found: wanted.lower() == found.lower(),
    "StringEquals": lambda wanted, found: wanted == found,
    "StringEqualsIgnoreCase": lambda wanted, found: wanted.lower() == found.lower(),
    "StringLike": _match_text,
}
NEGATED = {
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
}
OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?")


@dataclass(frozen=True)
class Test:
    """One key of one operator."""

    operator: str
    key: str
    values: tuple[str, ...]

    def holds(self, look_up: Lookup) -> bool:
        parts = OPERATOR.fullmatch(self.operator)
        if parts is None:
            raise NotImplementedError(f"the local cloud knows no condition operator {self.operator}")
        quantifier, name, if_exists = parts.groups()
        found = look_up(self.key)
        if name == "Null":
            return (found is None) == (self.values[0].lower() == "true")
        compare = _find(name)
        if found is None:
            return bool(if_exists) or quantifier == "ForAllValues" or name in NEGATED
        met = [any(compare(wanted, value) for wanted in self.values) != (name in NEGATED) for value in found]
        # A negated operator on several values without a quantifier: none may be among those of the policy.
        return all(met) if quantifier == "ForAllValues" or name in NEGATED else any(met)


@functools.cache
def _find(name: str) -> Compare:
    compare = OPERATORS.get(NEGATED.get(name, name))
    if compare is None:
        raise NotImplementedError(f"the local cloud knows no condition operator {name}")
    return compare


def read(condition: Json) -> tuple[Test, ...]:
    """The tests of a statement's `Condition`, all of which have to hold."""
    return tuple(
        Test(operator, key.lower(), tuple(map(_text, values if isinstance(values, list) else [values])))
        for operator, keys in condition.items()
        for key, values in keys.items()
    )


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
