"""Print where an environment's console is: `python -m operations.console_address ENV`.

That of `local` is opened in a browser as well, signed in as a sample reviewer, who may send photos too.
"""

import os
import sys
import webbrowser

from botocore.exceptions import BotoCoreError, ClientError

from core import arguments, environment
from core.console import UserError, out, run
from core.contract.shapes import Json
from operations import signed_in, unapplied
from operations.signed_in import SignedIn

LOCAL = "local"
SAMPLE, GROUPS = "sample-reviewer", ("reviewers", "arrivals")
# The page signs in by itself where the pool knows the browser.
ENTER = "?enter"


def main() -> None:
    parser = arguments.Parser("operations.console_address", __doc__)
    parser.add_argument("env", help="the environment: local, staging or prod")
    env = parser.parse_args().env
    outputs = environment.outputs(env)
    unapplied.check_outputs(env, outputs, "api")
    api = outputs["api"]
    console = find(env, api)
    if env != LOCAL:
        out.print(f"arrivals: {console}\nreview:   {console}review")
        return
    try:
        person = enter_sample(api)
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"nobody can be signed in to {env}: {error}") from error
    out.print(say_links(person, console))
    if has_browser():
        webbrowser.open(link(person, console, "review"))


def find(env: str, api: Json) -> str:
    """Its address, with a slash."""
    if "console" not in api:
        raise UserError(f"{env} was applied before this release: make bootstrap plan apply ENV={env}")
    if not api["console"]:
        raise UserError(
            f"{env} has no console: take `console = false` out of `api` in terraform/envs/{env}.tfvars, then make "
            f"plan apply ENV={env}"
        )
    return str(api["console"])


def enter_sample(api: Json) -> SignedIn:
    """A sample reviewer, who is made if need be, and has another password each time."""
    return signed_in.sign_in(api, SAMPLE, signed_in.invite(api, SAMPLE, *GROUPS))


def link(person: SignedIn, console: str, page: str = "") -> str:
    return person.enter(f"{console}{page}{ENTER}")


def say_links(person: SignedIn, console: str) -> str:
    return (
        f"arrivals: {console}\nreview:   {console}review\n"
        f"sign in as {SAMPLE} by the password {person.password}, or by these links, which are good for an hour:\n"
        f"arrivals: {link(person, console)}\nreview:   {link(person, console, 'review')}"
    )


def has_browser() -> bool:
    """Whether one comes up in a window: one that runs in the terminal would take it away."""
    windows = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in windows)


if __name__ == "__main__":
    run(main)
