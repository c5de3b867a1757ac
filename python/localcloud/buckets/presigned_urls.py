"""Addresses that somebody signed beforehand: whoever has one asks as the signer, for a while.

AWS: the signature is checked and the time too, and the signer's permissions are those of the moment. What is encrypted
with a customer's key is not answered to a signature older than version 4. An object without any signature is asked for
by nobody, whom only the bucket's policy can let.
moto 5.2.5 answers whoever asks.
"""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

from moto.core.request import Request
from moto.core.responses import BaseResponse
from moto.s3.models import FakeKey
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from localcloud.access import resource_policies, statements
from localcloud.access.decisions import Policies, decide
from localcloud.buckets import signatures
from localcloud.buckets.bucket_cors import find_bucket
from localcloud.buckets.bucket_errors import NO_KEY, NO_MATCH, NO_TOKEN, OLD_SIGNATURE, Refused, deny

SIGNATURE = "X-Amz-Signature"
NEEDED = ("X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders")
MISSING = (
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
    "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
)
ACTIONS = {"DELETE": "s3:DeleteObject", "GET": "s3:GetObject", "HEAD": "s3:GetObject", "PUT": "s3:PutObject"}
LONGEST = 7 * 24 * 3600
TIME = "%Y%m%dT%H%M%SZ"
SHOWN = "%Y-%m-%dT%H:%M:%SZ"


def check(response: BaseResponse, request: Request) -> None:
    """Refuse an address of S3 that its signer did not sign so, or whose time is over."""
    if response.service_name != "s3":
        return
    given = request.args
    try:
        if SIGNATURE in given:
            _check_version_4(request)
        elif "AWSAccessKeyId" in given and "Signature" in given:
            _check_older(request)
        elif "Authorization" not in request.headers:
            _check_nobody(request)
    except Refused as refused:
        said = refused.answer()
        raise HTTPException(response=Response(said.body, said.status, said.headers)) from refused


def _check_version_4(request: Request) -> None:
    given = request.args
    if given.get("X-Amz-Algorithm") != signatures.ALGORITHM or any(name not in given for name in NEEDED):
        raise Refused(400, "AuthorizationQueryParametersError", MISSING)
    scope = signatures.read_scope(given["X-Amz-Credential"])
    try:
        begun = datetime.strptime(given["X-Amz-Date"], TIME).replace(tzinfo=UTC)
        seconds = int(given["X-Amz-Expires"])
    except ValueError as error:
        raise Refused(400, "AuthorizationQueryParametersError", MISSING) from error
    if scope is None or not 0 < seconds <= LONGEST:
        raise Refused(400, "AuthorizationQueryParametersError", MISSING)
    now, ends = datetime.now(UTC), begun + timedelta(seconds=seconds)
    if ends <= now:
        times = {"X-Amz-Expires": seconds, "Expires": f"{ends:{SHOWN}}", "ServerTime": f"{now:{SHOWN}}"}
        raise deny("Request has expired", **times)
    try:
        secret = signatures.find_secret(scope.key, given.get("X-Amz-Security-Token"))
    except signatures.Unknown as error:
        raise Refused(403, "InvalidAccessKeyId", NO_KEY) from error
    except signatures.WrongToken as error:
        raise Refused(400, "InvalidToken", NO_TOKEN) from error
    text = "\n".join(
        (signatures.ALGORITHM, given["X-Amz-Date"], scope.text, signatures.hash_text(_write(request)))
    )
    if scope.day != given["X-Amz-Date"][:8] or not signatures.are_same(
        signatures.sign(secret, scope, text), given[SIGNATURE]
    ):
        raise Refused(403, "SignatureDoesNotMatch", NO_MATCH)


def _write(request: Request) -> str:
    """The request in the form that is signed."""
    given = request.args
    path = quote(unquote(request.environ["REQUEST_URI"].partition("?")[0]), safe="/-_.~")
    pairs = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in given.items(multi=True)
        if name != SIGNATURE
    )
    names = given["X-Amz-SignedHeaders"].split(";")
    headers = [f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in names]
    query = "&".join(f"{name}={value}" for name, value in pairs)
    payload = request.headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
    return "\n".join((request.method, path, query, "".join(headers), given["X-Amz-SignedHeaders"], payload))


def _check_older(request: Request) -> None:
    bucket = find_bucket(request.path)
    key = request.path.removeprefix("/").partition("/")[2]
    found = bucket.keys.get(key) if bucket else None
    if isinstance(found, FakeKey) and found.kms_key_id:
        raise Refused(400, "InvalidArgument", OLD_SIGNATURE)
    raise NotImplementedError("the local cloud knows no addresses that are signed by version 2")


def _check_nobody(request: Request) -> None:
    bucket = find_bucket(request.path)
    key = request.path.removeprefix("/").partition("/")[2]
    action = ACTIONS.get(request.method)
    if bucket is None or not key or action is None:
        return
    action += "Version" if "versionId" in request.args else ""
    arn = f"{bucket.arn}/{key}"
    policy = resource_policies.read(arn, bucket.account_id)
    known = {"aws:securetransport": ["true"]}
    if not decide(statements.Request(action, arn, (), known.get), Policies(resource=policy)).allowed:
        raise deny("Access Denied")
