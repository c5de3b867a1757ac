"""Who calls: a program, or a person who is in groups of the user pool."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

PROGRAM = "program"
ARRIVALS, REVIEWERS, LEADS = GROUPS = ("arrivals", "reviewers", "leads")


@dataclass(frozen=True)
class Caller:
    sub: str
    roles: frozenset[str]

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """By the claims of the token that the gateway has looked at. A program's token has its own id as `sub`."""
        claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
        if claims["sub"] == claims.get("client_id"):
            return cls(claims["sub"], frozenset({PROGRAM}))
        return cls(claims["sub"], frozenset(read_groups(claims.get("cognito:groups"))) & {*GROUPS})

    @property
    def leads(self) -> bool:
        return LEADS in self.roles

    @property
    def reviews(self) -> bool:
        return not self.roles.isdisjoint((REVIEWERS, LEADS))


def read_groups(claim: object) -> list[str]:
    """API Gateway writes a claim that is a list as text, with blanks between: `[leads reviewers]`."""
    if isinstance(claim, str) and claim.startswith("[") and claim.endswith("]"):
        return claim[1:-1].split(" ")
    return []
