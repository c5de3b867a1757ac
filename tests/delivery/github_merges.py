"""A repository on GitHub in which pull requests are merged: it answers what its git and its workflows have made.

Each answer is held against GitHub's own schema, where that is installed. What a run keeps lies with another host, as
there, and what it attests is found by its checksum.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.delivery import github_shapes
from tests.delivery.conftest import Checkout, GitHub
from tests.oracles import github_schemas

MERGED = "2026-03-02T12:00:00Z"
OCTOCAT = {"login": "octocat", "type": "User"}
BOT = {"login": "github-actions[bot]", "type": "Bot"}
# What GitHub's own tool answers to `gh attestation verify FILE ... --format=json`; it looks at the signer itself, too.
GH = """#!/bin/sh
cat "{folder}/$(sha256sum < "$3" | cut -c-64).json" 2>/dev/null || {{ echo "no attestations found" >&2; exit 1; }}
"""


class Merges(dict):
    """In the place of a GitHub's answers."""

    def __init__(self, github: GitHub, storage: GitHub, checkout: Checkout, env: str, folder: Path) -> None:
        super().__init__()
        self.github, self.storage, self.checkout = github, storage, checkout
        self.env, self.folder = env, folder
        self.pulls: list[dict[str, Any]] = []
        self.waiting: list[dict[str, Any]] = []
        self.artifacts: list[dict[str, Any]] = []
        self.comments: dict[str, list[dict[str, Any]]] = {}
        self.issues: list[dict[str, Any]] = []
        self.faults: list[str] = []
        github.answers = self
        folder.mkdir()
        (folder / "gh").write_text(GH.format(folder=folder))
        (folder / "gh").chmod(0o755)

    def merge(self, message: str) -> dict[str, Any]:
        """What is in the working tree comes to main by a pull request of its own."""
        git, number = self.checkout.git, len(self.pulls) + 7
        git("switch", "-q", "-c", f"better-{number}")
        head = self.checkout.commit(message)
        git("switch", "-q", "main")
        git("merge", "-q", "--no-ff", "-m", f"Merge pull request #{number}", head)
        commit = git("rev-parse", "HEAD")
        made = github_shapes.pull(commit, head) | {"number": number, "user": OCTOCAT, "merged_at": MERGED}
        self.pulls.append(made)
        return made

    def keep(self, run: int, name: str, files: Mapping[str, bytes]) -> None:
        """What a run uploads; it takes the place of what it had uploaded before."""
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for path, data in files.items():
                archive.writestr(path, data)
        number = len(self.artifacts) + 50
        self.artifacts.append({"id": number, "name": name, "expired": False, "run": run, "files": files})
        self.storage.answer("GET", f"/{number}", content.getvalue())

    def kept(self, run: int, name: str) -> dict[str, Any] | None:
        """The last of a run's artefacts of that name."""
        found = [it for it in self.artifacts if (it["run"], it["name"]) == (run, name)]
        return found[-1] if found else None

    def attest(self, content: bytes, certificate: dict[str, str]) -> None:
        found = [{"verificationResult": {"signature": {"certificate": certificate}}}]
        (self.folder / f"{sha256(content).hexdigest()}.json").write_text(json.dumps(found))

    def get(self, key: Any, missing: Any = None) -> Any:
        method, path = key
        try:
            status, answer = self.reply(method, path, self.github.asked[-1][2])
        except LookupError:
            return missing
        if github_schemas.is_installed() and status != 302:
            self.faults += github_schemas.answer_faults(method, path, status, answer)
        return status, answer

    def reply(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        place, _, query = path.partition("?")
        first_page = not query.endswith("&page=2")
        match [method, *place.split("/")]:
            case ["GET", "commits", commit, "pulls"]:
                return 200, [it for it in self.pulls if it["merge_commit_sha"] == commit]
            case ["GET", "commits", commit]:
                parents = self.checkout.git("rev-parse", f"{commit}^@").split()
                return 200, {"sha": commit, "parents": [{"sha": it} for it in parents]}
            case ["GET", "compare", commits]:
                return 200, self.compare(*commits.split("..."))
            case ["GET", "pulls", number, "files"]:
                pull = self.pull(number)
                files = self.changed(f"{pull['merge_commit_sha']}^1", pull["head"]["sha"])
                return 200, files if first_page else []
            case ["GET", "pulls", number, "reviews"]:
                head = self.pull(number)["head"]["sha"]
                said = {"user": {**OCTOCAT, "login": "hubot"}, "state": "APPROVED", "commit_id": head}
                return 200, [said] if first_page else []
            case ["GET", "issues", _, "timeline"]:
                return 200, []
            case ["GET", "issues", number, "comments"]:
                return 200, self.comments.get(number, []) if first_page else []
            case ["POST", "issues", number, "comments"]:
                self.comments.setdefault(number, []).append(
                    {"user": BOT, "html_url": "https://github.com/c", **body}
                )
                return 201, self.comments[number][-1]
            case ["GET", "issues"]:
                return 200, self.issues if first_page else []
            case ["POST", "issues"]:
                self.issues.append({"number": 99, "user": BOT, "html_url": "https://github.com/i", **body})
                return 201, self.issues[-1]
            case ["GET", "actions", "workflows", "ci.yml", "runs"]:
                runs = [ci_run(it) for it in self.pulls if f"head_sha={it['head']['sha']}" in query]
                return 200, {"total_count": len(runs), "workflow_runs": runs}
            case ["GET", "actions", "workflows", "deploy.yml", "runs"]:
                return 200, {"total_count": len(self.waiting), "workflow_runs": self.waiting}
            case ["GET", "actions", "runs", _, "pending_deployments"]:
                return 200, [{"environment": {"name": self.env}}]
            case ["POST", "actions", "runs", number, "cancel"]:
                self.waiting = [it for it in self.waiting if it["id"] != int(number)]
                return 202, {}
            case ["GET", "actions", "runs", _, "approvals"]:
                said = {"state": "approved", "user": {**OCTOCAT, "login": "monalisa"}, "comment": ""}
                return 200, [said | {"environments": [{"name": self.env}]}]
            case ["GET", "actions", "runs", number, "artifacts"]:
                found = self.kept(int(number), query.removeprefix("name=").partition("&")[0])
                named = [{name: found[name] for name in ("id", "name", "expired")}] if found else []
                return 200, {"total_count": len(named), "artifacts": named}
            case ["GET", "actions", "artifacts", number, "zip"]:
                return 302, f"{self.storage.url}/{number}"
        raise LookupError(path)

    def pull(self, number: str) -> dict[str, Any]:
        return next(it for it in self.pulls if it["number"] == int(number))

    def changed(self, base: str, head: str) -> list[dict[str, str]]:
        names = self.checkout.git("diff", "--name-only", f"{base}...{head}").splitlines()
        return [{"filename": it} for it in names]

    def compare(self, base: str, head: str) -> dict[str, Any]:
        git = self.checkout.git
        ours, theirs = git("rev-parse", base), git("rev-parse", head)
        ahead = git("merge-base", ours, theirs) == ours
        status = "identical" if ours == theirs else "ahead" if ahead else "behind"
        return {"status": status, "files": self.changed(ours, theirs)}


def ci_run(pull: dict[str, Any]) -> dict[str, Any]:
    """The run of ci that has made a pull request's plans."""
    number, head = pull["number"], pull["head"]["sha"]
    return github_shapes.run(head) | {"id": 10 * number, "display_title": f"{number}/merge: Better"}
