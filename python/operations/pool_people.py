"""The people of an environment's pool: found, made, put into groups, and given passwords."""

import secrets
import string
from typing import Any

import boto3

from core.contract.shapes import Json

INVITED = "FORCE_CHANGE_PASSWORD"  # whoever has not come yet
AMBIGUOUS = "0O1lI"
LETTERS = "".join(it for it in string.ascii_letters + string.digits if it not in AMBIGUOUS)
GROUPS_OF_FOUR = 4


def make_password() -> str:
    """Good for the pool, and for somebody who types it on a tablet."""
    while True:
        parts = ["".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(GROUPS_OF_FOUR)]
        made = "-".join(parts)
        if (
            any(it.islower() for it in made)
            and any(it.isupper() for it in made)
            and any(map(str.isdigit, made))
        ):
            return made


def find_name(pool: str, name: str) -> Json | None:
    cognito = open_pool()
    try:
        found: Json = cognito.admin_get_user(UserPoolId=pool, Username=name)
    except cognito.exceptions.UserNotFoundException:
        return None
    return found


def find_address(pool: str, address: str) -> Json | None:
    """Whose it is."""
    found = open_pool().list_users(UserPoolId=pool, Filter=f'email = "{address}"')["Users"]
    return found[0] if found else None


def list_groups(pool: str, name: str) -> list[str]:
    found = open_pool().admin_list_groups_for_user(UserPoolId=pool, Username=name)["Groups"]
    return [it["GroupName"] for it in found]


def make(pool: str, name: str) -> None:
    """Nobody is told."""
    open_pool().admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")


def invite(pool: str, name: str, address: str, **more: str) -> None:
    """By a mail, unless that is suppressed."""
    attributes = [{"Name": "email", "Value": address}, {"Name": "email_verified", "Value": "true"}]
    open_pool().admin_create_user(
        UserPoolId=pool, Username=name, UserAttributes=attributes, DesiredDeliveryMediums=["EMAIL"], **more
    )


def invite_again(pool: str, name: str, **more: str) -> None:
    """Whoever has not come yet, with another password."""
    asked = {"MessageAction": "RESEND", "DesiredDeliveryMediums": ["EMAIL"], **more}
    open_pool().admin_create_user(UserPoolId=pool, Username=name, **asked)


def set_password(pool: str, name: str, password: str) -> None:
    """One that lasts."""
    open_pool().admin_set_user_password(UserPoolId=pool, Username=name, Password=password, Permanent=True)


def put_into(pool: str, name: str, group: str) -> None:
    open_pool().admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName=group)


def open_pool() -> Any:
    return boto3.client("cognito-idp")
