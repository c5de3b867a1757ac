"""Propose the model that was live before: `python -m delivery.rollback ENV`.

The environment's model file becomes what it was before, as a change to review and apply like any other.
"""

import sys

from core import environment
from core.console import UserError, out, run
from core.contract.shapes import Json
from delivery import versions
from training import promote


def previous(env: str) -> tuple[str, Json]:
    """The newest version in history that names another model than the file does now, and its commit."""
    path = versions.model_file(env)
    now = promote.read_live(path)
    for commit, text in versions.history(env):
        if (model := versions.parse(text)) and model != now:
            return commit, model
    raise UserError(f"git knows no earlier version of {path}: promote a model with make promote ENV={env}")


def main() -> None:
    env = sys.argv[1]
    environment.check(env)
    path = versions.model_file(env)
    if versions.git("status", "--porcelain", "--", str(path)):
        raise UserError(
            f"{path} has changes that are not committed: commit them, or take them back with git restore"
        )
    commit, model = previous(env)
    live = promote.read_live(path)
    out.print(promote.comparison(live, model))
    promote.write(path, model)
    out.print(f"{path} names {model['artefact']} again, as in commit {commit[:12]}")
    out.print("merge it by a pull request, which brings it back")
    out.print(
        f"if that takes too long: make plan apply verify ENV={env}, and then merge it, or the next merge undoes it"
    )


if __name__ == "__main__":
    run(main)
