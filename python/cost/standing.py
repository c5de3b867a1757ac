"""What costs money in an environment, out of the resources that Terraform would make there."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from core.contract.shapes import Json
from cost.definition import Resource
from cost.schedule import Limits, times_a_day

Values = Json


@dataclass(frozen=True)
class Function:
    memory_mb: int
    architecture: str


@dataclass(frozen=True)
class Fleet:
    instance_type: str
    photos_a_minute: float  # that one instance takes, before another one comes
    limits: Limits
    schedule: tuple[Limits, ...]


@dataclass(frozen=True)
class Environment:
    name: str
    machines: dict[str, Values]  # the definitions of its state machines, by the last part of their names
    functions: dict[str, Function]
    photo_reads: int  # from S3: by serialize, and by classify too where only pointers pass
    fleet: Fleet | None  # none with the endpoint switched off
    captured: float  # share of the photos that is captured
    kept_days: dict[str, int]  # by the prefix of the bucket
    log_days: int
    keys: int
    alarm_metrics: int
    dashboards: int
    metrics: int  # of its own, as its dashboards show them
    runs_a_day: dict[str, float]  # of the functions that a schedule calls
    sources: int  # that are watched
    review_queues: int  # that the sweep looks into, as long as there are some
    programs: int  # that may call the API
    strangers: float  # requests a second that are answered to anybody: the console's pages and their files


def read(name: str, resources: list[Resource]) -> Environment:
    """An environment may be there in part, or not at all, and a plan may not know yet what a definition is."""

    def each(kind: str) -> list[Values]:
        return [it["change"]["after"] for it in resources if it["type"] == kind]

    def one(kind: str) -> Values | None:
        return next(iter(each(kind)), None)

    configuration = one("aws_sagemaker_endpoint_configuration")
    lifecycle = one("aws_s3_bucket_lifecycle_configuration")
    return Environment(
        name=name,
        machines={
            end_of(it["name"], "-"): json.loads(it["definition"])
            for it in each("aws_sfn_state_machine")
            if "definition" in it
        },
        functions={
            end_of(it["function_name"], "-"): Function(it["memory_size"], it["architectures"][0])
            for it in each("aws_lambda_function")
        },
        photo_reads=1 + any(only_pointers_pass(it) for it in each("aws_lambda_function")),
        fleet=fleet(configuration, each) if configuration else None,
        captured=capture(configuration) if configuration else 0,
        kept_days={
            rule["filter"][0]["prefix"]: rule["expiration"][0]["days"]
            for rule in (lifecycle["rule"] if lifecycle else [])
            if rule["expiration"]
        },
        log_days=max((it["retention_in_days"] for it in each("aws_cloudwatch_log_group")), default=0),
        keys=len(each("aws_kms_key")),
        alarm_metrics=sum(metrics_of(it) for it in each("aws_cloudwatch_metric_alarm")),
        dashboards=len(each("aws_cloudwatch_dashboard")),
        metrics=len({metric for it in each("aws_cloudwatch_dashboard") for metric in own_metrics(it)}),
        runs_a_day={
            end_of(it["name"], "-"): times_a_day(it["schedule_expression"])
            for it in each("aws_scheduler_schedule")
        },
        sources=len({source for it in each("aws_lambda_function") for source in watched(it)}),
        review_queues=sum("-review" in it.get("name", "") for it in each("aws_sqs_queue")),
        programs=sum(is_program(it) for it in each("aws_cognito_user_pool_client")),
        strangers=sum(it["authorization_type"] == "NONE" for it in each("aws_apigatewayv2_route"))
        * sum(
            it["default_route_settings"][0]["throttling_rate_limit"] for it in each("aws_apigatewayv2_stage")
        ),
    )


def only_pointers_pass(function: Values) -> bool:
    return settings(function).get("MAX_INLINE_BYTES") == "0"


def watched(function: Values) -> list[str]:
    """The sources, of a function that looks at them."""
    return list(filter(None, settings(function).get("SOURCES", "").split(",")))


def settings(function: Values) -> Values:
    return (function.get("environment") or [{}])[0].get("variables") or {}


def is_program(client: Values) -> bool:
    """Whether it signs in by itself: people's pages do not."""
    return "client_credentials" in (client.get("allowed_oauth_flows") or [])


def capture(configuration: Values) -> float:
    return configuration["data_capture_config"][0]["initial_sampling_percentage"] / 100


def end_of(name: str, separator: str) -> str:
    return name.rpartition(separator)[2]


def fleet(configuration: Values, each: Callable[[str], list[Values]]) -> Fleet | None:
    targets = each("aws_appautoscaling_target")
    if not targets:
        return None
    (policy,) = each("aws_appautoscaling_policy")
    return Fleet(
        instance_type=configuration["production_variants"][0]["instance_type"],
        photos_a_minute=policy["target_tracking_scaling_policy_configuration"][0]["target_value"],
        limits=Limits(targets[0]["min_capacity"], targets[0]["max_capacity"]),
        schedule=tuple(map(limits, each("aws_appautoscaling_scheduled_action"))),
    )


def limits(action: Values) -> Limits:
    (wanted,) = action["scalable_target_action"]
    return Limits(
        int(wanted["min_capacity"]), int(wanted["max_capacity"]), action["schedule"], action["timezone"]
    )


def metrics_of(alarm: Values) -> int:
    """AWS counts the metrics that an alarm looks at."""
    return sum(bool(query.get("metric")) for query in alarm.get("metric_query") or []) or 1


def own_metrics(dashboard: Values) -> set[tuple[str, ...]]:
    """Those that AWS does not publish by itself; none of a dashboard that is known only after it is made."""
    if "dashboard_body" not in dashboard:
        return set()
    widgets = json.loads(dashboard["dashboard_body"])["widgets"]
    listed = [metric for widget in widgets for metric in widget["properties"].get("metrics", [])]
    # Behind namespace and name stand the dimensions, and how it is drawn.
    named = [tuple(it for it in metric if isinstance(it, str)) for metric in listed]
    return {it for it in named if not it[0].startswith("AWS/")}
