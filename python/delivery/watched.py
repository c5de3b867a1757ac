"""Which environments are set up to be looked at for drift: `python -m delivery.watched`, in GitHub Actions.

Those whose plan role is named by the repository's variable, in PLAN_ROLE_STAGING and PLAN_ROLE_PROD: a clone that
nobody has set up yet has none, and is told so, which is no error; that some are missing is one. They become
`environments` in the job's output.
"""

import json
import os

from core import arguments
from core.console import UserError, run
from core.job_log import notice
from delivery import event, parts
from delivery.github_repository import plan_role


def main() -> None:
    arguments.read_none("delivery.watched", __doc__)
    found = {env: os.environ.get(plan_role(env)) for env in parts.environments()}
    for env, role in found.items():
        if not role:
            said = f"{plan_role(env)} is not set, so nobody looks whether {env} was changed by hand: "
            said += f"make doctor ENV={env} sets it"
            event.add("GITHUB_STEP_SUMMARY", f"- {said}")
            print(notice(said))
    watched = [env for env, role in found.items() if role]
    event.add("GITHUB_OUTPUT", f"environments={json.dumps(watched)}")
    if watched and len(watched) < len(found):  # so somebody has set it up, and perhaps taken this away
        missing = ", ".join(plan_role(env) for env in found if env not in watched)
        raise UserError(
            f"{missing} is not set, though another is: nobody would see what is changed by hand there"
        )


if __name__ == "__main__":
    run(main)
