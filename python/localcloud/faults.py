"""Services that do not answer as they should, for tests: AWS has no switch for that.

`PUT /_localcloud/fault` says which, until the next word on the same service:

    dynamodb throttle   each request for items is one too many
    dynamodb down       each request for items fails
    dynamodb up
    events down         nothing that is sent to a bus is taken
    events up

What somebody may not do is refused as before, and tables and buses can be made and looked at.
"""

from types import MappingProxyType

from moto.core.responses import BaseResponse

from localcloud.access import refusals

ITEMS = (
    "BatchGetItem",
    "BatchWriteItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "Scan",
    "TransactGetItems",
    "TransactWriteItems",
    "UpdateItem",
)
OPERATIONS = MappingProxyType({"dynamodb": ITEMS, "events": ("PutEvents",)})
UP = "up"
# The error's name, its status and what it says.
FAULTS = MappingProxyType(
    {
        ("dynamodb", "throttle"): (
            "ThrottlingException",
            400,
            "Rate of requests exceeds the allowed throughput.",
        ),
        ("dynamodb", "down"): ("InternalServerError", 500, "Internal server error"),
        ("events", "down"): ("InternalException", 500, "Internal failure"),
    }
)

_faults: dict[str, tuple[str, int, str]] = {}  # by service


def set_fault(told: str) -> None:
    service, _, word = told.partition(" ")
    if word == UP and service in OPERATIONS:
        _faults.pop(service, None)
    else:
        _faults[service] = FAULTS[service, word]


def check(response: BaseResponse, service: str, operation: str) -> None:
    """Raise the fault that the service has."""
    fault = _faults.get(service)
    if fault and operation in OPERATIONS[service]:
        raise refusals.answer(response, *fault)
