"""A pool's domain: programs get tokens by their secret, people by signing in, and others get a word for it."""

import base64
import hashlib
import html
import json
import re
import secrets
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from tests.localcloud.apis import ECHO, Api, Pool, ask, post_form

PAGE = "http://localhost:4577/back"
PASSWORD = "Correct-Horse-1"


@pytest.fixture
def pool(aws, cloud):
    policy = {"PasswordPolicy": {"MinimumLength": 12, "RequireSymbols": False}}
    return Pool(aws, cloud, Policies=policy, AliasAttributes=["email"])


def read(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class Browser:
    """Somebody's browser, on a page that signs people in by this client of the pool."""

    def __init__(self, pool, **settings):
        self.pool = pool
        self.client = pool.idp.create_user_pool_client(
            UserPoolId=pool.id,
            ClientName="people",
            AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthFlows=["code"],
            AllowedOAuthScopes=["openid", "email", "scones/photos", "scones/review"],
            CallbackURLs=[PAGE],
            LogoutURLs=["http://localhost:4577/gone"],
            **{"SupportedIdentityProviders": ["COGNITO"], **settings},
        )["UserPoolClient"]["ClientId"]
        self.verifier = secrets.token_urlsafe(48)
        self.cookie = ""

    def query(self, **changes):
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self.client,
            "redirect_uri": PAGE,
            "scope": "openid scones/photos",
            "state": "s 1",
            "code_challenge": challenge.decode().rstrip("="),
            "code_challenge_method": "S256",
            **changes,
        }
        return urlencode({name: it for name, it in asked.items() if it is not None})

    def go(self, path="oauth2/authorize", **changes):
        url = f"{self.pool.cloud}/_aws/auth/{self.pool.domain}/{path}?{self.query(**changes)}"
        return ask(url, Cookie=self.cookie)

    def follow(self, said):
        assert said.status == 302
        return ask(self.pool.cloud + said.headers["location"], Cookie=self.cookie)

    def fill_in(self, page, **fields):
        """Send the form of a page, with what is hidden in it."""
        assert page.status == 200
        (action,) = re.findall(r'action="([^"]+)"', page.body.decode())
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.body.decode()))
        said = post_form(self.pool.cloud + html.unescape(action), hidden | fields)
        if said.cookies:
            self.cookie = said.cookies[0].split(";")[0]
        return said

    def sign_in(self, name, password=PASSWORD, **changes):
        return self.fill_in(self.follow(self.go(**changes)), username=name, password=password)

    def take(self, said, **changes):
        """Change the code that came back for tokens."""
        fields = {
            "grant_type": "authorization_code",
            "client_id": self.client,
            "code": come_back(said)["code"],
            "redirect_uri": PAGE,
            "code_verifier": self.verifier,
        } | changes
        return self.pool.ask_token(**{name: it for name, it in fields.items() if it is not None})

    def refresh(self, token, **changes):
        fields = {"grant_type": "refresh_token", "client_id": self.client, "refresh_token": token}
        return self.pool.ask_token(**fields | changes)


def come_back(said):
    """What the page is told when the browser comes back to it."""
    assert said.status == 302
    location = urlsplit(said.headers["location"])
    assert f"{location.scheme}://{location.netloc}{location.path}" == PAGE
    return {name: values[0] for name, values in parse_qs(location.query).items()}


def invite(pool, name, *groups, password=PASSWORD, permanent=True, **attributes):
    """Somebody is in the pool and in these groups."""
    given = [{"Name": key, "Value": it} for key, it in attributes.items()]
    pool.idp.admin_create_user(
        UserPoolId=pool.id, Username=name, TemporaryPassword=password, UserAttributes=given
    )
    if permanent:
        pool.idp.admin_set_user_password(UserPoolId=pool.id, Username=name, Password=password, Permanent=True)
    for group in groups:
        if group not in [it["GroupName"] for it in pool.idp.list_groups(UserPoolId=pool.id)["Groups"]]:
            pool.idp.create_group(UserPoolId=pool.id, GroupName=group)
        pool.idp.admin_add_user_to_group(UserPoolId=pool.id, Username=name, GroupName=group)


def refused(said, word):
    assert (said.status, said.json) == (400, {"error": word})


def test_a_pool_s_document_says_where_its_pages_are(pool, cloud):
    found = pool.discover()
    assert found["issuer"] == pool.issuer
    assert found["token_endpoint"] == f"{cloud}/_aws/auth/{pool.domain}/oauth2/token"
    assert found["authorization_endpoint"] == f"{cloud}/_aws/auth/{pool.domain}/oauth2/authorize"
    (key,) = ask(found["jwks_uri"]).json["keys"]
    assert (key["kty"], key["alg"]) == ("RSA", "RS256")
    assert ask(f"{cloud}/us-east-1_none/.well-known/openid-configuration").status == 404


def test_a_program_may_name_itself_in_either_way(pool):
    program = pool.program("scones/photos", "scones/review")
    told = pool.ask_token(grant_type="client_credentials", **program).json
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 3600)
    assert read(told["access_token"])["scope"] == "scones/photos scones/review"
    basic = base64.b64encode(":".join(program.values()).encode()).decode()
    fields = {"grant_type": "client_credentials", "scope": "scones/photos"}
    said = post_form(pool.discover()["token_endpoint"], fields, Authorization=f"Basic {basic}")
    claims = read(said.json["access_token"])
    assert (claims["scope"], claims["sub"]) == ("scones/photos", program["client_id"])
    assert claims.keys() == {
        *("auth_time", "client_id", "exp", "iat", "iss", "jti", "scope", "sub", "token_use", "version")
    }


def test_a_client_says_how_long_its_tokens_last(pool):
    program = pool.program(AccessTokenValidity=5, TokenValidityUnits={"AccessToken": "minutes"})
    told = pool.ask_token(grant_type="client_credentials", **program).json
    claims = read(told["access_token"])
    assert told["expires_in"] == claims["exp"] - claims["iat"] == 300


def test_a_program_that_may_not_is_told_in_a_word(pool):
    program = pool.program()
    asked = {"grant_type": "client_credentials", **program}
    refused(pool.ask_token(**asked | {"client_secret": "guessed"}), "invalid_client")
    refused(pool.ask_token(**asked | {"client_secret": ""}), "invalid_client")
    refused(pool.ask_token(**asked | {"client_id": "nobody"}), "invalid_client")
    refused(pool.ask_token(**asked | {"scope": "scones/review"}), "invalid_scope")
    refused(pool.ask_token(**asked | {"scope": "openid"}), "invalid_scope")
    refused(pool.ask_token(**asked | {"grant_type": "password"}), "unsupported_grant_type")
    refused(pool.ask_token(**program), "invalid_request")
    refused(pool.ask_token(**asked | {"grant_type": "authorization_code"}), "unauthorized_client")
    said = ask(pool.discover()["token_endpoint"], "POST", json.dumps(asked), Content_Type="application/json")
    refused(said, "invalid_request")


def test_people_s_client_is_no_program(pool):
    browser = Browser(pool)
    refused(pool.ask_token(grant_type="client_credentials", client_id=browser.client), "unauthorized_client")


def test_somebody_signs_in(pool):
    invite(pool, "anna", "reviewers", email="anna@example.org", email_verified="true")
    browser = Browser(pool)
    back = browser.sign_in("anna")
    assert come_back(back)["state"] == "s 1"
    told = browser.take(back)
    assert told.status == 200
    assert told.headers["cache-control"] == "no-store"
    assert told.json.keys() == {"access_token", "expires_in", "id_token", "refresh_token", "token_type"}
    access, identity = read(told.json["access_token"]), read(told.json["id_token"])
    assert (access["username"], access["cognito:groups"]) == ("anna", ["reviewers"])
    assert (access["token_use"], access["scope"]) == ("access", "openid scones/photos")
    assert (access["client_id"], access["version"]) == (browser.client, 2)
    assert (identity["token_use"], identity["aud"], identity["sub"]) == ("id", browser.client, access["sub"])
    assert "email" not in identity
    person = pool.idp.admin_get_user(UserPoolId=pool.id, Username="anna")
    assert {"Name": "sub", "Value": access["sub"]} in person["UserAttributes"]


def test_capitals_matter_unless_a_pool_says_otherwise(pool):
    invite(pool, "anna")
    browser = Browser(pool)
    assert b"Incorrect username or password." in browser.sign_in("Anna").body
    assert browser.take(browser.sign_in("anna")).status == 200


def test_a_verified_address_signs_in(aws, cloud):
    names = {"UsernameConfiguration": {"CaseSensitive": False}, "AliasAttributes": ["email"]}
    pool = Pool(aws, cloud, **names)
    invite(pool, "anna", email="anna@example.org", email_verified="true")
    invite(pool, "bert", email="bert@example.org", email_verified="false")
    browser = Browser(pool)
    for name in ("Anna@Example.org", "ANNA"):
        assert read(browser.take(browser.sign_in(name)).json["access_token"])["username"] == "anna"
        browser.cookie = ""
    assert b"Incorrect username or password." in browser.sign_in("bert@example.org").body


@pytest.mark.parametrize(("name", "password"), [("anna", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_who_signs_in_wrongly_is_told_no_more_than_that(pool, name, password):
    invite(pool, "anna")
    said = Browser(pool).sign_in(name, password)
    assert said.status == 200
    assert b"Incorrect username or password." in said.body
    assert not said.cookies


def test_whoever_was_invited_chooses_a_password(pool):
    invite(pool, "carl", permanent=False)
    browser = Browser(pool)
    page = browser.sign_in("carl")
    assert b"New password" in page.body
    page = browser.fill_in(page, new_password="short", confirm_password="short")
    assert b"does not conform to policy" in page.body
    page = browser.fill_in(page, new_password="Another-Horse-2", confirm_password="Another-Horse-3")
    assert b"do not match" in page.body
    back = browser.fill_in(page, new_password="Another-Horse-2", confirm_password="Another-Horse-2")
    assert browser.take(back).status == 200
    again = Browser(pool)
    assert b"Incorrect" in again.sign_in("carl").body
    assert come_back(again.sign_in("carl", "Another-Horse-2"))["code"]


def test_a_browser_stays_signed_in_until_it_signs_out(pool):
    invite(pool, "anna")
    browser = Browser(pool)
    browser.sign_in("anna")
    assert browser.take(browser.go()).status == 200
    gone = browser.go("logout", redirect_uri=None, logout_uri="http://localhost:4577/gone")
    assert (gone.status, gone.headers["location"]) == (302, "http://localhost:4577/gone")
    assert "/login?" in browser.go().headers["location"]
    elsewhere = browser.go("logout", redirect_uri=None, logout_uri="http://evil/")
    assert elsewhere.status == 400


def test_a_code_is_good_once(pool):
    invite(pool, "anna")
    browser = Browser(pool)
    back = browser.sign_in("anna")
    assert browser.take(back).status == 200
    refused(browser.take(back), "invalid_grant")


def test_a_code_is_good_for_the_page_that_asked_for_it(pool):
    invite(pool, "anna")
    browser, other = Browser(pool), Browser(pool)
    refused(browser.take(browser.sign_in("anna"), code_verifier="guessed"), "invalid_grant")
    refused(browser.take(browser.go(), code_verifier=None), "invalid_grant")
    refused(browser.take(browser.go(), redirect_uri="http://evil/"), "invalid_grant")
    refused(browser.take(browser.go(), client_id=other.client), "invalid_grant")
    refused(browser.take(browser.go(), code="guessed"), "invalid_grant")
    assert browser.take(browser.go()).status == 200


def test_a_browser_goes_only_where_the_client_has_said(pool):
    browser = Browser(pool)
    for changes, error in (
        ({"redirect_uri": "http://evil/"}, "redirect_mismatch"),
        ({"redirect_uri": f"{PAGE}/deeper"}, "redirect_mismatch"),
        ({"client_id": "nobody"}, "Client does not exist."),
        ({"redirect_uri": None}, "invalid_request"),
    ):
        said = browser.go(**changes)
        assert f"/error?error={quote(error).replace('%20', '+')}" in said.headers["location"]
        shown = browser.follow(said)
        assert (shown.status, error in shown.body.decode()) == (400, True)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "openid scones/everything"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
    ],
)
def test_a_page_that_asks_wrongly_is_told_so(pool, changes, error):
    told = come_back(Browser(pool).go(**changes))
    assert told == {"error": error, "state": "s 1"}


def test_groups_are_those_of_the_time_when_a_token_is_given(aws, function, pool):
    invite(pool, "anna", "leads")
    browser = Browser(pool)
    api = Api(aws, function(ECHO))
    api.route("GET /a", AuthorizationScopes=["scones/photos"], **api.authorize_by(pool, browser.client))

    def groups(token):
        event = api.ask("/a", Authorization=f"Bearer {token}").json
        return event["requestContext"]["authorizer"]["jwt"]["claims"].get("cognito:groups")

    told = browser.take(browser.sign_in("anna")).json
    assert groups(told["access_token"]) == "[leads]"
    pool.idp.admin_remove_user_from_group(UserPoolId=pool.id, Username="anna", GroupName="leads")
    assert groups(told["access_token"]) == "[leads]"
    again = browser.refresh(told["refresh_token"]).json
    assert "refresh_token" not in again
    assert groups(again["access_token"]) is None
    first, second = (read(it["access_token"]) for it in (told, again))
    assert second["scope"] == first["scope"]
    assert second["auth_time"] == first["auth_time"]


def test_a_refresh_token_is_its_client_s_and_ends_with_the_person(pool):
    invite(pool, "anna")
    browser, other = Browser(pool), Browser(pool)
    token = browser.take(browser.sign_in("anna")).json["refresh_token"]
    refused(browser.refresh("guessed"), "invalid_grant")
    refused(browser.refresh(token, client_id=other.client), "invalid_grant")
    assert browser.refresh(token).status == 200
    pool.idp.admin_disable_user(UserPoolId=pool.id, Username="anna")
    refused(browser.refresh(token), "invalid_grant")
    pool.idp.admin_enable_user(UserPoolId=pool.id, Username="anna")
    assert browser.refresh(token).status == 200
    pool.idp.admin_user_global_sign_out(UserPoolId=pool.id, Username="anna")
    refused(browser.refresh(token), "invalid_grant")


def test_a_refresh_token_can_be_taken_back(pool):
    invite(pool, "anna")
    browser = Browser(pool)
    token = browser.take(browser.sign_in("anna")).json["refresh_token"]
    revoke = pool.discover()["revocation_endpoint"]
    assert post_form(revoke, {"token": token, "client_id": browser.client}).status == 200
    refused(browser.refresh(token), "invalid_grant")


def test_a_page_may_ask_who_signed_in(pool):
    invite(pool, "anna", email="anna@example.org", email_verified="true")
    browser = Browser(pool)
    token = browser.take(browser.sign_in("anna", scope="openid email")).json["access_token"]
    where = pool.discover()["userinfo_endpoint"]
    told = ask(where, Authorization=f"Bearer {token}").json
    assert told == {
        "sub": read(token)["sub"],
        "email": "anna@example.org",
        "email_verified": "true",
        "username": "anna",
    }
    assert ask(where, Authorization="Bearer guessed").status == 401


def test_a_script_of_another_origin_may_ask_for_tokens(pool):
    endpoint = pool.discover()["token_endpoint"]
    asking = {"Origin": "http://localhost:4577", "Access_Control_Request_Method": "POST"}
    assert ask(endpoint, "OPTIONS", **asking).headers["access-control-allow-origin"] == "*"
    said = post_form(endpoint, {}, Origin="http://localhost:4577")
    assert said.headers["access-control-allow-origin"] == "*"


def test_what_somebody_types_is_never_markup(pool):
    browser = Browser(pool)
    said = ask(f"{pool.cloud}/_aws/auth/{pool.domain}/error?error=%3Cscript%3E")
    assert b"<script>" not in said.body
    page = browser.go("login", state='"><script>')
    assert b"<script>" not in page.body


def test_a_pool_is_not_deleted_by_mistake(aws, cloud):
    pool = Pool(aws, cloud, DeletionProtection="ACTIVE")
    invalid = pool.idp.exceptions.InvalidParameterException
    with pytest.raises(invalid, match="deletion protection is activated"):
        pool.idp.delete_user_pool(UserPoolId=pool.id)
    pool.idp.update_user_pool(UserPoolId=pool.id, DeletionProtection="INACTIVE")
    with pytest.raises(invalid, match="has a domain configured"):
        pool.idp.delete_user_pool(UserPoolId=pool.id)
    pool.idp.delete_user_pool_domain(UserPoolId=pool.id, Domain=pool.domain)
    pool.idp.delete_user_pool(UserPoolId=pool.id)


def test_a_domain_is_one_pool_s(aws, cloud):
    pool, other = Pool(aws, cloud), Pool(aws, cloud)
    with pytest.raises(pool.idp.exceptions.InvalidParameterException, match="already associated"):
        pool.idp.create_user_pool_domain(UserPoolId=pool.id, Domain=other.domain)
    found = pool.idp.describe_user_pool_domain(Domain=other.domain)["DomainDescription"]
    assert (found["UserPoolId"], found["ManagedLoginVersion"]) == (other.id, 1)
    assert found["AWSAccountId"] == "123456789012"


def test_a_resource_server_changes(pool):
    named = {"UserPoolId": pool.id, "Identifier": "scones"}
    scopes = [{"ScopeName": "photos", "ScopeDescription": "Photos."}]
    pool.idp.update_resource_server(**named, Name="other", Scopes=scopes)
    found = pool.idp.describe_resource_server(**named)["ResourceServer"]
    assert (found["Name"], found["Scopes"]) == ("other", scopes)
    pool.idp.delete_resource_server(**named)
    with pytest.raises(pool.idp.exceptions.ResourceNotFoundException):
        pool.idp.describe_resource_server(**named)


def test_a_pool_s_tags_change(aws, cloud):
    pool = Pool(aws, cloud, UserPoolTags={"Environment": "a", "Old": "x"})
    arn = pool.idp.describe_user_pool(UserPoolId=pool.id)["UserPool"]["Arn"]
    pool.idp.tag_resource(ResourceArn=arn, Tags={"Environment": "b", "New": "y"})
    pool.idp.untag_resource(ResourceArn=arn, TagKeys=["Old"])
    wanted = {"Environment": "b", "New": "y"}
    assert pool.idp.list_tags_for_resource(ResourceArn=arn)["Tags"] == wanted
    assert pool.idp.describe_user_pool(UserPoolId=pool.id)["UserPool"]["UserPoolTags"] == wanted


def test_an_update_leaves_a_pool_s_tags_and_names(aws, cloud):
    pool = Pool(aws, cloud, UserPoolTags={"Environment": "a"}, AliasAttributes=["email"])
    pool.idp.update_user_pool(UserPoolId=pool.id, DeletionProtection="INACTIVE")
    found = pool.idp.describe_user_pool(UserPoolId=pool.id)["UserPool"]
    assert (found["UserPoolTags"], found["AliasAttributes"]) == ({"Environment": "a"}, ["email"])
    pool.idp.update_user_pool(UserPoolId=pool.id, UserPoolTags={"Environment": "b"})
    assert pool.idp.describe_user_pool(UserPoolId=pool.id)["UserPool"]["UserPoolTags"] == {"Environment": "b"}


def test_nobody_signs_in_where_a_client_has_nobody_who_signs_in(pool):
    browser = Browser(pool, SupportedIdentityProviders=[])
    shown = browser.follow(browser.go())
    assert shown.status == 400
    assert b"Login pages unavailable" in shown.body


def test_a_client_is_given_what_the_pool_has(pool):
    asked = {"UserPoolId": pool.id, "ClientName": "c", "AllowedOAuthFlowsUserPoolClient": True}
    flow = pool.idp.exceptions.InvalidOAuthFlowException
    with pytest.raises(flow, match="does not have a client secret"):
        pool.idp.create_user_pool_client(**asked, AllowedOAuthFlows=["client_credentials"])
    with pytest.raises(flow, match="along with code flow"):
        pool.idp.create_user_pool_client(
            **asked, AllowedOAuthFlows=["client_credentials", "code"], GenerateSecret=True
        )
    unknown = pool.idp.exceptions.ScopeDoesNotExistException
    with pytest.raises(unknown, match="Invalid scope requested: scones/other"):
        pool.program("scones/other")
    client = pool.program()["client_id"]
    with pytest.raises(unknown):
        pool.idp.update_user_pool_client(
            UserPoolId=pool.id, ClientId=client, AllowedOAuthScopes=["openid", "other/photos"]
        )


@pytest.mark.parametrize("kept", ["CallbackURLs", "LogoutURLs"])
def test_a_page_s_address_is_encrypted_or_the_machine_s_own(pool, kept):
    asked = {
        "UserPoolId": pool.id,
        "ClientName": "pages",
        "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["openid"],
    }
    create = pool.idp.create_user_pool_client
    with pytest.raises(pool.idp.exceptions.InvalidOAuthFlowException, match="CallbackUrls can not be empty"):
        create(**asked)
    taken = ("https://scones.example.com/", f"{PAGE}/x", "http://127.0.0.1/", "http://[::1]:1/", "scones://x")
    asked["CallbackURLs"] = [PAGE]
    client = create(**asked | {kept: list(taken)})["UserPoolClient"]["ClientId"]
    for plain in ("http://scones.example.com/", "http://localhost.example.com:4577/"):
        with pytest.raises(
            pool.idp.exceptions.InvalidParameterException, match="cannot use the HTTP protocol"
        ):
            create(**asked | {kept: [PAGE, plain]})
        update = {name: it for name, it in asked.items() if name != "ClientName"}
        with pytest.raises(pool.idp.exceptions.InvalidParameterException, match=re.escape(plain)):
            pool.idp.update_user_pool_client(ClientId=client, **update | {kept: [plain]})
