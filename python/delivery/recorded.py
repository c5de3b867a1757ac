"""Write a deployment's record into the environment's bucket: `python -m delivery.recorded ENV [--outcome failure]`.

It comes last, however the deployment ended. On a laptop `make verify` calls it after an apply, and `make apply` after
one that failed; without an apply there is nothing to record. A record that cannot be written is a warning: the
environment is what it is, and the log has the rest.
"""

import json
import os
import secrets
from dataclasses import asdict
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from core import arguments, environment
from core.console import UserError, out, run
from core.contract.model_id import identify
from core.contract.shapes import Json
from delivery import deployment, review, versions, who
from delivery.deployment import Deployment
from operations import live, steps, terraform
from operations.live import Live
from operations.notify import OUTCOMES
from operations.steps import Step

REFUSING = ("attested", "newer", "reviewed", "review", "approve")
CHANGING = ("apply", "verify")


def find_end(taken: list[Step]) -> Step | None:
    """The step in which a deployment ended that did not succeed: the one that failed, or did not end."""
    return next((step for step in taken if step.error or step.seconds is None), None)


def conclude(said: str, end: Step | None, went_back: bool) -> str:
    """How it ended, in one word or two; `said` is what GitHub says of the job."""
    if said != "failure":
        return said
    if end and end.name in REFUSING:
        return "refused"
    return "rolled back" if went_back else "failed"


def went_back(now: Live, asked: str | None, taken: list[Step], end: Step | None) -> bool:
    """Whether the endpoint has, or gets, the configuration again that it had before this deployment."""
    if end is None or end.name not in CHANGING or now.changed is None:
        return False
    began = next((datetime.fromisoformat(step.began) for step in taken if step.name == "apply"), None)
    if began is None or now.changed < began:
        return False
    return now.status == "RollingBack" or (now.status == "InService" and now.configuration != asked)


def make(env: str, said: str, taken: list[Step]) -> Deployment:
    """The record, of what is known now."""
    at, unknown = datetime.now(UTC), []
    outputs = environment.outputs(env)
    asked = who.asked()
    agreed = None
    if who.in_actions():
        try:
            pull = who.merged()
            if pull:
                author = pull["user"]["login"] if pull["user"] else None
                asked |= {"pull": pull["number"], "author": author}
            agreed = who.agreed(env, pull)
        except UserError as error:
            unknown.append(str(error))
    now, end = live.look(outputs), find_end(taken)
    plan = read_plan(env)
    model = read_model(env)
    back = went_back(now, outputs.get("endpoint_configuration_name"), taken, end)
    return Deployment(
        id=f"{at:%Y%m%dT%H%M%SZ}-{name_run()}",
        environment=env,
        ended=at.isoformat(timespec="seconds"),
        outcome=conclude(said, end, back),
        step=end.name if end and said != "success" else None,
        why=end.error if end and said != "success" else None,
        asked=asked,
        agreed=agreed,
        commit=versions.commit(),
        clean=versions.commit() is not None and not versions.git("status", "--porcelain"),
        digest=plan.get("digest"),
        model=model,
        model_id=identify(model["sha256"]) if model else None,
        model_before=find_before(plan, outputs),
        live={name: value for name, value in asdict(now).items() if name != "changed"},
        steps=[asdict(step) for step in taken],
        unknown=unknown,
    )


def read_plan(env: str) -> Json:
    """The review of the plan that was made, if one was."""
    path = review.PLANS / env / "review.json"
    return json.loads(path.read_text()) if path.is_file() else {}


def read_model(env: str) -> Json | None:
    path = environment.model_file(env)
    return versions.parse(path.read_text()) if path.is_file() else None


def find_before(plan: Json, outputs: Json) -> str | None:
    """The id of the model that was applied before: the plan knows it if it changes it."""
    changed = plan.get("outputs", {}).get("model")
    before = changed["before"] if changed else outputs.get("model")
    return before["id"] if before else None


def name_run() -> str:
    """What no other deployment of the same second has."""
    if who.in_actions():
        return f"{os.environ['GITHUB_RUN_ID']}-{os.environ.get('GITHUB_RUN_ATTEMPT', '1')}"
    return secrets.token_hex(4)


def warn(text: str) -> None:
    """In GitHub Actions a warning stands in the run's summary as well, and is one line."""
    print(f"::warning::{' '.join(text.split())}" if who.in_actions() else f"warning: {text}")


def main() -> None:
    parser = arguments.Parser(prog="delivery.recorded")
    parser.add_argument("env")
    parser.add_argument("--outcome", choices=sorted(OUTCOMES), default="success")
    options = parser.parse_args()
    env, taken = options.env, steps.read(options.env)
    if not who.in_actions() and "apply" not in [step.name for step in taken]:
        return
    if environment.is_gone(environment.cloud_of(env)):  # the bucket with the records went with it
        steps.forget(env)
        return
    try:
        address = deployment.write(terraform.data_bucket(env), make(env, options.outcome, taken))
        out.print(f"recorded in {address}")
    except (UserError, BotoCoreError, ClientError) as error:
        warn(f"this deployment of {env} is not on the record: {error}")
    steps.forget(env)


if __name__ == "__main__":
    run(main)
