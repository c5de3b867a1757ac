"""Which route of an API a request takes.

AWS: a route with all of the path goes before one with a variable, that before a greedy one, and `$default` comes last;
of two with the same path, the one that names the method goes before `ANY`. A variable is one part of the path, never
an empty one.
"""

from collections.abc import Iterable
from typing import NamedTuple

from moto.apigatewayv2.models import Route

DEFAULT, ANY = "$default", "ANY"
LITERAL, VARIABLE, GREEDY = range(3)


class Taken(NamedTuple):
    """A route, and what the path's variables have."""

    route: Route
    variables: dict[str, str]


def find(routes: Iterable[Route], method: str, segments: list[str]) -> Taken | None:
    """The most specific of the routes that match."""
    found: list[tuple[list[int], bool, Taken]] = []
    default = None
    for route in routes:
        if route.route_key == DEFAULT:
            default = Taken(route, {})
            continue
        named, _, path = route.route_key.partition(" ")
        if named not in (method, ANY):
            continue
        matched = match(path.split("/")[1:], segments)
        if matched is not None:
            found.append((matched[0], named == ANY, Taken(route, matched[1])))
    return min(found, key=lambda it: it[:2])[2] if found else default


def match(parts: list[str], segments: list[str]) -> tuple[list[int], dict[str, str]] | None:
    """How specific each part is, and the variables; None if the path is another one."""
    kinds: list[int] = []
    variables: dict[str, str] = {}
    for number, part in enumerate(parts):
        rest = segments[number:]
        if part.startswith("{") and part.endswith("+}"):
            variables[part[1:-2]] = "/".join(rest)
            return ([*kinds, GREEDY], variables) if any(rest) else None
        if not rest:
            return None
        if part.startswith("{") and part.endswith("}"):
            if not rest[0]:
                return None
            variables[part[1:-1]] = rest[0]
            kinds.append(VARIABLE)
        elif part == rest[0]:
            kinds.append(LITERAL)
        else:
            return None
    return (kinds, variables) if len(parts) == len(segments) else None
