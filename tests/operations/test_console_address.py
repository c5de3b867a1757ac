"""`make console`: which addresses are printed, and a link by which a browser is signed in to the local cloud's."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.localcloud.apis import ask
from tests.operations.conftest import CONSOLE

from core.console import UserError
from operations import console_address, pool_people


@pytest.fixture
def command(monkeypatch, capsys, api):
    """Run it in an environment that has this console; what it prints, and what it opens."""
    opened: list[str] = []
    monkeypatch.setattr(console_address.webbrowser, "open", opened.append)

    def run(env: str, console: str | None = CONSOLE, window: bool = True) -> tuple[list[str], list[str]]:
        monkeypatch.setattr(
            console_address.environment, "outputs", lambda _: {"api": api | {"console": console}}
        )
        monkeypatch.setattr(console_address, "has_browser", lambda: window)
        monkeypatch.setattr("sys.argv", ["console", env])
        console_address.main()
        return capsys.readouterr().out.splitlines(), opened

    return run


def test_of_an_environment_on_aws_the_addresses_are_printed(command, people):
    printed, opened = command("staging")
    assert printed == [f"arrivals: {CONSOLE}", f"review:   {CONSOLE}review"]
    assert opened == []
    assert people.idp.list_users(UserPoolId=people.id)["Users"] == []


def test_that_of_the_local_cloud_is_opened_signed_in(command, people):
    printed, (link,) = command("local")
    assert printed[:2] == [f"arrivals: {CONSOLE}", f"review:   {CONSOLE}review"]
    assert printed[-1] == f"review:   {link}"
    said = ask(link)
    assert (said.status, said.headers["location"]) == (302, f"{CONSOLE}review?enter")
    assert said.cookies[0].startswith("cognito=")
    arrivals = ask(printed[-2].partition(" ")[2].strip())
    assert arrivals.headers["location"] == f"{CONSOLE}?enter"
    groups = pool_people.list_groups(people.id, console_address.SAMPLE)
    assert sorted(groups) == ["arrivals", "reviewers"]


def test_it_is_said_again_as_often_as_it_is_asked(command, people):
    sessions = [parse_qs(urlsplit(command("local")[1][-1]).query)["session"][0] for _ in range(2)]
    assert len(set(sessions)) == 2
    assert len(people.idp.list_users(UserPoolId=people.id)["Users"]) == 1


def test_where_no_window_can_come_up_nothing_is_opened(command):
    printed, opened = command("local", window=False)
    assert (len(printed), opened) == (5, [])


@pytest.mark.parametrize("env", ["local", "staging"])
def test_an_environment_without_a_console_is_said_in_one_line(command, env):
    said = re.escape(
        f"{env} has no console: take `console = false` out of `api` in terraform/envs/{env}.tfvars"
    )
    with pytest.raises(UserError, match=said):
        command(env, None)


def test_one_that_was_applied_before_there_was_a_console_is_said_in_one_line():
    with pytest.raises(
        UserError, match="any was applied before this release: make bootstrap plan apply ENV=any"
    ):
        console_address.find("any", {"people": None})


@pytest.mark.parametrize(
    ("platform", "variables", "window"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"BROWSER": "x"}, True),
        ("darwin", {}, True),
    ],
)
def test_a_browser_is_opened_where_there_are_windows(monkeypatch, platform, variables, window):
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    assert console_address.has_browser() is window
