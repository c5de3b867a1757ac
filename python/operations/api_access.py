"""How a program gets at an environment's API: its address, what the program signs in with, and a token for it.

The programs are those of the variable `api`. A program's secret is told to whoever may ask Cognito for it, and the
address at which a token is had by the pool itself, as OpenID Connect has it: a local cloud names its own.
"""

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from core import environment
from core.console import UserError
from core.contract.shapes import Json
from operations import unapplied

SCOPE = "scones/photos"  # the one that programs have
DISCOVERY = ".well-known/openid-configuration"
SECONDS = 30  # that an answer may take


@dataclass(frozen=True)
class Access:
    program: str
    url: str  # of the API
    token_url: str
    client_id: str
    client_secret: str


def find(env: str, who: str = "") -> Access:
    """Of this program, or of the only one that there is."""
    outputs = environment.outputs(env)
    unapplied.check_outputs(env, outputs, "api")
    return look_up(env, outputs["api"], choose(env, outputs["api"]["programs"], who))


def choose(env: str, programs: Json, who: str) -> str:
    names = ", ".join(sorted(programs))
    if not programs:
        raise UserError(
            f"no program may call the API of {env}: name one in terraform/envs/{env}.tfvars, as in "
            f'api = {{ programs = ["program"] }}, then make plan apply ENV={env}'
        )
    if who and who not in programs:
        raise UserError(f"WHO={who} is no program that may call the API of {env}: choose from {names}")
    if not who and len(programs) > 1:
        raise UserError(f"several programs may call the API of {env}: name one by WHO=, of {names}")
    return who or names


def look_up(env: str, api: Json, program: str) -> Access:
    """What the pool says of it."""
    cognito: Any = boto3.client("cognito-idp")
    client_id = api["programs"][program]
    try:
        asked = cognito.describe_user_pool_client(UserPoolId=api["pool_id"], ClientId=client_id)
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"what {program} signs in with in {env} cannot be read: {error}") from error
    page = f"{cognito.meta.endpoint_url}/{api['pool_id']}/{DISCOVERY}"
    token_url = fetch(urllib.request.Request(page)).get("token_endpoint")  # noqa: S310
    if not token_url:
        raise UserError(
            f"{page} names no token_endpoint: has the pool lost its domain? make plan apply ENV={env}"
        )
    return Access(program, api["url"], str(token_url), client_id, asked["UserPoolClient"]["ClientSecret"])


def take_token(access: Access) -> str:
    """A new one. Each is charged: whoever calls more than once keeps it until it ends."""
    words = urllib.parse.urlencode({"grant_type": "client_credentials", "scope": SCOPE})
    basic = base64.b64encode(f"{access.client_id}:{access.client_secret}".encode()).decode()
    request = urllib.request.Request(access.token_url, words.encode(), {"Authorization": f"Basic {basic}"})  # noqa: S310
    return str(fetch(request)["access_token"])


def fetch(request: urllib.request.Request) -> Json:
    """The JSON that is answered."""
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        said = error.read(1000).decode(errors="replace").strip()
        raise UserError(f"{request.full_url} answers {error.code}: {said or error.reason}") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{request.full_url} does not answer as it should: {error}") from error
