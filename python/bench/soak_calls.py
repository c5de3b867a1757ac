"""Whether the deployed API answers as docs/openapi.json says, whatever is sent to it: schemathesis's cases are counted.

They are sent by somebody who may do everything, half of them about photos that are there, right and wrong ones. The
tests do the same with a few cases, and with the function alone.
"""

import importlib.util
import json
import re
from collections import Counter
from typing import Any

from bench.asked import lift_limit
from bench.deployed import Deployed
from bench.figures import Figure
from core.console import UserError
from core.contract import answered_items
from core.contract.shapes import Json
from operations import signed_in
from operations.workplace import ROOT

DESCRIPTION = ROOT / "docs/openapi.json"
PERSON = "soak"
GROUPS = ("arrivals", "reviewers", "leads")
KNOWN = re.compile("[0-7][0-9a-f]{63}")  # half of all ids
SHOWN = 5


def check_installed() -> None:
    if not importlib.util.find_spec("schemathesis"):
        raise UserError("schemathesis is not installed, which calls the API: make setup, and then again")


def measure(made: Deployed, photos: list[str], cases: int) -> list[Figure]:
    """So many cases of each call, right and wrong."""
    lift_limit(made)
    api = made.outputs["api"]
    password = signed_in.invite(api, PERSON, *GROUPS)
    counted: Counter[str] = Counter()
    failed: list[str] = []
    schema = load(made, photos)
    for operation in (it.ok() for it in schema.get_all_operations()):
        token = signed_in.sign_in(api, PERSON, password).token  # none lasts for all of them
        for right in (True, False) if has_parts(operation) else (True,):
            send(operation, right, cases, api["url"], token, counted, failed)
    if failed:
        raise UserError(
            f"the API answers otherwise than described in {len(failed)} calls: {'; '.join(failed[:SHOWN])}"
        )
    refused = sum(count for status, count in counted.items() if status.startswith("4"))
    total = sum(counted.values())
    return [
        Figure("soak_calls", total, "calls", "that schemathesis sent to the API, each answered as described"),
        Figure("soak_calls_refused", refused, "calls", "of these, by 4xx"),
        Figure("soak_calls_failed", len(failed), "calls", "answered by 5xx, or otherwise than described"),
    ]


def has_parts(operation: Any) -> bool:
    """Whether anything is sent with it that could be wrong."""
    return any(operation.iter_parameters()) or bool(list(operation.body))


def load(made: Deployed, photos: list[str]) -> Any:
    """The description, with this environment's labels, and half of the ids those of photos that are there."""
    import schemathesis

    described = json.loads(DESCRIPTION.read_text())
    label = described["components"]["schemas"]["DecisionRequest"]["properties"]["label"]
    label.clear()
    label["enum"] = [*made.outputs["routes"], answered_items.UNUSABLE, answered_items.CANNOT_TELL]
    schema = schemathesis.openapi.from_dict(described)

    @schema.hook
    def map_path_parameters(_context: Any, path_parameters: Json | None) -> Json | None:
        photo = str((path_parameters or {}).get("id"))
        if not KNOWN.fullmatch(photo):
            return path_parameters
        return {**(path_parameters or {}), "id": photos[int(photo[:8], 16) % len(photos)]}

    return schema


def send(
    operation: Any, right: bool, cases: int, url: str, token: str, counted: Counter[str], failed: list[str]
) -> None:
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis import GenerationMode, checks
    from schemathesis.core.failures import FailureGroup

    # Types do not say all that is asked of what is right; of tokens and methods the gateway's tests are.
    beside = [checks.ignored_auth, checks.unsupported_method, checks.positive_data_acceptance]
    mode = GenerationMode.POSITIVE if right else GenerationMode.NEGATIVE

    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        answer = case.call(base_url=url, headers={"Authorization": f"Bearer {token}"})
        counted[str(answer.status_code)] += 1
        try:
            case.validate_response(answer, excluded_checks=beside)
        except FailureGroup as error:
            failed.append(f"{operation.label}: {' '.join(str(error).split())[:300]}")

    ask()
