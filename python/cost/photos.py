"""What photos cost beyond an environment's standing costs: dollars by service."""

import math
from dataclasses import dataclass

from core.contract.errors import LOW_CONFIDENCE
from core.contract.shapes import Json
from cost import transitions
from cost.batches import Bulk
from cost.measured import Measured
from cost.prices import Prices
from cost.standing import Environment, Function

GB = 1_000_000_000
MB_A_GB = 1024
EXPRESS_MB, EXPRESS_MS = 64, 100  # what an Express execution's memory and time are rounded up to
WRITTEN = 1024  # bytes of an item that a unit of writing takes
LISTED = 1000  # objects that one request lists
DAYS = 30  # in a month of storage

Costs = dict[str, float]


@dataclass(frozen=True)
class Photos:
    """So many photos in an environment, by what was measured and what AWS asks for it."""

    count: int
    environment: Environment
    measured: Measured
    prices: Prices

    def one_by_one(self, review: bool = False, express: bool = False) -> Costs:
        """As they arrive: each upload starts an execution, which is accepted or ends with a person."""
        prices, took = self.prices, self.measured
        states = transitions.path(self.environment.machines["workflow"], LOW_CONFIDENCE if review else None)
        stages = transitions.functions(states)
        standard = len(states) * prices["step_functions_transition"]
        # S3 sends one for each object: a photo, and at most one of captures for each photo that is captured.
        events = 1 + self.environment.captured + transitions.calls(states, transitions.PUT_EVENTS)
        log_bytes = took.workflow.log_bytes + sum(took.functions[stage].log_bytes for stage in stages)
        each = {
            "Step Functions": self.execution(took.workflow.milliseconds) if express else standard,
            "Lambda": sum(self.invocation(stage) for stage in stages),
            "EventBridge": events * prices["event"],
            "photos in S3": prices["s3_put"]
            + self.environment.photo_reads * prices["s3_get"]
            + self.store("incoming/", self.photo_bytes),
            "captures in S3": self.capture(),
            "register": self.register(states),
            "logs": self.logs(log_bytes),
            "X-Ray": prices["trace"],
            "endpoint": self.endpoint(),
        }
        return {service: self.count * dollars for service, dollars in each.items()}

    def in_bulk(self, bulk: Bulk) -> Costs:
        """A prefix at a time, of photos that are there already: a Map starts a child for each batch of them."""
        prices, took = self.prices, self.measured.functions["batch"]
        batches = math.ceil(self.count / bulk.batch)
        milliseconds = bulk.batch * took.milliseconds
        return {
            "Step Functions": (bulk.states + batches) * prices["step_functions_transition"]
            + batches * self.execution(milliseconds),
            "Lambda": batches * self.run(bulk.function, milliseconds),
            "EventBridge": (batches + self.count * self.environment.captured) * prices["event"],
            "photos in S3": self.count * prices["s3_get"]
            + (math.ceil(self.count / LISTED) + batches) * prices["s3_put"],
            "captures in S3": self.count * self.capture(),
            "register": 0.0,  # it has only those that the model is not sure of
            "logs": self.count * self.logs(took.log_bytes),
            "X-Ray": batches * prices["trace"],
            "endpoint": self.count * self.endpoint_in_bulk(bulk),
        }

    @property
    def photo_bytes(self) -> float:
        return self.prices.assumptions["photo_bytes"]

    def execution(self, milliseconds: float) -> float:
        """One Express execution."""
        seconds = math.ceil(milliseconds / EXPRESS_MS) * EXPRESS_MS / 1000
        return (
            self.prices["express_request"] + seconds * EXPRESS_MB / MB_A_GB * self.prices["express_gb_second"]
        )

    def invocation(self, stage: str) -> float:
        """One run of a function, as long as it was measured."""
        return self.run(self.environment.functions[stage], self.measured.functions[stage].milliseconds)

    def run(self, function: Function, milliseconds: float) -> float:
        gb_seconds = function.memory_mb / MB_A_GB * milliseconds / 1000
        return (
            self.prices["lambda_request"]
            + gb_seconds * self.prices[f"lambda_gb_second_{function.architecture}"]
        )

    def store(self, prefix: str, size: float) -> float:
        """One object under a prefix of the bucket, until it expires."""
        return size / GB * self.environment.kept_days[prefix] / DAYS * self.prices["s3_gb_month"]

    def capture(self) -> float:
        """The record of one photo and its answer; several share a file, so that a file for each is the most."""
        size = self.photo_bytes * 4 / 3 + self.prices.assumptions["capture_overhead_bytes"]
        return self.environment.captured * (self.prices["s3_put"] + self.store("captures/", size))

    def register(self, states: list[Json]) -> float:
        """One photo's item, as it is written on the way through these states."""
        return self.item(transitions.writes(states), transitions.registered_days(states))

    def item(self, writes: int, days: int) -> float:
        """The writing of it, and its place until it expires."""
        prices, size = self.prices, self.prices.assumptions["item_bytes"]
        kept = prices["dynamodb_gb_month"] + prices["dynamodb_recovery_gb_month"]
        units = writes * math.ceil(size / WRITTEN)
        return units * prices["dynamodb_write"] + size / GB * days / DAYS * kept

    def logs(self, size: float) -> float:
        months = self.environment.log_days / DAYS
        return size / GB * (self.prices["log_gb"] + months * self.prices["log_gb_month"])

    def endpoint(self) -> float:
        """One photo's share of an instance that gets as many as make another one come."""
        fleet = self.environment.fleet
        return self.prices.hour(fleet.instance_type) / 60 / fleet.photos_a_minute if fleet else 0.0

    def endpoint_in_bulk(self, bulk: Bulk) -> float:
        """One photo's share of the largest fleet, which works on so many batches at once."""
        if not (fleet := self.environment.fleet):
            return 0.0
        hours = self.measured.functions["batch"].milliseconds / 1000 / 3600
        return self.prices.hour(fleet.instance_type) * hours * fleet.limits.maximum / bulk.at_once
