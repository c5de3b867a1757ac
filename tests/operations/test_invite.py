"""`make invite`: who is made, mailed or put into a role, what is printed of it, and what is said where it cannot be."""

import re

import pytest
from botocore.exceptions import ClientError
from tests.operations.conftest import CONSOLE

from core.console import UserError
from operations import invite, pool_people, signed_in

PASSWORD = re.compile(r"[\w]{4}(?:-[\w]{4}){3}")


def find(people, name):
    return people.idp.admin_get_user(UserPoolId=people.id, Username=name)


def mailed(monkeypatch) -> list[dict]:
    """What is asked of Cognito when it is to mail somebody: moto mails nobody."""
    noted: list[dict] = []
    original = pool_people.open_pool

    def open_pool():
        cognito = original()
        cognito.meta.events.register(
            "provide-client-params.cognito-identity-provider.AdminCreateUser",
            lambda params, **_: noted.append(params),
        )
        return cognito

    monkeypatch.setattr(pool_people, "open_pool", open_pool)
    return noted


def test_a_person_is_mailed_and_comes_in_by_their_address(people, api, monkeypatch):
    noted = mailed(monkeypatch)
    said = invite.invite("staging", api, "anna.smith@example.com", "reviewer")
    assert said == (
        "anna.smith@example.com is a reviewer, as anna.smith: a mail has that name and a password, which is good for "
        f"7 days\nTell them where to sign in: {CONSOLE}review"
    )
    (asked,) = noted
    assert not asked.keys() & {"MessageAction", "TemporaryPassword"}
    assert asked["DesiredDeliveryMediums"] == ["EMAIL"]
    found = find(people, "anna.smith")
    told = {it["Name"]: it["Value"] for it in found["UserAttributes"]}
    assert (told["email"], told["email_verified"]) == ("anna.smith@example.com", "true")
    assert found["UserStatus"] == pool_people.INVITED
    assert pool_people.list_groups(people.id, "anna.smith") == ["reviewers"]


def test_in_the_local_cloud_what_the_mail_would_have_said_is_printed(api):
    said = invite.invite("local", api, "anna@example.com", "lead")
    first, second = said.splitlines()
    assert first.startswith(
        "anna@example.com is a lead, as anna: nobody is mailed in the local cloud, the mail would"
    )
    (password,) = PASSWORD.findall(first)
    assert first.endswith(f"Your username is anna and temporary password is {password}")
    assert second == f"Tell them where to sign in: {CONSOLE}review"
    with pytest.raises(UserError, match="lets nobody in: 200"):  # the page asks for a password of their own
        signed_in.sign_in(api, "anna", password)


def test_whoever_has_not_come_yet_is_invited_again(people, api, monkeypatch):
    invite.invite("staging", api, "anna@example.com", "reviewer")
    before, noted = find(people, "anna"), mailed(monkeypatch)
    said = invite.invite("staging", api, "anna@example.com", "lead")
    assert said.splitlines()[0] == (
        "anna@example.com is there already, as anna, and a lead as well, from the next sign-in on; invited again: a "
        "mail has that name and a password, which is good for 7 days"
    )
    assert [it["MessageAction"] for it in noted] == ["RESEND"]
    assert find(people, "anna")["UserAttributes"] == before["UserAttributes"]
    assert sorted(pool_people.list_groups(people.id, "anna")) == ["leads", "reviewers"]
    again = invite.invite("local", api, "anna@example.com", "lead").splitlines()[0]
    assert "and a lead as before; invited again: nobody is mailed in the local cloud" in again


def test_whoever_has_come_is_put_into_the_role_and_not_mailed(people, api, monkeypatch):
    invite.invite("local", api, "anna@example.com", "reviewer")
    people.idp.admin_set_user_password(
        UserPoolId=people.id, Username="anna", Password="Nut-Scone-2026", Permanent=True
    )
    noted = mailed(monkeypatch)
    said = invite.invite("staging", api, "anna@example.com", "lead").splitlines()[0]
    assert said == "anna@example.com is there already, as anna, and a lead as well, from the next sign-in on"
    assert noted == []


def test_a_namesake_gets_another_name_and_a_strange_address_one_that_fits(people, api):
    for address in ("anna@example.com", "anna@example.org", "Ann+scones/é@example.com".lower()):
        invite.invite("local", api, address, "reviewer")
    names = [it["Username"] for it in people.idp.list_users(UserPoolId=people.id)["Users"]]
    assert sorted(names) == ["ann-scones", "anna", "anna-2"]


def test_a_device_has_a_name_and_a_password_that_is_shown_once_and_lasts(api):
    said = invite.invite("staging", api, "bay-1", "arrivals")
    first, second = said.splitlines()
    (password,) = PASSWORD.findall(first)
    assert first == (
        f"bay-1 is a device of arrivals, and signs in by the password {password}, which is not shown again"
    )
    assert second == f"Sign in on the device, with the name of its place: {CONSOLE}?source=gate-1"
    assert signed_in.sign_in(api, "bay-1", password).token
    again = invite.invite("staging", api, "bay-1", "arrivals")
    assert again.splitlines()[0] == "bay-1 is there already, and a device of arrivals as before"
    assert signed_in.sign_in(api, "bay-1", password).token


def test_whoever_was_switched_off_is_not_let_in_again_by_an_invitation(people, api):
    invite.invite("local", api, "anna@example.com", "reviewer")
    people.idp.admin_disable_user(UserPoolId=people.id, Username="anna")
    with pytest.raises(
        UserError, match=r"anna was switched off: aws cognito-idp admin-enable-user --user-pool-id"
    ):
        invite.invite("local", api, "anna@example.com", "lead")
    assert pool_people.list_groups(people.id, "anna") == ["reviewers"]


@pytest.mark.parametrize("role", ["reviewer", "reviewers", "lead", "leads", "arrivals"])
def test_a_role_has_its_own_name_and_its_group_s(role):
    assert invite.ROLES[invite.read_role(role)].startswith(role)


@pytest.mark.parametrize(
    "whom", ["anna@", "@example.com", "anna@example", 'a"b@example.com', "a b@example.com"]
)
def test_what_is_no_address_is_said(whom):
    with pytest.raises(UserError, match=r"is no address, as anna@example.com is"):
        invite.read_whom(whom)


@pytest.mark.parametrize("whom", ["-x", "bay 1", "b\u00e4y", "x" * 65])
def test_what_is_no_name_is_said(whom):
    with pytest.raises(UserError, match="is no address, and no name of a device"):
        invite.read_whom(whom)


def test_small_and_capital_letters_are_the_same():
    assert invite.read_whom(" Anna@Example.com ") == "anna@example.com"


def test_without_a_page_nobody_is_invited():
    with pytest.raises(
        UserError, match=r"nobody signs in to staging, which has no console: take `console = false`"
    ):
        invite.check_pages("staging", {"people": None})


def test_a_refusal_of_aws_is_one_line(api, monkeypatch):
    refusal = ClientError(
        {"Error": {"Code": "LimitExceededException", "Message": "50 a day"}}, "AdminCreateUser"
    )

    def refuse(*_: object, **__: object) -> None:
        raise refusal

    monkeypatch.setattr(pool_people, "invite", refuse)
    monkeypatch.setattr(invite.environment, "outputs", lambda _: {"api": api})
    monkeypatch.setattr("sys.argv", ["invite", "staging", "--email", "anna@example.com", "--role", "lead"])
    with pytest.raises(UserError, match=r"anna@example\.com cannot be invited to staging: .*50 a day"):
        invite.main()


def test_passwords_are_good_for_the_pool_and_are_not_misread():
    made = {pool_people.make_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        assert PASSWORD.fullmatch(password)
        assert not set(password) & set("0O1lI")
        assert re.search("[a-z]", password)
        assert re.search("[A-Z]", password)
        assert re.search("[2-9]", password)
