"""Where a file comes from, by GitHub's attestation of it: which workflow made it, for which ref, in which run.

`python -m delivery.attested ENV` checks that the zips in build/lambdas are this run's own. What GitHub Actions attest
is signed with a certificate that GitHub's own token was exchanged for: no code of a branch can have it say something
else.
"""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from core import arguments
from core.console import UserError, out, run
from core.contract.shapes import Json
from delivery import github
from operations import steps

FOLDER = ".github/workflows"
WORKFLOW = "deploy.yml"  # that builds zips
ZIPS = Path("build/lambdas")


@dataclass(frozen=True)
class Origin:
    """What made a file, as it has to be."""

    workflow: str  # the file whose job made it, as in plan.yml
    caller: str  # what was started: the same file, unless another one calls it
    ref: str  # that it ran for
    event: str
    run_id: int


def check(path: Path, origin: Origin) -> str:
    """Refuse a file that comes from anywhere else; the commit that the workflow ran for."""
    server, repository = os.environ.get("GITHUB_SERVER_URL", "https://github.com"), github.repository()
    wanted = {
        "buildConfigURI": f"{server}/{repository}/{FOLDER}/{origin.caller}@{origin.ref}",
        "buildSignerURI": f"{server}/{repository}/{FOLDER}/{origin.workflow}@{origin.ref}",
        "sourceRepositoryURI": f"{server}/{repository}",
        "sourceRepositoryRef": origin.ref,
        "buildTrigger": origin.event,
        "runnerEnvironment": "github-hosted",
    }
    invocation = f"{server}/{repository}/actions/runs/{origin.run_id}/attempts/"
    for certificate in certificates(path, origin):
        if (
            str(certificate.get("runInvocationURI")).startswith(invocation)
            and wanted.items() <= certificate.items()
        ):
            return certificate["sourceRepositoryDigest"]
    raise UserError(
        f"{path.name} was not made by {origin.workflow} in run {origin.run_id} for {origin.ref}, so GitHub attests: "
        f"find out who put it there"
    )


def certificates(path: Path, origin: Origin) -> list[Json]:
    """The certificates by which this file was signed, once GitHub's own tool has verified them."""
    repository = github.repository()
    command = ["gh", "attestation", "verify", str(path), f"--repo={repository}"]
    command += [f"--signer-workflow={repository}/{FOLDER}/{origin.workflow}", f"--source-ref={origin.ref}"]
    command += ["--deny-self-hosted-runners", "--format=json"]
    variables = os.environ | {"GH_TOKEN": github.variable("GITHUB_TOKEN")}
    try:
        done = subprocess.run(command, env=variables, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise UserError(
            "there is no gh on the PATH, by which attestations are verified: install GitHub's CLI"
        ) from error
    if done.returncode:
        said = " ".join(done.stderr.split())
        raise UserError(f"{path.name} has no attestation by {origin.workflow} for {origin.ref} ({said})")
    return [found["verificationResult"]["signature"]["certificate"] for found in json.loads(done.stdout)]


@steps.noted("attested")
def main() -> None:
    arguments.read_env("delivery.attested", __doc__)
    commit, number = github.variable("GITHUB_SHA"), int(github.variable("GITHUB_RUN_ID"))
    origin = Origin(
        WORKFLOW, WORKFLOW, github.variable("GITHUB_REF"), github.variable("GITHUB_EVENT_NAME"), number
    )
    zips = sorted(ZIPS.glob("*.zip"))
    if not zips:
        raise UserError(f"there are no zips in {ZIPS}: build them with make package")
    for path in zips:
        if (built := check(path, origin)) != commit:
            raise UserError(
                f"{path} was built from commit {built}, not from {commit}: run the whole deployment again"
            )
    out.print(f"{len(zips)} zips were built by this run, from {commit[:12]}")


if __name__ == "__main__":
    run(main)
