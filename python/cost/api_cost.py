"""What a photo costs that a program sends through the API, what a person's decision does, and a month of standing by.

The month before there was an API cannot be planned any more: it is kept as it was worked out then, at those prices.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from core.contract.shapes import Json
from cost import month, transitions
from cost.photos import GB, Costs, Photos

BEFORE = Path(__file__).with_name("before_api.json")
FUNCTION = "api"
OF_A_PHOTO = 3  # requests: POST /photos, and GET /photos/{id} twice; the form's upload is S3's
OF_A_DECISION = (
    2  # POST /leases and PUT /photos/{id}/decisions/{number}, within the minute that a lease lasts
)
ASKED = 2  # writes of POST /photos: to the register, and to its index of owners
REVIEWED = 3  # writes of a lease and of a decision: to the table of reviews, and to its index of days
READ_FOR_A_DECISION = (
    4  # units: who waits, the lease that somebody else may have, and the photo for each request
)

COPIED, READ_TO_LABEL = 2, 3  # objects of a label; and units: what is due, the photo's item, and who said it
LABEL_MILLISECONDS = 120  # of a run of the function that wrote one, beside other work, 2026-11-27
MONTHS = 12  # that the copy of the photo is counted for: it stays
CLOSED = 2  # writes: to the register, and to its index of what is to be labelled

IDLE_SECONDS = 2  # after which POST /leases has a page ask again, while nothing is there to decide
VIEWED = (
    1,
    20,
)  # requests of a page: again, when its files are there already, and for the first time with them
READ_IDLE = 4  # units: who waits, the archive, and three days of the blind sample


def read() -> Json:
    """A month without a photo, by environment."""
    return dict(json.loads(BEFORE.read_text()))


def of_photos(model: Photos, token_for_each: bool = False) -> Costs:
    """Beside what they cost that come by themselves, calls: with a token that is kept for its hour, or one for each."""
    prices, count = model.prices, model.count
    tokens = OF_A_PHOTO if token_for_each else 1 / prices.assumptions["photos_an_hour"]
    calls = {it: dollars * OF_A_PHOTO for it, dollars in call(model).items()}
    reads = (OF_A_PHOTO - 1) * prices["dynamodb_read"]
    more = calls | {
        "tokens": tokens * prices["cognito_token"],
        "register": ASKED * prices["dynamodb_write"] + reads,
    }
    return {it: dollars + count * more.get(it, 0) for it, dollars in straight(model).items()}


def straight(model: Photos) -> Costs:
    """Of photos that come without the API."""
    return {"API Gateway": 0.0, "tokens": 0.0, **model.one_by_one()}


def of_decisions(model: Photos) -> Costs:
    """As many, on drivers who wait: a person of the pool looks at each photo once. Their tokens cost nothing."""
    prices, took = model.prices, model.measured
    machine = model.environment.machines["workflow"]
    states = transitions.decided(machine)
    calls = {it: dollars * OF_A_DECISION for it, dollars in call(model).items()}
    logged = took.workflow.log_bytes * len(states) / len(transitions.path(machine))
    writes = transitions.writes(states, waiting=True) + REVIEWED + CLOSED
    reads = READ_FOR_A_DECISION + READ_TO_LABEL
    each = calls | {
        "Lambda": calls["Lambda"] + model.run(model.environment.functions["label"], LABEL_MILLISECONDS),
        "Step Functions": len(states) * prices["step_functions_transition"],
        "EventBridge": transitions.calls(states, transitions.PUT_EVENTS) * prices["event"],
        "photos in S3": 2 * prices["s3_get"] + COPIED * prices["s3_put"] + keep(model),
        "register": writes * prices["dynamodb_write"] + reads * prices["dynamodb_read"],
        "logs": calls["logs"] + model.logs(logged),
        "X-Ray": calls["X-Ray"] + prices["trace"],
    }
    return {it: model.count * each.get(it, 0) for it in straight(model)}


def keep(model: Photos) -> float:
    """The copy that a label takes of a photo, for a year."""
    return MONTHS * model.photo_bytes / GB * model.prices["s3_gb_month"]


def of_an_idle_hour(model: Photos) -> float:
    """Of one page that is open, while nothing is there to decide."""
    each = sum(call(model).values()) + READ_IDLE * model.prices["dynamodb_read"]
    return 3600 / IDLE_SECONDS * each


def of_views(model: Photos) -> tuple[float, ...]:
    """Of a thousand times that a page is opened again, and of a thousand that it is for the first time."""
    return tuple(1000 * requests * sum(call(model).values()) for requests in VIEWED)


def of_strangers(model: Photos) -> float:
    """Of an hour in which somebody asks for the console's pages as often as the gateway lets anybody."""
    return 3600 * model.environment.strangers * sum(call(model).values())


def call(model: Photos) -> Costs:
    """One request that the function answers."""
    log_bytes = model.measured.functions[FUNCTION].log_bytes + model.prices.assumptions["access_log_bytes"]
    return {
        "API Gateway": model.prices["http_api_request"],
        "Lambda": model.invocation(FUNCTION),
        "logs": model.logs(log_bytes),
        "X-Ray": model.prices["trace"],
    }


def rows(environments: list[Photos], was: Json) -> Iterator[tuple[str, ...]]:
    """A month without a photo, a column for each environment that there was."""
    before = [was["idle"][it.environment.name] for it in environments]
    now = [sum(month.idle(it).values()) for it in environments]
    yield "before there was an API", *(f"{it:,.2f}" for it in before)
    yield "now", *(f"{it:,.2f}" for it in now)
    yield "more", *(f"{after - it:,.2f}" for it, after in zip(before, now, strict=True))
