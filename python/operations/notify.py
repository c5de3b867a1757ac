"""Tell an environment's topic how a deployment ended: `python -m operations.notify ENV [--outcome failure]`.

Whoever subscribed hears what is live now, which plan was applied, who started it and where its log is; after a
deployment that failed also how to go back.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import boto3

from core import arguments, environment
from core.console import out, run
from operations import live

OUTCOMES = {"success": "succeeded", "failure": "FAILED", "cancelled": "was cancelled"}


def subject(env: str, outcome: str) -> str:
    return f"Scones Unlimited: the deployment of {env} {OUTCOMES[outcome]}"


def message(env: str, outcome: str, live_now: str, digest: str | None, given: Mapping[str, str]) -> str:
    """What people read, a line for each thing; `given` are the variables of GitHub Actions, where it runs."""
    lines = [f"The deployment of {env} {OUTCOMES[outcome]}.", f"{live_now}."]
    if outcome != "success":
        lines.append(f"{live.way_back(env)}.")
    lines.append(f"Plan: {digest or 'none was made'}")
    lines.append(f"Started by: {given.get('GITHUB_ACTOR') or given.get('USER') or 'somebody'}")
    if number := given.get("GITHUB_RUN_ID"):
        lines.append(f"Log: {given['GITHUB_SERVER_URL']}/{given['GITHUB_REPOSITORY']}/actions/runs/{number}")
    return "\n".join(lines)


def read_digest(env: str) -> str | None:
    """The digest of the last plan, if one was made."""
    path = Path("build/plans", env, "review.json")
    return json.loads(path.read_text())["digest"] if path.is_file() else None


def main() -> None:
    parser = arguments.Parser(prog="operations.notify")
    parser.add_argument("env")
    parser.add_argument("--outcome", choices=sorted(OUTCOMES), default="success")
    options = parser.parse_args()
    env, outcome = options.env, options.outcome
    outputs = environment.outputs(env)
    text = message(env, outcome, live.describe(outputs), read_digest(env), os.environ)
    boto3.client("sns").publish(TopicArn=outputs["topic_arn"], Subject=subject(env, outcome), Message=text)
    print(text)
    out.print(f"told to {outputs['topic_arn']}")


if __name__ == "__main__":
    run(main)
