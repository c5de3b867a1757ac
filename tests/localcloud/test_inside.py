"""The local cloud's own clients ask its application without a connection, and are answered as over one."""

import threading
from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

import boto3
import pytest
from botocore.awsrequest import AWSRequest
from botocore.client import BaseClient
from botocore.config import Config
from werkzeug.serving import make_server

from localcloud.http.connections import Handler
from localcloud.http.inside import Inside

OF_A_CONNECTION = ("HTTP_ACCEPT_ENCODING", "REMOTE_PORT", "SERVER_SOFTWARE", "werkzeug.socket")
OF_A_MOMENT = ("HTTP_AMZ_SDK_INVOCATION_ID", "HTTP_AUTHORIZATION", "HTTP_X_AMZ_DATE")
CALLS: dict[str, tuple[str, Callable[[BaseClient], object]]] = {
    "an object is put": (
        "s3",
        lambda s3: s3.put_object(
            Bucket="b", Key="a/\u00e9 +%.png", Body=b"\0\xff", Metadata={"a_b": "c"}, ContentType="image/png"
        ),
    ),
    "objects are listed": ("s3", lambda s3: s3.list_objects_v2(Bucket="b", Prefix="a b/")),
    "a function is invoked": (
        "lambda",
        lambda client: client.invoke(
            FunctionName="arn:aws:lambda:us-east-1:123456789012:function:f", Payload=b"{}"
        ),
    ),
    "a message is sent": (
        "sqs",
        lambda client: client.send_message(QueueUrl="http://127.0.0.1/123456789012/q", MessageBody="a"),
    ),
}


class Seen:
    """An application that notes what it is asked."""

    def __init__(self) -> None:
        self.environs: list[dict[str, object]] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        left_out = (*OF_A_CONNECTION, *OF_A_MOMENT, "wsgi.input", "wsgi.errors")
        shown = {name: value for name, value in environ.items() if name not in left_out}
        self.environs.append({**shown, "body": body})
        start_response("404 Not Found", [("Content-Type", "text/plain"), ("X-Amzn-RequestId", "1")])
        return [b"nothing"]


@pytest.mark.parametrize(("service", "call"), CALLS.values(), ids=CALLS)
def test_a_request_from_inside_is_the_one_that_a_connection_would_bring(
    service: str, call: Callable[[BaseClient], object]
) -> None:
    application = Seen()
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.port}"
    errors = []
    for inside in (False, True):
        client = boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
        )
        if inside:
            client.meta.events.register("before-send", Inside(url, application).send)
        with pytest.raises(Exception, match=r"\w") as error:
            call(client)
        errors.append((type(error.value).__name__, str(error.value)))
    server.shutdown()
    server.server_close()
    over_connection, from_inside = application.environs
    assert from_inside == over_connection
    assert errors[0] == errors[1]


def test_what_goes_elsewhere_takes_a_connection() -> None:
    application = Seen()
    for url in ("http://127.0.0.1:50001/b/k", "https://example.com/b/k"):
        request = AWSRequest("GET", url).prepare()
        assert Inside("http://127.0.0.1:5000", application).send(request) is None
    assert application.environs == []
