"""Invite somebody who decides, or put a device into the pool: `python -m operations.invite ENV --email E --role R`.

Whoever has an address gets a mail of Cognito's, with a name and a password that is good for seven days; who is there
already is put into the role as well. A device at a bay has no address: E is then its name, and its password, which
lasts, is printed once. In the local cloud nobody is mailed, and what the mail would have said is printed.
"""

import re

from botocore.exceptions import BotoCoreError, ClientError

from core import arguments, environment
from core.console import UserError, out, run
from core.contract.shapes import Json
from operations import pool_people, unapplied

ROLES = {"arrivals": "arrivals", "reviewer": "reviewers", "lead": "leads"}  # and the group of each
ADDRESS = re.compile(r"[^\s@\"\\]+@[^\s@\"\\]+\.[^\s@\"\\]+")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
UNFIT = re.compile(r"[^a-z0-9._-]+")
NAMESAKES = 99
LOCAL = "local"
DAYS = 7  # terraform/modules/api/pool.tf


def main() -> None:
    parser = arguments.Parser("operations.invite", __doc__)
    parser.add_argument("env", help="the environment: local, staging or prod")
    parser.add_argument("--email", default="", help="an address, or a device's name")
    parser.add_argument("--role", default="", help=", ".join(ROLES))
    options = parser.parse_args()
    env, whom, role = options.env, read_whom(options.email), read_role(options.role)
    outputs = environment.outputs(env)
    unapplied.check_outputs(env, outputs, "api")
    api = outputs["api"]
    check_pages(env, api)
    try:
        out.print(invite(env, api, whom, role))
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"{whom} cannot be invited to {env}: {error}") from error


def read_whom(text: str) -> str:
    """Names and addresses are the same in small and capital letters."""
    given = text.strip().lower()
    if not given:
        raise UserError(
            "say whom: make invite EMAIL=anna@example.com ROLE=reviewer, or EMAIL=bay-1 ROLE=arrivals for a device"
        )
    if "@" in given and not ADDRESS.fullmatch(given):
        raise UserError(f"EMAIL={text} is no address, as anna@example.com is")
    if "@" not in given and not NAME.fullmatch(given):
        raise UserError(
            f"EMAIL={text} is no address, and no name of a device: it has letters, digits, dots and dashes, as bay-1"
        )
    return given


def read_role(text: str) -> str:
    """By its own name, or its group's."""
    for role, group in ROLES.items():
        if text in (role, group):
            return role
    raise UserError(f"ROLE={text} is no role: choose from {', '.join(ROLES)}")


def check_pages(env: str, api: Json) -> None:
    if not api["people"]:
        raise UserError(
            f"nobody signs in to {env}, which has no console: take `console = false` out of `api` in "
            f"terraform/envs/{env}.tfvars, then make plan apply ENV={env}"
        )


def invite(env: str, api: Json, whom: str, role: str) -> str:
    """What became of it, in words."""
    pool, has_address = api["pool_id"], "@" in whom
    found = (pool_people.find_address if has_address else pool_people.find_name)(pool, whom)
    if found:
        check_enabled(pool, found)
        name, known = found["Username"], ROLES[role] in pool_people.list_groups(pool, found["Username"])
        told = f"{whom} is there already{f', as {name}' if has_address else ''}, and {describe(role)} "
        told += "as before" if known else "as well, from the next sign-in on"
        if has_address and found["UserStatus"] == pool_people.INVITED:
            told += f"; invited again: {send(env, pool, name, whom, again=True)}"
    elif has_address:
        name = find_free(pool, whom)
        told = f"{whom} is {describe(role)}, as {name}: {send(env, pool, name, whom)}"
    else:
        name, password = whom, pool_people.make_password()
        pool_people.make(pool, name)
        pool_people.set_password(pool, name, password)
        told = (
            f"{name} is {describe(role)}, and signs in by the password {password}, which is not shown again"
        )
    pool_people.put_into(pool, name, ROLES[role])
    return f"{told}\n{say_where(api, role)}".strip()


def check_enabled(pool: str, found: Json) -> None:
    if not found["Enabled"]:
        name = found["Username"]
        raise UserError(
            f"{name} was switched off: aws cognito-idp admin-enable-user --user-pool-id {pool} --username {name}, and "
            "then again"
        )


def find_free(pool: str, address: str) -> str:
    """A name that nobody has: the address itself cannot be one."""
    wanted = UNFIT.sub("-", address.partition("@")[0]).strip("-._") or "person"
    for name in (wanted, *(f"{wanted}-{number}" for number in range(2, NAMESAKES))):
        if pool_people.find_name(pool, name) is None:
            return name
    raise UserError(f"{wanted} has too many namesakes: invite {address} by hand, as in the runbook")


def send(env: str, pool: str, name: str, address: str, *, again: bool = False) -> str:
    """Have Cognito mail them; what they get."""
    if env == LOCAL:
        password = pool_people.make_password()
        more = {"TemporaryPassword": password} | ({} if again else {"MessageAction": "SUPPRESS"})
    else:
        password, more = "", {}
    if again:
        pool_people.invite_again(pool, name, **more)
    else:
        pool_people.invite(pool, name, address, **more)
    if not password:
        return f"a mail has that name and a password, which is good for {DAYS} days"
    return (
        "nobody is mailed in the local cloud, the mail would have said: "
        f"Your username is {name} and temporary password is {password}"
    )


def describe(role: str) -> str:
    return "a device of arrivals" if role == "arrivals" else f"a {role}"


def say_where(api: Json, role: str) -> str:
    """Cognito's mail has no address."""
    if not api.get("console"):
        return ""
    if role == "arrivals":
        return f"Sign in on the device, with the name of its place: {api['console']}?source=gate-1"
    return f"Tell them where to sign in: {api['console']}review"


if __name__ == "__main__":
    run(main)
