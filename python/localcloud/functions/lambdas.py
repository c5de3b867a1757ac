"""Lambda: the uploaded zip runs in processes of its own (see `sandbox`, and `compiled` for what it brings compiled).

AWS: `Invoke` runs the function and answers its result, or its error with the header `X-Amz-Function-Error`; a
function's configuration carries its `LoggingConfig` and `DeadLetterConfig`, and an update changes `TracingConfig`.
AWS: each request is counted in the function's metrics.
moto 5.2.5 runs functions in Docker only, or echoes the event; it forgets the three fields, so that every plan of
Terraform changes them again, and a reserved concurrency of 0.
"""

import base64
import json
import threading
import time
import uuid
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaFunction
from moto.awslambda.responses import LambdaResponse
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.core.common_types import TYPE_RESPONSE

from core.contract.shapes import Json
from localcloud import clients, gaps, logs
from localcloud.access import principals
from localcloud.errands import Errand
from localcloud.functions import compiled, invocation, variables
from localcloud.functions.invocation import Request
from localcloud.functions.pools import Pool, Throttled
from localcloud.functions.sandbox import Answer, Function
from localcloud.metrics import series

REMEMBERED = ("DeadLetterConfig", "LoggingConfig", "TracingConfig")
MOST_BYTES = 6 * 1024 * 1024
MOST_BYTES_ANSWERED = 6291556
LOG_TAIL_BYTES = 4096
RATE_EXCEEDED = "Rate Exceeded."
RETRIES = 2  # of an asynchronous request, unless configured
RETRY_SECONDS = 1  # a minute and more in AWS

_place: tuple[str, Path]  # the local cloud's URL, and the folder that functions are unpacked in
_asked: dict[str, Json] = {}
_pools: dict[str, Pool] = defaultdict(Pool)
_unpacking = threading.Lock()
_unpacked: set[Path] = set()


def install(url: str, folder: Path) -> None:
    """Fill the gaps."""
    global _place
    _place = url, folder
    _install_configuration()
    variables.install()

    @gaps.wrap(LambdaResponse, "invoke")
    def invoke(_original: gaps.Original, self: LambdaResponse) -> TYPE_RESPONSE:
        name = self.path.rsplit("/", 2)[-2].replace("%3A", ":")
        function = self.backend.get_function(name, self._get_param("Qualifier"))
        event = self.body.encode()
        if len(event) > MOST_BYTES:
            message = f"Request must be smaller than {MOST_BYTES} bytes for the InvokeFunction operation"
            return _refusal(413, "RequestTooLargeException", message)
        try:
            request = invocation.read(event, self.headers)
        except ValueError as problem:
            return _refusal(400, "InvalidRequestContentException", str(problem))
        kind = self.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        if kind == "DryRun":
            return 204, {"status": 204}, ""
        if kind == "Event":
            Errand(_run_later, args=(function, request, url)).start()
            return 202, {"status": 202}, ""
        try:
            answer = run(function, request)
        except Throttled:
            return _refusal(429, "TooManyRequestsException", RATE_EXCEEDED)
        headers = {"Content-Type": "application/json", "X-Amz-Executed-Version": "$LATEST"}
        if answer.failed:
            headers["X-Amz-Function-Error"] = "Unhandled"
        if self.headers.get("X-Amz-Log-Type") == "Tail":
            tail = "\n".join(answer.log).encode()[-LOG_TAIL_BYTES:]
            headers["X-Amz-Log-Result"] = base64.b64encode(tail).decode()
        return 200, headers, answer.payload

    @gaps.wrap(LambdaFunction, "invoke")
    def invoke_directly(
        _original: gaps.Original, self: LambdaFunction, body: str, _request: object, _response: object
    ) -> bytes:
        """What moto itself calls, for the event sources of a function."""
        return run(self, Request(body.encode() or b"{}")).payload

    @gaps.wrap(LambdaSimpleBackend, "delete_function")
    def delete_function(
        original: gaps.Original, self: LambdaSimpleBackend, name: str, qualifier: str | None = None
    ) -> None:
        arn = self.get_function(name).function_arn
        original(self, name, qualifier)
        _pools.pop(arn, Pool()).close()


def run(function: LambdaFunction, request: Request) -> Answer:
    """Run one request, and note what it came to in the function's log and metrics; raise Throttled."""
    begun = time.monotonic()
    try:
        answer = _pools[function.function_arn].invoke(
            _make_sandbox(function, *_place), function.reserved_concurrency, request
        )
    except Throttled:
        _publish(function, {"Throttles": 1})
        raise
    if len(answer.payload) > MOST_BYTES_ANSWERED:
        answer.failed = True
        message = (
            f"Response payload size exceeded maximum allowed payload size ({MOST_BYTES_ANSWERED} bytes)."
        )
        error = {"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}
        answer.payload = json.dumps(error).encode()
    group = function.get_configuration()["LoggingConfig"]["LogGroup"]
    logs.Stream(function.logs_backend, group, answer.stream, function.role).write(answer.log)
    _publish(function, {"Invocations": 1, "Errors": int(answer.failed), "Throttles": 0})
    _publish(function, {"Duration": (time.monotonic() - begun) * 1000}, "Milliseconds")
    return answer


def _install_configuration() -> None:
    @gaps.wrap(LambdaFunction, "__init__")
    def create(
        original: gaps.Original,
        self: LambdaFunction,
        account_id: str,
        spec: Json,
        *args: object,
        **more: object,
    ) -> None:
        original(self, account_id, spec, *args, **more)
        _asked[_base(self)] = {}
        _remember(self, spec)

    @gaps.wrap(LambdaFunction, "update_configuration")
    def update_configuration(original: gaps.Original, self: LambdaFunction, updates: Json) -> Json:
        original(self, updates)
        _remember(self, updates)
        return self.get_configuration()

    @gaps.wrap(LambdaFunction, "get_configuration")
    def get_configuration(original: gaps.Original, self: LambdaFunction, **options: object) -> Json:
        asked = _asked.get(_base(self), {})
        logging = {"LogFormat": "Text", "LogGroup": self.logs_group_name, **asked.get("LoggingConfig", {})}
        return {**original(self, **options), **asked, "LoggingConfig": logging}

    @gaps.wrap(LambdaFunction, "get_code")
    def get_code(original: gaps.Original, self: LambdaFunction) -> Json:
        code = original(self)
        if self.reserved_concurrency is not None:
            code["Concurrency"] = {"ReservedConcurrentExecutions": self.reserved_concurrency}
        return code


def _publish(function: LambdaFunction, values: Mapping[str, float], unit: str = "Count") -> None:
    """AWS: every request counts as an error or as none."""
    place = series.Place(function.account_id, function.region)
    series.publish(place, "AWS/Lambda", {"FunctionName": function.function_name}, values, unit)


def _base(function: LambdaFunction) -> str:
    """The function's ARN without a version."""
    return ":".join(function.function_arn.split(":")[:7])


def _remember(function: LambdaFunction, spec: Json) -> None:
    _asked[_base(function)].update({field: spec[field] for field in REMEMBERED if field in spec})


def _make_sandbox(function: LambdaFunction, url: str, folder: Path) -> Function:
    if not (function.run_time or "").startswith("python"):
        raise InvalidParameterValueException(
            f"The local cloud runs Python only, not {function.run_time or function.package_type}."
        )
    code, temporary = folder / "lambda" / function.code_digest, folder / "tmp"
    with _unpacking:
        if code not in _unpacked:
            temporary.mkdir(exist_ok=True)
            compiled.unpack(zipfile.ZipFile(BytesIO(function.code_bytes)), code)
            _unpacked.add(code)
    logging = function.get_configuration()["LoggingConfig"]
    environment = {
        "_HANDLER": function.handler,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_ENDPOINT_URL": url,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": logging["LogFormat"],
        "AWS_LAMBDA_LOG_GROUP_NAME": logging["LogGroup"],
        "AWS_REGION": function.region,
        "LAMBDA_TASK_ROOT": str(code),
        "LANG": "en_US.UTF-8",
        "TMPDIR": str(temporary),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TZ": ":UTC",
        **principals.assume(function.role, function.function_name).variables(),
    }
    if logging["LogFormat"] == "JSON":
        environment["AWS_LAMBDA_LOG_LEVEL"] = logging.get("ApplicationLogLevel", "INFO")
    environment.update(function.environment_vars)
    return Function(
        arn=function.function_arn,
        code=code,
        environment=tuple(environment.items()),
        memory=function.memory_size,
        timeout=function.timeout,
    )


def _run_later(function: LambdaFunction, request: Request, url: str) -> None:
    """An asynchronous request: it is retried, then handed to the function's dead-letter queue or topic."""
    configured = [config.config for config in function.event_invoke_config]
    retries = configured[0].get("MaximumRetryAttempts", RETRIES) if configured else RETRIES
    cause = ""
    for attempt in range(retries + 1):
        time.sleep(attempt * RETRY_SECONDS)
        try:
            answer = run(function, request)
        except Throttled:
            cause = RATE_EXCEEDED
            continue
        if not answer.failed:
            return
        cause = json.loads(answer.payload)["errorMessage"]
    target = function.get_configuration().get("DeadLetterConfig", {}).get("TargetArn", "")
    if not target:
        return
    attributes = {
        name: {"DataType": "String", "StringValue": value}
        for name, value in (("RequestID", request.id), ("ErrorCode", "200"), ("ErrorMessage", cause))
        if value
    }
    service, region, account, resource = target.split(":")[2:6]
    role = principals.assume(function.role, function.function_name)
    if service == "sqs":
        queue = f"{url}/{account}/{resource}"
        clients.client("sqs", region, url, role).send_message(
            QueueUrl=queue, MessageBody=request.event.decode(), MessageAttributes=attributes
        )
    else:
        clients.client("sns", region, url, role).publish(
            TopicArn=target, Message=request.event.decode(), MessageAttributes=attributes
        )


def _refusal(status: int, error_type: str, message: str) -> TYPE_RESPONSE:
    headers = {"status": status, "X-Amzn-ErrorType": error_type, "X-Amzn-RequestId": str(uuid.uuid4())}
    return status, headers, json.dumps({"Type": "User", "message": message})
