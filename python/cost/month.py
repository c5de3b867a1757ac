"""What an environment costs in a month in which no photo comes, and what its endpoint costs, saves and could save."""

from dataclasses import dataclass

from cost import schedule
from cost.photos import Costs, Photos

# Of a sweep that finds nothing: for claims, for what nobody was told, for what failed; and three for what waits.
QUERIES = 6


@dataclass(frozen=True)
class Endpoint:
    """A month of the endpoint with the fewest and with the most instances, by its schedule and without one."""

    fewest: float
    most: float
    fewest_unscheduled: float
    most_unscheduled: float


def idle(photos: Photos) -> Costs:
    environment, prices = photos.environment, photos.prices
    return {
        "endpoint": endpoint(photos).fewest,
        "keys": environment.keys * prices["key_month"],
        "alarms": environment.alarm_metrics * prices["alarm_metric_month"],
        "dashboards": environment.dashboards * prices["dashboard_month"],
        "metrics": environment.metrics * prices["metric_month"],
        "monitor": scheduled(photos, "monitor"),
        "label": scheduled(photos, "label", photos.prices["dynamodb_read"]),  # what is due
        "sweep": scheduled(photos, "sweep", sweeping(photos)),
        "programs of the API": environment.programs * prices["cognito_program_month"],
    }


def sweeping(photos: Photos) -> float:
    """What one sweep reads; that Step Functions lists executions costs nothing."""
    environment, prices = photos.environment, photos.prices
    queries = QUERIES + environment.sources  # each of a unit
    return queries * prices["dynamodb_read"] + environment.review_queues * prices["sqs_request"]


def scheduled(photos: Photos, function: str, reading: float = 0) -> float:
    """The runs of a function that a schedule calls, with what one of them reads."""
    environment, prices = photos.environment, photos.prices
    runs = environment.runs_a_day.get(function, 0) * prices.assumptions["hours_in_a_month"] / 24
    run = reading
    if runs and function in environment.functions:
        run += photos.invocation(function) + photos.logs(photos.measured.functions[function].log_bytes)
    return runs * (prices["scheduled_invocation"] + run)


def endpoint(photos: Photos) -> Endpoint:
    fleet, prices = photos.environment.fleet, photos.prices
    if fleet is None:
        return Endpoint(0, 0, 0, 0)
    instance = prices.hour(fleet.instance_type) * prices.assumptions["hours_in_a_month"]
    fewest, most = schedule.mean(fleet.limits, fleet.schedule)
    return Endpoint(
        *(count * instance for count in (fewest, most, fleet.limits.minimum, fleet.limits.maximum))
    )
