"""Open a pull request that makes a candidate the live model: `python -m delivery.propose ENV`, in retrain.yml.

`make retrain` has left in build/retrain/ENV what came of it: a comparison, and the environment's model file if the
candidate is surely better and falls nowhere. Otherwise the job's summary says why, and nothing is opened. A proposal of
an earlier candidate that is still open is closed, since its model was compared with what was live then.

GITHUB_TOKEN is that of a GitHub App: what the workflow's own token opens starts no checks, and could not be merged. The
commit is made by the API, which signs it as the app's.
"""

import base64
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from core import arguments, environment
from core.console import UserError, out, run
from core.contract.model_id import identify
from core.contract.shapes import Json
from core.job_log import in_log
from delivery import event, github, limit, versions
from delivery.github import Pull

FOLDER = Path("build/retrain")  # as operations.retrain has it
COMPARISON, PAGE = "comparison.json", "comparison.md"
NOTHING = "No candidate was trained: nobody has said more of photos since the live model's data set was made."


def main() -> None:
    env = arguments.read_env("delivery.propose", __doc__)
    environment.check(env)
    folder = FOLDER / env
    if not (folder / COMPARISON).is_file():
        return tell(NOTHING)
    page = limit.cut((folder / PAGE).read_text(), limit.SUMMARY)
    proposed = folder / environment.model_file(env).name
    if not proposed.is_file():
        verdict = json.loads((folder / COMPARISON).read_text())["verdict"]
        return tell(f"The candidate is not proposed, for this came of it: {verdict}.\n\n{page}")
    model = read_model(proposed)
    pull = open_pull(env, model, page)
    for older in find_ours(env):
        if older["number"] != pull["number"]:
            close(older, pull)
    return tell(f"The candidate is proposed: {pull['html_url']}\n\n{page}")


def read_model(path: Path) -> Json:
    """It comes from a job that has run a model's code: what it says is checked by the pull request's own jobs."""
    model = versions.parse(path.read_text())
    try:
        if model and identify(model["sha256"]) in model["artefact"]:
            return model
    except (KeyError, TypeError):
        pass
    raise UserError(f"{path} names no model as make promote does: see what make retrain has done")


def open_pull(env: str, model: Json, page: str) -> Pull:
    name = identify(model["sha256"])
    branch = f"retrain/{env}-{name}"
    if there := next((it for it in find_ours(env) if it["head"]["ref"] == branch), None):
        out.print(f"{there['html_url']} proposes this model already")
        return there
    commit(env, branch, model, f"Promote model {name} in {env}")
    body = {
        "title": f"Promote model {name} in {env}",
        "head": branch,
        "base": github.MAIN,
        "body": limit.cut(f"{page}\n{how_to_read(env, model)}"),
    }
    pull: Pull = github.ask("POST", "pulls", body)
    return pull


def commit(env: str, branch: str, model: Json, message: str) -> None:
    """A branch of one commit, behind what this run has checked out; one that is left of a run that failed is moved."""
    start = github.variable("GITHUB_SHA")
    if github.find(f"git/ref/heads/{branch}"):
        github.ask("PATCH", f"git/refs/heads/{branch}", {"sha": start, "force": True})
    else:
        github.ask("POST", "git/refs", {"ref": f"refs/heads/{branch}", "sha": start})
    place = f"contents/{environment.model_file(env).as_posix()}"
    before = github.find(f"{place}?ref={start}")
    text = json.dumps({"model": model}, indent=2, sort_keys=True) + "\n"
    body = {"message": message, "branch": branch, "content": base64.b64encode(text.encode()).decode()}
    github.ask("PUT", place, body | ({"sha": before["sha"]} if before else {}))


def how_to_read(env: str, model: Json) -> str:
    server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
    place, number = f"{server}/{github.repository()}", github.variable("GITHUB_RUN_ID")
    return (
        f"Trained on data set `{model['dataset_id']}` by [this run]({place}/actions/runs/{number}). "
        f"What the data set has that its parent had not: `make difference TO={model['dataset_id']}`. "
        f"If it turns out worse: `make rollback ENV={env}`. "
        f"How this came about: [docs/retrain.md]({place}/blob/{github.MAIN}/docs/retrain.md).\n"
    )


def find_ours(env: str) -> Iterator[Pull]:
    """Opened by a bot, from a branch of this repository that is called so, to which nobody has added."""
    for it in github.open_pulls():
        source, author = it["head"]["repo"], it["user"]
        if (
            re.fullmatch(rf"retrain/{env}-[0-9a-f]{{16}}", it["head"]["ref"])
            and source is not None
            and source["full_name"] == github.repository()
            and author is not None
            and author["type"] == "Bot"
            and len(list(github.commits_of(it["number"]))) == 1
        ):
            yield it


def close(older: Pull, pull: Pull) -> None:
    said = f"#{pull['number']} proposes a newer candidate."
    github.ask("POST", f"issues/{older['number']}/comments", {"body": said})
    github.ask("PATCH", f"pulls/{older['number']}", {"state": "closed"})
    github.send("DELETE", f"git/refs/heads/{older['head']['ref']}")


def tell(said: str) -> None:
    event.add("GITHUB_STEP_SUMMARY", said)
    print(in_log(said))


if __name__ == "__main__":
    run(main)
