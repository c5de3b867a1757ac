"""A policy's document, read once: its statements, and whether one is about a request."""

import functools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.contract.shapes import Json
from localcloud.access import conditions, patterns
from localcloud.access.conditions import Lookup

Patterns = tuple[re.Pattern[str], ...]


@dataclass(frozen=True)
class Request:
    """What somebody wants to do. `names` are the principal's: its ARNs, its account, or a service's name."""

    action: str
    resource: str
    names: Sequence[tuple[str, str]]  # of what kind: AWS, Service or Federated
    look_up: Lookup


@dataclass(frozen=True)
class Statement:
    """One statement. `actions` and `resources` are None where the document names none."""

    name: str
    allows: bool
    actions: Patterns
    not_actions: bool
    resources: Patterns | None
    not_resources: bool
    principals: tuple[tuple[str, str], ...] | None
    tests: tuple[conditions.Test, ...]

    def is_about(self, request: Request) -> bool:
        """Whether it applies to the request, whoever makes it."""
        return (
            _matches(self.actions, request.action) != self.not_actions
            and (self.resources is None or _matches(self.resources, request.resource) != self.not_resources)
            and all(test.holds(request.look_up) for test in self.tests)
        )

    def names(self, request: Request) -> bool:
        """Whether it names who makes the request."""
        if self.principals is None:
            return False
        return any(it in request.names or it == ("AWS", "*") for it in self.principals)


@functools.lru_cache(maxsize=1024)
def read(label: str, document: str) -> tuple[Statement, ...]:
    """The statements of a policy, each named by the policy's label and its own `Sid` or number."""
    listed = _listed(json.loads(document or "{}").get("Statement", []))
    return tuple(_read(f"{label}/{it.get('Sid') or number}", it) for number, it in enumerate(listed, 1))


def _read(name: str, written: Json) -> Statement:
    if "NotPrincipal" in written:
        raise NotImplementedError("the local cloud knows no NotPrincipal")
    resources = written.get("Resource", written.get("NotResource"))
    return Statement(
        name=name,
        allows=written["Effect"] == "Allow",
        actions=tuple(
            map(patterns.compile_action, _listed(written.get("Action", written.get("NotAction", []))))
        ),
        not_actions="NotAction" in written,
        resources=None if resources is None else tuple(map(patterns.compile_arn, _listed(resources))),
        not_resources="NotResource" in written,
        principals=_principals(written["Principal"]) if "Principal" in written else None,
        tests=conditions.read(written.get("Condition", {})),
    )


def _matches(known: Patterns, text: str) -> bool:
    return any(pattern.fullmatch(text) for pattern in known)


def _principals(written: str | Json) -> tuple[tuple[str, str], ...]:
    kinds = {"AWS": written} if isinstance(written, str) else written
    return tuple((kind, name) for kind, names in kinds.items() for name in _listed(names))


def _listed(value: object) -> list:
    return value if isinstance(value, list) else [value]
