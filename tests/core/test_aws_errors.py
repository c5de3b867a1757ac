"""What AWS refuses before it looks at what is asked is one line that says what to do, whatever command has asked."""

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError

from core import aws_errors, console
from core.console import UserError

URL = "https://sts.us-east-1.amazonaws.com/"


def refusal(code: str, message: str = "said") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "GetCallerIdentity")


REFUSED = {
    "expired": (refusal("ExpiredToken"), "your credentials are over (ExpiredToken): sign in"),
    "an old signature": (refusal("RequestExpired"), "your credentials are over (RequestExpired): sign in"),
    "unknown keys": (
        refusal("InvalidClientTokenId"),
        "AWS does not know your credentials (InvalidClientTokenId)",
    ),
    "a wrong secret": (
        refusal("SignatureDoesNotMatch"),
        "AWS does not know your credentials (SignatureDoesNot",
    ),
    "no permission": (
        refusal("AccessDenied", "not allowed"),
        "you may not call GetCallerIdentity (not allowed): ",
    ),
    "no permission to look": (
        refusal("403", "Forbidden"),
        "you may not call GetCallerIdentity (Forbidden): ",
    ),
    "another region": (
        refusal("PermanentRedirect", "use eu-west-1"),
        "it lies in another region (use eu-west-1)",
    ),
    "a wrong clock": (refusal("RequestTimeTooSkewed"), "this machine's clock is wrong"),
    "no credentials": (exceptions.NoCredentialsError(), "AWS needs to know who you are (Unable to locate"),
    "no such profile": (
        exceptions.ProfileNotFound(profile="x"),
        "The config profile (x) could not be found: name",
    ),
    "a sign-in that is over": (exceptions.UnauthorizedSSOTokenError(), "your credentials are over ("),
    "no region": (exceptions.NoRegionError(), "You must specify a region: set AWS_REGION"),
    "no network": (exceptions.EndpointConnectionError(endpoint_url=URL), "AWS cannot be reached ("),
}


@pytest.mark.parametrize("name", REFUSED)
def test_each_says_what_to_do(name, monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    error, said = REFUSED[name]
    found = aws_errors.explain(error)
    assert found
    assert found.startswith(said)
    assert "\n" not in found


def test_a_local_cloud_that_has_ended_is_named(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4577")
    said = aws_errors.explain(exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:4577/x"))
    assert (
        said
        == "nothing answers at AWS_ENDPOINT_URL=http://127.0.0.1:4577: start the local cloud with `make cloud`"
    )


@pytest.mark.parametrize(
    "error", [refusal("NoSuchKey"), exceptions.ParamValidationError(report="x"), OSError(), None]
)
def test_what_is_wrong_with_the_thing_itself_is_left_to_who_asked(error):
    assert aws_errors.explain(error) is None


def fail(error: Exception) -> None:
    """Run a command that ends with it."""

    def main() -> None:
        raise error

    console.run(main)


def test_a_command_says_it_in_one_line_whether_it_expected_that_or_not():
    with pytest.raises(SystemExit, match=r"^error: your credentials are over"):
        fail(refusal("ExpiredToken"))
    expected = UserError("the bucket cannot be used")
    expected.__cause__ = refusal("ExpiredToken")
    with pytest.raises(SystemExit, match=r"^error: your credentials are over"):
        fail(expected)
    expected.__cause__ = refusal("NoSuchBucket")
    with pytest.raises(SystemExit, match=r"^error: the bucket cannot be used$"):
        fail(expected)


def test_a_defect_stays_one():
    with pytest.raises(ZeroDivisionError):
        fail(ZeroDivisionError())
    with pytest.raises(ClientError):
        fail(refusal("ValidationException"))
