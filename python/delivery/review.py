"""Write down what a plan would change, for people and for `approve`: `python -m delivery.review ENV`.

It reads the plan that Terraform saved and writes build/plans/ENV/review.json, which has the digest, and review.md. A
plan that breaks a rule (delivery.plan_rules) is shown, refused, and taken away, so that nothing can apply it.
"""

import json
import re
import secrets
from collections.abc import Set
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from core import arguments, environment
from core.console import UserError, run
from core.job_log import in_log
from cost import bill
from delivery import (
    configuration,
    digest,
    event,
    fleet,
    gate_found,
    limit,
    live_model,
    plan,
    plan_rules,
    pull_labels,
    summary,
    versions,
)
from delivery.digest import Review
from operations import quiet, steps, terraform

VERSION = 2
PLANS = Path("build/plans")


def make(env: str, given: Set[str] = frozenset()) -> Review:
    """What the saved plan would do, with everything that the digest covers; `given` are the labels that allow more."""
    shown = plan.show(env)
    root = shown["configuration"]["root_module"]
    # Of the reviewed plan, if there is one: hashes of secrets can be compared only if they have the same salt.
    salt = pull_labels.read_reviewed(env).get("salt") or secrets.token_hex(16)
    changes = plan.changes(shown, salt)
    costs = bill.read(env, shown.get("resource_changes", []))
    code = configuration.read_code(terraform.CONFIGURATION, root)
    refused, allowed = plan_rules.check(plan_rules.Planned(shown, code, costs), given)
    review: Review = {
        "version": VERSION,
        "environment": env,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": versions.commit(),
        "salt": salt,
        "configuration": configuration.read(terraform.CONFIGURATION, env, root),
        "variables": {name: value for name, value in plan.variables(shown, salt).items() if name != "model"},
        "changes": changes,
        "outputs": plan.outputs(shown, salt),
        "model": digest.model(shown.get("variables", {}).get("model", {}).get("value"), changes),
        "zips": plan.files(changes),
        "lock": digest.lock((terraform.CONFIGURATION / ".terraform.lock.hcl").read_text(), changes),
        "allowed": allowed,
        "refused": refused,
        "cost": asdict(costs),
        "live": live_model.find(env, shown),
        "digest": "",
    }
    review["digest"] = digest.digest(review)
    return review


def text(review: Review) -> str:
    """The review as people read it, with what is live, and what `make gate` has found out, if it has run."""
    env = review["environment"]
    return summary.markdown(review, review["live"], gate_found.read(env), fleet.warn(env, review["changes"]))


def refuse(review: Review) -> None:
    """A plan that breaks a rule is no plan."""
    if not review["refused"]:
        return
    plan.path(review["environment"]).unlink()
    raise UserError("the plan is refused, and was taken away: " + "; ".join(review["refused"]))


def read(path: Path, missing: str) -> Review:
    """A review from its file; `missing` says what to do if there is none."""
    if not path.is_file():
        raise UserError(missing)
    try:
        review = json.loads(path.read_text())
        if review["version"] != VERSION:
            raise ValueError(f"its version is {review['version']}, not {VERSION}")
        datetime.fromisoformat(review["created"])
        digest.digest(review)
        return review
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no review of a plan ({error!r}): plan again with make plan") from error


def write(review: Review) -> str:
    """Write both files; answer the text."""
    folder = PLANS / review["environment"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "review.json").write_text(json.dumps(review, indent=1, sort_keys=True) + "\n")
    (folder / "review.md").write_text(written := text(review))
    return written


def shorten(written: str, env: str) -> str:
    """For a terminal: what changes, without how."""
    lines = written.partition(limit.FOLD)[0].splitlines()
    shown = "\n".join(line for line in lines if not line.startswith("  ")).strip()
    shown = re.sub(r"\n{2,}(?=- )", "\n", re.sub(r"\n{2,}", "\n\n", shown))
    return f"{shown}\n\nHow, and the whole difference: {PLANS / env / 'review.md'}"


@steps.noted("review")
def main() -> None:
    env = arguments.read_env("delivery.review", __doc__)
    environment.check(env)
    event.refuse_fork()
    review = make(env, pull_labels.read(env))
    written = write(review)
    print(in_log(shorten(written, env) if quiet.is_wanted() else written))
    refuse(review)


if __name__ == "__main__":
    run(main)
