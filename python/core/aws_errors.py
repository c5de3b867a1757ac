"""Why AWS could not be asked, in one line: whoever may not ask at all need not be told what for."""

import os
import sys
from typing import Any

SIGN_IN = "sign in, as with `aws sso login`, and name the profile in AWS_PROFILE"
NO_CREDENTIALS = (
    "NoAuthTokenError",
    "NoCredentialsError",
    "PartialCredentialsError",
    "CredentialRetrievalError",
)
OVER = (
    *("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"),
    *("LoginTokenLoadError", "SSOTokenLoadError", "TokenRetrievalError", "UnauthorizedSSOTokenError"),
)
UNKNOWN = (
    *("AuthFailure", "IncompleteSignature", "InvalidAccessKeyId", "InvalidClientTokenId"),
    *("SignatureDoesNotMatch", "UnrecognizedClientException"),
)
UNREACHED = (
    *("ConnectTimeoutError", "ConnectionClosedError", "EndpointConnectionError"),
    *("ProxyConnectionError", "SSLError"),
)
REFUSED = (
    *("403", "AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"),
    *("NotAuthorized", "UnauthorizedOperation"),
)
ELSEWHERE = ("AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect")


def explain(error: BaseException | None) -> str | None:
    """None of what is no error of AWS's, and of one that says of something what is wrong with it."""
    if "botocore.exceptions" not in sys.modules or error is None:  # so nobody has asked
        return None
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, ClientError):
        return explain_answer(error.response.get("Error", {}), error.operation_name)
    return explain_silence(error) if isinstance(error, BotoCoreError) else None


def explain_answer(said: Any, operation: str) -> str | None:
    code, message = said.get("Code", ""), said.get("Message", "")
    if code in OVER:
        return f"your credentials are over ({code}): {SIGN_IN}"
    if code in UNKNOWN:
        return f"AWS does not know your credentials ({code}): {SIGN_IN}, or set other AWS_... variables"
    if code == "RequestTimeTooSkewed":
        return "this machine's clock is wrong, and AWS takes no request from it: set it"
    if code in ELSEWHERE:
        return f"it lies in another region ({message}): set AWS_REGION"
    if code in REFUSED:
        return f"you may not call {operation} ({message.strip()}): ask for that, or take another profile by AWS_PROFILE"
    return None


def explain_silence(error: BaseException) -> str | None:
    name = type(error).__name__
    if name in NO_CREDENTIALS:
        return f"AWS needs to know who you are ({error}): {SIGN_IN}"
    if name == "ProfileNotFound":
        return f"{str(error).rstrip('.')}: name one of `aws configure list-profiles` in AWS_PROFILE"
    if name in OVER:
        return f"your credentials are over ({error}): {SIGN_IN}"
    if name in ("InvalidRegionError", "NoRegionError", "UnknownRegionError"):
        return f"{str(error).rstrip('.')}: set AWS_REGION, as in AWS_REGION=us-east-1"
    if name in UNREACHED:
        if url := os.environ.get("AWS_ENDPOINT_URL"):
            return say_gone(url)
        return f"AWS cannot be reached ({error}): is there a network, and is AWS_REGION a region?"
    return None


def say_gone(url: str) -> str:
    """Of a local cloud that does not run."""
    return f"nothing answers at AWS_ENDPOINT_URL={url}: start the local cloud with `make cloud`"
