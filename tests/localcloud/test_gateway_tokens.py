"""An API's authorizer: which tokens let a request through, and how the others are refused."""

import base64
import json
import time

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from moto.utilities.utils import load_resource
from tests.localcloud.apis import ECHO, Api, Pool

SCOPE = "scones/photos"


@pytest.fixture
def pool(aws, cloud):
    return Pool(aws, cloud)


@pytest.fixture
def program(pool):
    return pool.program()


@pytest.fixture
def api(aws, function, pool, program):
    made = Api(aws, function(ECHO))
    by = made.authorize_by(pool, program["client_id"])
    made.route("GET /photos/{id}", AuthorizationScopes=[SCOPE, "scones/review"], **by)
    made.route("GET /leases", AuthorizationScopes=["scones/review"], **by)
    made.route("GET /anybody", **by)
    return made


def with_token(api, token, path="/photos/1"):
    return api.ask(path, Authorization=f"Bearer {token}")


def forge(algorithm, claims, key=None, kid="dummy"):
    """A token that claims this, signed by the pool's key or by this one."""
    key = key or RSAKey.import_key(load_resource("cognitoidp/resources/jwks-private.json"))
    return jwt.encode({"alg": algorithm, "kid": kid}, claims, key, algorithms=[algorithm])


def read(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_a_program_s_token_opens_the_routes_of_its_scope(api, pool, program):
    token = pool.token(program)
    event = with_token(api, token).json
    jwt_found = event["requestContext"]["authorizer"]["jwt"]
    assert jwt_found["scopes"] == [SCOPE]
    claims = jwt_found["claims"]
    assert claims["sub"] == claims["client_id"] == program["client_id"]
    assert (claims["token_use"], claims["scope"], claims["version"]) == ("access", SCOPE, "2")
    assert int(claims["exp"]) - int(claims["iat"]) == 3600
    assert all(isinstance(value, str) for value in claims.values())
    assert api.ask("/photos/1", Authorization=token).status == 200


def test_a_token_without_the_scope_is_forbidden(api, pool, program):
    said = with_token(api, pool.token(program), "/leases")
    assert (said.status, said.body) == (403, b'{"message":"Forbidden"}')
    assert 'scope="scones/review" error="insufficient_scope"' in said.headers["www-authenticate"]


def test_a_route_without_scopes_takes_any_token_of_its_audience(api, pool, program):
    event = with_token(api, pool.token(program), "/anybody").json
    assert event["requestContext"]["authorizer"]["jwt"]["scopes"] is None


def test_who_has_no_token_is_told_what_is_wanted(api):
    said = api.ask("/photos/1")
    assert (said.status, said.body) == (401, b'{"message":"Unauthorized"}')
    assert said.headers["www-authenticate"] == "Bearer"


def test_a_token_of_another_client_has_another_audience(api, pool):
    said = with_token(api, pool.token(pool.program()))
    assert said.status == 401
    assert said.headers["www-authenticate"] == (
        'Bearer scope="" error="invalid_token" error_description="the token does not have a valid audience"'
    )


def test_a_token_of_another_pool_is_none(aws, cloud, api):
    other = Pool(aws, cloud)
    said = with_token(api, other.token(other.program()))
    assert said.status == 401
    assert "issuer" in said.headers["www-authenticate"]


def test_a_token_runs_out(aws, cloud, function):
    pool = Pool(aws, cloud)
    program = pool.program()
    api = Api(aws, function(ECHO))
    api.route("GET /a", AuthorizationScopes=[SCOPE], **api.authorize_by(pool, program["client_id"]))
    claims = read(pool.token(program))
    assert with_token(api, forge("RS256", claims | {"exp": int(time.time()) + 60}), "/a").status == 200
    said = with_token(api, forge("RS256", claims | {"exp": int(time.time()) - 1}), "/a")
    assert said.status == 401
    assert 'error_description="the token has expired"' in said.headers["www-authenticate"]


def refused(api, token):
    said = with_token(api, token)
    assert (said.status, said.body) == (401, b'{"message":"Unauthorized"}')
    assert 'error="invalid_token"' in said.headers["www-authenticate"]


def test_a_token_that_nobody_signed_is_none(api, pool, program):
    _, payload, _ = pool.token(program).split(".")
    head = base64.urlsafe_b64encode(b'{"alg": "none", "kid": "dummy"}').decode().rstrip("=")
    refused(api, f"{head}.{payload}.")


def test_what_a_token_says_of_itself_is_no_header(api):
    head = json.dumps({"alg": "x\r\nX-Evil: 1", "kid": "dummy"}).encode()
    said = with_token(api, f"{base64.urlsafe_b64encode(head).decode().rstrip('=')}.e30.e30")
    assert said.status == 401
    assert "x-evil" not in said.headers


def test_a_token_that_was_changed_is_none(api, pool, program):
    head, payload, signature = pool.token(program).split(".")
    claims = read(f".{payload}.") | {"scope": "scones/review scones/photos"}
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    refused(api, f"{head}.{changed}.{signature}")


def test_the_public_key_is_no_secret_to_sign_with(api, pool, program):
    claims = read(pool.token(program))
    public = json.dumps(load_resource("cognitoidp/resources/jwks-public.json")).encode()
    refused(api, forge("HS256", claims, OctKey.import_key(public)))


@pytest.mark.parametrize(
    "change",
    [{"exp": None}, {"exp": "tomorrow"}, {"nbf": 2**40}, {"iat": 2**40}, {"client_id": None}, {"iss": "x"}],
)
def test_every_claim_counts(api, pool, program, change):
    claims = {name: it for name, it in (read(pool.token(program)) | change).items() if it is not None}
    refused(api, forge("RS256", claims))


def test_a_key_that_the_pool_does_not_have_counts_for_nothing(api, pool, program):
    refused(api, forge("RS256", read(pool.token(program)), kid="other"))


@pytest.mark.parametrize(
    "token", ["x", "a.b", "a.b.c", "e30.e30.e30", "..", "\N{LATIN SMALL LETTER A}.." * 9]
)
def test_what_is_no_token_is_refused(api, token):
    refused(api, token)


def test_a_list_is_written_as_aws_writes_it(api, pool, program):
    claims = read(pool.token(program)) | {"cognito:groups": ["leads", "reviewers"], "email_verified": True}
    told = with_token(api, forge("RS256", claims)).json["requestContext"]["authorizer"]["jwt"]["claims"]
    assert (told["cognito:groups"], told["email_verified"]) == ("[leads reviewers]", "true")


def test_an_audience_goes_before_a_client(api, pool, program):
    claims = read(pool.token(program))
    refused(api, forge("RS256", claims | {"aud": "somebody else"}))
    other = claims | {"aud": ["x", program["client_id"]], "client_id": "somebody else"}
    assert with_token(api, forge("RS256", other)).status == 200


def test_a_preflight_request_needs_no_token(aws, function, pool, program):
    cors = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"]}
    api = Api(aws, function(ECHO), CorsConfiguration=cors)
    api.route("GET /a", **api.authorize_by(pool, program["client_id"]))
    asking = {"Origin": "https://a.example", "Access_Control_Request_Method": "GET"}
    assert api.ask("/a", "OPTIONS", **asking).status == 204
    assert (
        api.ask("/a", Origin="https://a.example").headers["access-control-allow-origin"] == asking["Origin"]
    )


def test_an_issuer_that_nobody_finds_is_refused_at_once(aws, function):
    api = Api(aws, function(ECHO))
    gateway = aws("apigatewayv2")
    with pytest.raises(
        gateway.exceptions.BadRequestException, match=r"Invalid issuer: https://nobody\.example"
    ):
        gateway.create_authorizer(
            ApiId=api.id,
            AuthorizerType="JWT",
            Name="people",
            IdentitySource=["$request.header.Authorization"],
            JwtConfiguration={"Audience": ["a"], "Issuer": "https://nobody.example"},
        )
