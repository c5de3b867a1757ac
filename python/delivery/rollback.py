"""Propose the model that was live before: `python -m delivery.rollback ENV [--to MODEL]`.

The environment's model file becomes what it was before, as a change to review and apply like any other. The record of
deployments says which model that is: the last other one that verify found good, or the one that is named by its id.
Where there is no such record, git's history does.
"""

from collections.abc import Iterable, Iterator

from core import arguments, environment
from core.console import UserError, out, run
from core.contract.shapes import Json
from delivery import deployment, versions
from delivery.deployment import Deployment
from training import promote


def previous(env: str) -> tuple[str, Json]:
    """The newest version in history that names another model than the file does now, and its commit."""
    path = environment.model_file(env)
    now = promote.read_live(path)
    for commit, text in versions.history(env):
        if (model := versions.parse(text)) and model != now:
            return commit, model
    if now is None or versions.is_committed(path):
        raise UserError(
            f"git knows no earlier version of {path}: promote a model with make promote ENV={env}"
        )
    models = now["artefact"].rpartition("/models/")[0]
    raise UserError(
        f"{path} is not under version control, and no other model is on the record: promote the one that should come "
        f"back, as in make promote ENV={env} RUN={models}/models/<its id>/model.tar.gz"
    )


def read_good(env: str) -> Iterator[Deployment]:
    """The deployments on the record of which verify found the model good, the newest first."""
    return (it for it in deployment.read_all(env) if it.model and it.verified())


def choose(good: Iterable[Deployment], now: Json | None, to: str) -> Deployment | None:
    """The deployment whose model comes back; none if there is no other."""
    if not to:
        return next((it for it in good if it.model != now), None)
    models = {it.model_id: it for it in reversed(list(good)) if it.model_id}  # of each the newest
    named = [name for name in models if name.startswith(to)]
    if len(named) != 1:
        known = ", ".join(reversed(models)) or "none"
        raise UserError(
            f"TO={to} is no model that verify found good, or not one alone: the record has {known}"
        )
    return models[named[0]]


def propose(env: str, to: str) -> tuple[str, Json]:
    """The model that comes back, and where it is known from."""
    try:
        found = choose(read_good(env), promote.read_live(environment.model_file(env)), to)
    except UserError as error:
        if to:
            raise
        out.print(f"git's history decides: {error}")
        found = None
    if found and found.model:
        return f"the deployment {found.id}, which verify found good", found.model
    commit, model = previous(env)
    return f"commit {commit[:12]}", model


def main() -> None:
    parser = arguments.Parser(prog="delivery.rollback")
    parser.add_argument("env")
    parser.add_argument("--to", default="", help="the id of the model, or how it begins")
    options = parser.parse_args()
    env = options.env
    environment.check(env)
    path = environment.model_file(env)
    changed = versions.git("status", "--porcelain", "--", str(path))
    if changed.startswith("??"):
        raise UserError(
            f"{path} is not under version control yet: commit it first, for a rollback would write over it"
        )
    if changed:
        raise UserError(
            f"{path} has changes that are not committed: commit them, or take them back with git restore"
        )
    source, model = propose(env, options.to)
    live = promote.read_live(path)
    out.print(promote.comparison(live, model))
    if model == live:
        out.print(f"{path} names {model['artefact']} already: nothing changed")
        return
    promote.write(path, model)
    out.print(f"{path} names {model['artefact']} again, as in {source}")
    if not versions.is_committed(path):
        out.print(
            f"git ignores that file, so nothing is to be merged: make plan apply verify ENV={env} brings it back"
        )
        return
    out.print("merge it by a pull request, which brings it back")
    out.print(
        f"if that takes too long: make plan apply verify ENV={env}, and then merge it, or the next merge undoes it"
    )


if __name__ == "__main__":
    run(main)
