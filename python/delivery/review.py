"""Write down what a plan would change, for people and for `approve`: `python -m delivery.review ENV`.

It reads the plan that Terraform saved and writes build/plans/ENV/review.json, which has the digest, and review.md.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from core import environment
from core.console import UserError, run
from delivery import digest, event, fleet, plan, summary, versions
from delivery.digest import Review
from operations import terraform

VERSION = 1
PLANS = Path("build/plans")


def make(env: str) -> Review:
    """What the saved plan would change, with everything that the digest covers."""
    shown = plan.show(env)
    model = versions.model_file(env)
    review: Review = {
        "version": VERSION,
        "environment": env,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": versions.commit(),
        "changes": plan.changes(shown),
        "outputs": plan.outputs(shown),
        "model": json.loads(model.read_text()) if model.is_file() else None,
        "zips": digest.zips(),
        "lock": digest.lock((terraform.CONFIGURATION / ".terraform.lock.hcl").read_text()),
        "digest": "",
    }
    review["digest"] = digest.digest(review)
    return review


def text(review: Review) -> str:
    """The review as people read it, with what is live, and what `make gate` has found out, if it has run."""
    env = review["environment"]
    gate = PLANS / env / "gate.json"
    found = json.loads(gate.read_text()) if gate.is_file() else None
    return summary.markdown(review, versions.live(env), found, fleet.warn(env, review["changes"]))


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


def main() -> None:
    env = sys.argv[1]
    environment.check(env)
    event.refuse_fork()
    print(write(make(env)))


if __name__ == "__main__":
    run(main)
