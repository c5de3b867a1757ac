"""Which environments are looked at once a day: those that somebody has set up."""

import json

import pytest

ROLE = "arn:aws:iam::123456789012:role/scones-{}-plan"


@pytest.fixture
def look(command, tmp_path):
    """Run the command with these plan roles; answer which environments it names, what it says and the summary."""
    (tmp_path / "terraform/envs/prod.tfvars").parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "terraform/envs/prod.tfvars").touch()
    (tmp_path / "terraform/envs/local.tfvars").touch()

    def run(*environments):
        roles = {
            f"PLAN_ROLE_{env.upper()}": ROLE.format(env) if env in environments else ""
            for env in ("staging", "prod")
        }
        output, summary = tmp_path / "output", tmp_path / "summary.md"
        done = command("watched", GITHUB_OUTPUT=str(output), GITHUB_STEP_SUMMARY=str(summary), **roles)
        assert done.returncode == (1 if 0 < len(environments) < 2 else 0), done.stderr
        name, _, value = output.read_text().strip().partition("=")
        assert name == "environments"
        said = done.stdout + done.stderr
        return json.loads(value), said, summary.read_text() if summary.exists() else ""

    return run


def test_where_nothing_is_set_up_nothing_is_looked_at_and_each_missing_variable_is_named(look):
    found, said, summary = look()
    assert found == []
    for name, env in (("PLAN_ROLE_STAGING", "staging"), ("PLAN_ROLE_PROD", "prod")):
        told = f"{name} is not set, so nobody looks whether {env} was changed by hand: make doctor ENV={env} sets it"
        assert f"::notice::{told}\n" in said
        assert told in summary


def test_an_environment_that_is_set_up_is_looked_at_and_that_the_other_is_not_is_red(look):
    """Whoever may set variables could take one away, and nobody would see any more what is changed by hand."""
    found, said, _ = look("staging")
    assert found == ["staging"]
    assert "error: PLAN_ROLE_PROD is not set, though another is" in said
    assert "PLAN_ROLE_STAGING" not in said


def test_where_all_is_set_up_all_is_looked_at(look):
    assert look("staging", "prod") == (["prod", "staging"], "", "")
