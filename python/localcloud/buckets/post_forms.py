"""Uploads by a form: `POST` to a bucket, which a browser or a program sends with fields that somebody signed.

AWS: the signer's policy says what may be uploaded, until when; whether it is written is decided as if the signer put
the object: with the signer's permissions, the bucket's encryption, and an event, whose reason is `POST Object`. Where
the object is encrypted with a customer's key, a signature older than version 4 is refused. What stands behind the file
in the form does not count.
moto 5.2.5 takes any form from anybody. Here the form becomes the signer's `PutObject`.
"""

import base64
import hmac
import threading
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment
from xml.sax.saxutils import escape

from moto.s3.models import FakeBucket, FakeKey, S3Backend
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder
from werkzeug.test import run_wsgi_app

from localcloud import gaps
from localcloud.buckets import post_policies, signatures
from localcloud.buckets.bucket_cors import find_bucket
from localcloud.buckets.bucket_errors import NO_KEY, NO_MATCH, NO_TOKEN, OLD_SIGNATURE, Refused, deny
from localcloud.http import exchanges
from localcloud.http.exchanges import Outgoing
from localcloud.http.inside import make_environ

FORM = "multipart/form-data"
OF_VERSION_4 = ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")
# Fields that an object is put with as headers.
KEPT = ("cache-control", "content-disposition", "content-encoding", "content-type", "expires")
KEPT_OF_AWS = ("x-amz-meta-", "x-amz-server-side-encryption", "x-amz-storage-class", "x-amz-website-")
TOLD = ("etag", "x-amz-server-side-encryption", "x-amz-version-id", "x-amz-request-id")
NO_FIELD = (
    "Bucket POST must contain a field named '{}'.  If it is specified, please check the order of the fields."
)
NOT_A_FORM = "The body of your POST request is not well-formed multipart/form-data."
FILENAME = "${filename}"
KMS = "aws:kms"

_putting = threading.local()


def install() -> None:
    """Let an object that comes by a form say so in its event."""

    @gaps.wrap(S3Backend, "put_object")
    def put_object(original: gaps.Original, self: S3Backend, *args: object, **options: object) -> FakeKey:
        more = {"request_method": "POST"} if getattr(_putting, "form", False) else {}
        return original(self, *args, **options, **more)  # type: ignore[no-any-return]


def serve(application: WSGIApplication, url: str) -> WSGIApplication:
    """The application, which takes forms as well."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        kind, options = parse_options_header(environ.get("CONTENT_TYPE", ""))
        path = environ["PATH_INFO"].removesuffix("/")
        bucket = find_bucket(path) if path.count("/") == 1 else None
        if environ["REQUEST_METHOD"] != "POST" or kind != FORM or bucket is None:
            return application(environ, start_response)
        incoming = exchanges.read(environ)
        try:
            fields, file = read_form(incoming.body, options.get("boundary", ""))
            _check_signature(bucket, fields)
            post_policies.check(fields["policy"], {**fields, "bucket": bucket.name}, len(file))
            outgoing = _put(application, url, bucket.name, fields, file)
        except Refused as refused:
            outgoing = refused.answer()
        return outgoing.send("POST", start_response)

    return answer


def read_form(body: bytes, boundary: str) -> tuple[dict[str, str], bytes]:
    """The fields before the file, their names in lower case, and the file."""
    decoder = MultipartDecoder(boundary.encode())
    fields: dict[str, str] = {}
    name, file_name, content = "", "", b""
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), Epilogue):
            if isinstance(event, Field | File):
                name, content = event.name.lower(), b""
                file_name = event.filename or "" if isinstance(event, File) else file_name
            elif isinstance(event, Data):
                content += event.data
                if not event.more_data and name == "file":
                    break
                if not event.more_data:
                    fields[name] = content.decode()
    except ValueError as error:
        raise Refused(400, "MalformedPOSTRequest", NOT_A_FORM) from error
    if "key" not in fields:
        raise _missing("key")
    if name != "file":
        raise _missing("file")
    fields["key"] = fields["key"].replace(FILENAME, file_name.rpartition("/")[2])
    return fields, content


def _check_signature(bucket: FakeBucket, fields: dict[str, str]) -> None:
    if "policy" not in fields:
        raise deny("Access Denied")
    if "awsaccesskeyid" in fields and "x-amz-signature" not in fields:
        _check_old_signature(bucket, fields)
        return
    for name in OF_VERSION_4:
        if name not in fields:
            raise _missing(name)
    scope = signatures.read_scope(fields["x-amz-credential"])
    if scope is None or fields["x-amz-algorithm"] != signatures.ALGORITHM:
        raise Refused(400, "InvalidArgument", "Invalid credential or algorithm in the form.")
    signed = signatures.sign(_find_secret(scope.key, fields), scope, fields["policy"])
    if fields["x-amz-date"][:8] != scope.day or not signatures.are_same(signed, fields["x-amz-signature"]):
        raise Refused(403, "SignatureDoesNotMatch", NO_MATCH)


def _check_old_signature(bucket: FakeBucket, fields: dict[str, str]) -> None:
    """Version 2: the policy by the secret itself."""
    rule = (bucket.encryption or {}).get("Rule", {}).get("ApplyServerSideEncryptionByDefault", {})
    if KMS in (rule.get("SSEAlgorithm"), fields.get("x-amz-server-side-encryption")):
        raise Refused(400, "InvalidArgument", OLD_SIGNATURE)
    secret = _find_secret(fields["awsaccesskeyid"], fields)
    signed = base64.b64encode(hmac.digest(secret.encode(), fields["policy"].encode(), "sha1")).decode()
    if not signatures.are_same(signed, fields.get("signature", "")):
        raise Refused(403, "SignatureDoesNotMatch", NO_MATCH)


def _find_secret(key: str, fields: dict[str, str]) -> str:
    try:
        return signatures.find_secret(key, fields.get("x-amz-security-token"))
    except signatures.Unknown as error:
        raise Refused(403, "InvalidAccessKeyId", NO_KEY) from error
    except signatures.WrongToken as error:
        raise Refused(400, "InvalidToken", NO_TOKEN) from error


def _put(
    application: WSGIApplication, url: str, bucket: str, fields: dict[str, str], file: bytes
) -> Outgoing:
    """What S3 answers to the form, once the signer has put the object."""
    where = f"{url}/{quote(bucket)}/{quote(fields['key'], safe='/~')}"
    environ = make_environ("PUT", where, _make_headers(fields, len(file)), file)
    _putting.form = True
    try:
        parts, status, headers = run_wsgi_app(application, environ, buffered=True)
    finally:
        _putting.form = False
    body, code = b"".join(parts), int(status.partition(" ")[0])
    if code != 200:
        return Outgoing(code, body, [("Content-Type", headers.get("Content-Type", "application/xml"))])
    told = [(name, headers[name]) for name in TOLD if name in headers]
    return _succeed(bucket, fields, where, [*told, ("Location", where)])


def _make_headers(fields: dict[str, str], size: int) -> dict[str, str | bytes]:
    credential = (
        fields.get("x-amz-credential") or f"{fields['awsaccesskeyid']}/20000101/us-east-1/s3/aws4_request"
    )
    headers: dict[str, str | bytes] = {
        "Authorization": f"{signatures.ALGORITHM} Credential={credential}, SignedHeaders=host, Signature=form",
        "Content-Length": str(size),
        "Content-Type": "binary/octet-stream",
    }
    headers |= {name: value for name, value in fields.items() if name in KEPT or name.startswith(KEPT_OF_AWS)}
    if "acl" in fields:
        headers["x-amz-acl"] = fields["acl"]
    if "x-amz-security-token" in fields:
        headers["x-amz-security-token"] = fields["x-amz-security-token"]
    return headers


def _succeed(bucket: str, fields: dict[str, str], where: str, told: list[tuple[str, str]]) -> Outgoing:
    etag = next((it for name, it in told if name == "etag"), "")
    redirect = fields.get("success_action_redirect") or fields.get("redirect")
    if redirect:
        location = urlsplit(redirect)
        query = urlencode(
            [*parse_qsl(location.query), ("bucket", bucket), ("key", fields["key"]), ("etag", etag)]
        )
        to = urlunsplit(location._replace(query=query))
        return Outgoing(303, headers=[*(it for it in told if it[0] != "Location"), ("Location", to)])
    status = fields.get("success_action_status")
    if status != "201":
        return Outgoing(200 if status == "200" else 204, headers=told)
    said = {"Location": where, "Bucket": bucket, "Key": fields["key"], "ETag": etag}
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in said.items())
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>{inner}</PostResponse>'
    return Outgoing(201, text.encode(), [("Content-Type", "application/xml"), *told])


def _missing(name: str) -> Refused:
    return Refused(400, "InvalidArgument", NO_FIELD.format(name), {"ArgumentName": name, "ArgumentValue": ""})
