"""What moto works out anew for each request, though it comes out the same: worked out once.

moto 5.2.5 matches a request with its service's operations up to three times, lists the methods of the class that
answers it, and takes a lock whenever it looks for the data of an account.
"""

import functools
from typing import Any

from moto.core import responses
from moto.core.base_backend import BackendDict
from moto.core.request import Request
from moto.core.routing import ServiceOperationRouter

from localcloud import gaps

MATCH = "localcloud.match"  # in a request's environment


def install() -> None:
    """Let moto remember."""
    for name in ("camelcase_to_underscores", "method_names_from_class"):
        setattr(responses, name, functools.cache(getattr(responses, name)))

    @gaps.wrap(ServiceOperationRouter, "match")
    def match(original: gaps.Original, self: ServiceOperationRouter, request: Request) -> Any:
        known = request.environ.get(MATCH)
        if known is None or known[0] is not self or known[1] != request.content_type:
            known = request.environ[MATCH] = (self, request.content_type, *original(self, request))
        operation, in_path = known[2:]
        return operation, dict(in_path)

    @gaps.wrap(BackendDict, "__getitem__")
    def get(original: gaps.Original, self: Any, account: str) -> Any:
        found = dict.get(self, account)
        return original(self, account) if found is None else found
