"""The zips that a deployment takes are those that its own run has built, from its own commit."""

import pytest
from tests.delivery.conftest import REPOSITORY
from tests.delivery.github_shapes import WHERE, certificate

COMMIT = "a" * 40
CERTIFICATE = certificate("deploy.yml", "deploy.yml", "refs/heads/main", "push", 60, COMMIT)


@pytest.fixture
def check(github, command, tmp_path, monkeypatch):  # noqa: ARG001 its variables are the command's
    (tmp_path / "build/lambdas").mkdir(parents=True)
    (tmp_path / "build/lambdas/filter.zip").touch()
    for name, value in {
        "GITHUB_SHA": COMMIT,
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_RUN_ID": "60",
    }.items():
        monkeypatch.setenv(name, value)
    return lambda: command("attested")


def test_zips_of_this_run_are_taken(check, attest):
    asked = attest(CERTIFICATE)
    assert "1 zips were built by this run, from aaaaaaaaaaaa" in check().stdout
    assert (
        f"--signer-workflow={REPOSITORY}/.github/workflows/deploy.yml --source-ref=refs/heads/main"
        in asked.read_text()
    )


OTHERS: dict[str, tuple[dict, str]] = {
    "by another run": (
        {"runInvocationURI": f"{WHERE}/actions/runs/6/attempts/1"},
        "was not made by deploy.yml in run 60",
    ),
    "by another workflow": (
        {"buildSignerURI": f"{WHERE}/.github/workflows/ci.yml@refs/heads/main"},
        "was not made by deploy.yml",
    ),
    "of another commit": ({"sourceRepositoryDigest": "b" * 40}, f"was built from commit {'b' * 40}"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_zips_from_elsewhere_are_refused(check, attest, name):
    given, said = OTHERS[name]
    attest(CERTIFICATE | given)
    assert said in check().stderr


def test_a_folder_without_zips_proves_nothing(check, attest, tmp_path):
    attest(CERTIFICATE)
    (tmp_path / "build/lambdas/filter.zip").unlink()
    assert "there are no zips in build/lambdas" in check().stderr


def test_without_githubs_tool_it_is_named(check, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert check().stderr == (
        "error: there is no gh on the PATH, by which attestations are verified: install GitHub's CLI\n"
    )
