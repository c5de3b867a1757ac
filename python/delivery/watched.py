"""Which environments are set up to be looked at for drift: `python -m delivery.watched`, in GitHub Actions.

Those whose plan role is named by the repository's variable, in PLAN_ROLE_STAGING and PLAN_ROLE_PROD: a clone that
nobody has set up yet has none, and is told so, which is no error. They become `environments` in the job's output.
"""

import json
import os

from core.console import run
from delivery import event, parts
from delivery.github_repository import plan_role


def main() -> None:
    found = {env: os.environ.get(plan_role(env)) for env in parts.environments()}
    for env, role in found.items():
        if not role:
            said = f"{plan_role(env)} is not set, so nobody looks whether {env} was changed by hand: "
            said += f"make doctor ENV={env} sets it"
            event.add("GITHUB_STEP_SUMMARY", f"- {said}")
            print(f"::notice::{said}")
    event.add("GITHUB_OUTPUT", f"environments={json.dumps([env for env, role in found.items() if role])}")


if __name__ == "__main__":
    run(main)
