"""Who may be invited to a pool that takes addresses for names, and who is invited again."""

import pytest
from botocore.exceptions import ClientError
from tests.localcloud.apis import Pool
from tests.localcloud.test_people import Browser, come_back, invite

FIRST, SECOND = "First-Scone-1", "Second-Scone-2"


@pytest.fixture
def pool(aws, cloud):
    return Pool(aws, cloud, AliasAttributes=["email"])


def attributes(address):
    return [{"Name": "email", "Value": address}, {"Name": "email_verified", "Value": "true"}]


def test_an_address_is_no_name(pool):
    with pytest.raises(ClientError, match="Username cannot be of email format") as refused:
        pool.idp.admin_create_user(UserPoolId=pool.id, Username="anna@example.com")
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"


def test_a_confirmed_address_is_one_person_s(pool):
    asked = {"UserPoolId": pool.id, "UserAttributes": attributes("anna@example.com")}
    pool.idp.admin_create_user(Username="anna", **asked)
    with pytest.raises(pool.idp.exceptions.AliasExistsException):
        pool.idp.admin_create_user(Username="anna-2", **asked)
    pool.idp.admin_create_user(Username="anna-3", ForceAliasCreation=True, **asked)
    pool.idp.admin_create_user(UserPoolId=pool.id, Username="bay-1")


def test_a_pool_without_addresses_for_names_takes_any(aws, cloud):
    other = Pool(aws, cloud)
    assert other.idp.admin_create_user(UserPoolId=other.id, Username="anna@example.com")["User"]


def test_somebody_who_is_invited_again_stays_who_they_are(pool):
    invite(pool, "anna", "reviewers", password=FIRST, permanent=False)
    before = pool.idp.admin_get_user(UserPoolId=pool.id, Username="anna")
    again = {"UserPoolId": pool.id, "Username": "anna", "MessageAction": "RESEND"}
    pool.idp.admin_create_user(TemporaryPassword=SECOND, **again)
    after = pool.idp.admin_get_user(UserPoolId=pool.id, Username="anna")
    assert after["UserAttributes"] == before["UserAttributes"]
    groups = pool.idp.admin_list_groups_for_user(UserPoolId=pool.id, Username="anna")["Groups"]
    assert [it["GroupName"] for it in groups] == ["reviewers"]
    browser = Browser(pool)
    assert b"Incorrect" in browser.sign_in("anna", FIRST).body
    page = browser.sign_in("anna", SECOND)
    assert come_back(browser.fill_in(page, new_password="Third-Scone-3", confirm_password="Third-Scone-3"))
    with pytest.raises(ClientError, match="status is not FORCE_CHANGE_PASSWORD") as refused:
        pool.idp.admin_create_user(**again)
    assert refused.value.response["Error"]["Code"] == "UnsupportedUserStateException"


def test_nobody_cannot_be_invited_again(pool):
    with pytest.raises(pool.idp.exceptions.UserNotFoundException):
        pool.idp.admin_create_user(UserPoolId=pool.id, Username="nobody", MessageAction="RESEND")
