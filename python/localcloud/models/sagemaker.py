"""SageMaker's models and endpoints: an endpoint serves its model's artefact (see `endpoints` and `capture`).

AWS: a model, an endpoint configuration or an endpoint is made once under its name, and described as it was created;
`UpdateEndpoint` moves an endpoint to another configuration, rolls back when that fails, and refuses when the live one
was deleted meanwhile; `InvokeEndpoint` answers with what the model makes of the body, a `ValidationError` for an
endpoint that is not there, a `ModelError` when the model refuses, and counts in the metrics of the endpoint's variant
and of its configuration.
moto 5.2.5 answers an empty `VpcConfig` for a model without one, forgets `EnableNetworkIsolation` and an endpoint's
`DeploymentConfig`, so that every plan of Terraform replaces them; it refuses instance types newer than 2020, makes
each of them twice, does not implement `UpdateEndpoint`, and `InvokeEndpoint` answers canned data, for any name, and
breaks on binary bodies.
"""

import json
import threading
import time
import uuid
from pathlib import Path
from typing import Any, cast

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.logs.models import logs_backends
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.models import FakeEndpoint, FakeEndpointConfig, SageMakerModelBackend, sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse
from moto.sagemakerruntime.responses import SageMakerRuntimeResponse

from core.contract.shapes import Json
from localcloud import gaps
from localcloud.metrics import series
from localcloud.models import endpoints, guardrails
from localcloud.models.recorder import Recorder

KINDS = {"endpoint_config": "endpoint configuration"}  # as messages call them
MOST_BYTES = 6 * 1024 * 1024
MICROSECONDS = 1_000_000
MOVING = ("Updating", "RollingBack")
DRAIN_SECONDS = 2.0  # for the requests that the former configuration still works on
# What is remembered of each request, to be described as it was asked for.
REMEMBERED = {
    "model": ("EnableNetworkIsolation", "InferenceExecutionConfig"),
    "endpoint_config": (
        "EnableNetworkIsolation",
        "ExecutionRoleArn",
        "ExplainerConfig",
        "ShadowProductionVariants",
        "VpcConfig",
    ),
}

_asked: dict[str, Json] = {}
_serving: dict[str, endpoints.Endpoint] = {}
_recorders: dict[str, Recorder] = {}
_making = threading.Lock()


def install(url: str, folder: Path) -> None:
    """Fill the gaps."""
    _remember("model", "ModelArn")
    _remember("endpoint_config", "EndpointConfigArn")
    _refuse_second("model", "_models", "arn")
    _refuse_second("endpoint_config", "endpoint_configs", "endpoint_config_arn")
    _refuse_second("endpoint", "endpoints", "arn")
    _install_runtime(url)

    @gaps.wrap(FakeEndpointConfig, "validate_instance_type")
    def validate_instance_type(
        _original: gaps.Original, _self: FakeEndpointConfig, _instance_type: str
    ) -> None:
        """Any type is right: which ones exist is AWS's to say, and changes each month."""

    def serve(backend: SageMakerModelBackend, endpoint: FakeEndpoint, config_name: str) -> endpoints.Endpoint:
        config = backend.describe_endpoint_config(config_name)
        log = logs_backends[backend.account_id][backend.region_name]
        started = endpoints.start(endpoint.endpoint_name, config, backend._models, log, url, folder)
        started.former = _serving.get(endpoint.arn)
        _serving[endpoint.arn] = started
        return started

    @gaps.wrap(SageMakerResponse, "create_endpoint")
    def create_endpoint(original: gaps.Original, self: SageMakerResponse) -> ActionResult:
        request = json.loads(self.body)
        answer = original(self)
        endpoint: gaps.Amended = self.sagemaker_backend.endpoints[request["EndpointName"]]
        _asked[endpoint.arn] = {"LastDeploymentConfig": request.get("DeploymentConfig")}
        try:
            serve(self.sagemaker_backend, endpoint, request["EndpointConfigName"])
        except endpoints.ModelFailed as failure:
            endpoint.endpoint_status, endpoint.failure_reason = "Failed", str(failure)
        return answer

    @gaps.add(SageMakerResponse)
    def update_endpoint(self: SageMakerResponse) -> ActionResult:
        request = json.loads(self.body)
        backend, name = self.sagemaker_backend, request["EndpointName"]
        live = backend.describe_endpoint(name)["EndpointConfigName"]
        backend.describe_endpoint_config(live)  # AWS lets it be deleted, and then has nothing to go back to
        config = backend.describe_endpoint_config(request["EndpointConfigName"])
        roles = {
            backend._models[variant["ModelName"]].execution_role_arn
            for variant in config["ProductionVariants"]
        }
        endpoint: gaps.Amended = backend.endpoints[name]
        asked = request.get("DeploymentConfig")
        if request.get("RetainDeploymentConfig"):
            asked = _asked[endpoint.arn]["LastDeploymentConfig"]
        update, place = guardrails.read(asked), series.Place(backend.account_id, backend.region_name)
        guardrails.look_at_alarms(update, roles, place, url)
        if endpoint.endpoint_status in MOVING:
            raise AWSValidationException(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        if "DeploymentConfig" in request:
            _asked[endpoint.arn] = {"LastDeploymentConfig": request["DeploymentConfig"]}
        endpoint.last_modified_time = utcnow()
        try:
            started = serve(backend, endpoint, request["EndpointConfigName"])
        except endpoints.ModelFailed as failure:
            endpoint.failure_reason = str(failure)
            return ActionResult({"EndpointArn": endpoint.arn})
        if update.waits():
            endpoint.endpoint_status, endpoint.failure_reason = "Updating", None
            guardrails.follow(
                update, place, started.shift, lambda why: settle(endpoint, started, config, why)
            )
        else:
            settle(endpoint, started, config)
        return ActionResult({"EndpointArn": endpoint.arn})

    def settle(
        endpoint: gaps.Amended, started: endpoints.Endpoint, config: Json, why_not: str | None = None
    ) -> None:
        """An update has arrived, or goes back."""
        left, started.former = started.former, None
        if _serving.get(endpoint.arn) is not started:
            return  # it was deleted meanwhile
        if why_not and left:
            _serving[endpoint.arn], left = left, started
        else:
            endpoint.endpoint_config_name = config["EndpointConfigName"]
            endpoint.production_variants = endpoint._process_production_variants(config["ProductionVariants"])
            endpoint.data_capture_config = config["DataCaptureConfig"]
        endpoint.last_modified_time = utcnow()
        endpoint.endpoint_status, endpoint.failure_reason = "InService", why_not
        if left:
            threading.Timer(DRAIN_SECONDS, left.stop).start()

    @gaps.wrap(SageMakerResponse, "describe_endpoint")
    def describe_endpoint(original: gaps.Original, self: SageMakerResponse) -> ActionResult:
        return _with_what_was_asked(original(self), "EndpointArn")

    @gaps.wrap(SageMakerResponse, "delete_endpoint")
    def delete_endpoint(original: gaps.Original, self: SageMakerResponse) -> ActionResult:
        endpoint = self.sagemaker_backend.endpoints.get(self._get_param("EndpointName"))
        answer = original(self)
        if endpoint is not None and endpoint.arn in _serving:
            serving = _serving.pop(endpoint.arn)
            for fleet in filter(None, (serving, serving.former)):
                fleet.stop()
        return answer


def _install_runtime(url: str) -> None:
    SageMakerRuntimeResponse.use_raw_body = True

    @gaps.wrap(SageMakerRuntimeResponse, "invoke_endpoint")
    def invoke_endpoint(_original: gaps.Original, self: SageMakerRuntimeResponse) -> TYPE_RESPONSE:
        name = self.path.split("/")[2]
        known = sagemaker_backends[self.current_account][self.region].endpoints.get(name)
        fleets = _serving.get(known.arn) if known else None
        if fleets is None:
            message = f"Endpoint {name} of account {self.current_account} not found."
            return _refusal(400, "ValidationError", message)
        if len(self.body) > MOST_BYTES:
            return _refusal(413, "413", f"HTTP content length exceeded {MOST_BYTES} bytes.")
        serving = fleets.route()
        variant = serving.choose(self.headers.get("X-Amzn-SageMaker-Target-Variant"))
        if variant not in serving.servers:
            return _refusal(400, "ValidationError", f"Variant {variant} not found for endpoint {name}.")
        begun = time.monotonic()
        reply = serving.servers[variant].invoke(self.body, self.headers)
        latency = time.monotonic() - begun
        place = series.Place(self.current_account, self.region)
        fleet = {"EndpointName": name, "VariantName": variant}
        _publish(place, fleet, reply.status, latency)
        _publish(
            place,
            {**fleet, "EndpointConfigName": serving.config["EndpointConfigName"]},
            reply.status,
            latency,
        )
        if reply.status != 200:
            return _model_error(reply, name)
        recorder = _recorder(self.region, url)
        capture = serving.config.get("DataCaptureConfig", {})
        role = serving.servers[variant].role
        recorder.record(capture, name, variant, (self.body, self.headers), reply, role)
        headers = {"Content-Type": reply.content_type, "x-Amzn-Invoked-Production-Variant": variant}
        if reply.attributes:
            headers[endpoints.ATTRIBUTES] = reply.attributes
        return 200, headers, reply.body


def count(status: int) -> dict[str, float]:
    """AWS: each request counts as an error or as none; one that the model did not answer in time is an error, too."""
    return {
        "Invocations": 1,
        "Invocation4XXErrors": int(400 <= status < 500),
        "Invocation5XXErrors": int(status >= 500),
        "InvocationModelErrors": int(not 200 <= status < 300),
    }


def _publish(place: series.Place, dimensions: dict[str, str], status: int, latency: float) -> None:
    """AWS: latencies are in microseconds."""
    series.publish(place, "AWS/SageMaker", dimensions, count(status), "None")
    series.publish(
        place, "AWS/SageMaker", dimensions, {"ModelLatency": latency * MICROSECONDS}, "Microseconds"
    )


def _recorder(region: str, url: str) -> Recorder:
    with _making:
        if region not in _recorders:
            _recorders[region] = Recorder(region, url)
        return _recorders[region]


def _model_error(reply: endpoints.Reply, name: str) -> TYPE_RESPONSE:
    side = "client" if 400 <= reply.status < 500 else "server"
    text = reply.body.decode(errors="replace")
    message = (
        f'Received {side} error ({reply.status}) from primary with message "{text}". '
        f"See the log group /aws/sagemaker/Endpoints/{name} for more information."
    )
    return _refusal(424, "ModelError", message, OriginalStatusCode=reply.status, OriginalMessage=text)


def _refusal(status: int, code: str, message: str, **more: object) -> TYPE_RESPONSE:
    headers = {"status": status, "X-Amzn-ErrorType": code, "X-Amzn-RequestId": str(uuid.uuid4())}
    return status, headers, json.dumps({"Message": message, "message": message, **more})


def _remember(entity: str, arn: str) -> None:
    @gaps.wrap(SageMakerResponse, f"create_{entity}")
    def create(original: gaps.Original, self: SageMakerResponse) -> ActionResult:
        answer = original(self)
        request = json.loads(self.body)
        made = cast(Json, answer.result)[arn]
        _asked[made] = {field: request.get(field) for field in REMEMBERED[entity]}
        return answer

    @gaps.wrap(SageMakerResponse, f"describe_{entity}")
    def describe(original: gaps.Original, self: SageMakerResponse) -> ActionResult:
        return _with_what_was_asked(original(self), arn)


def _refuse_second(entity: str, known: str, arn: str) -> None:
    """Of each name there is one; `known` and `arn` are what moto calls those that there are, and their ARNs."""

    @gaps.wrap(SageMakerModelBackend, f"create_{entity}")
    def create(original: gaps.Original, self: SageMakerModelBackend, **request: Any) -> object:
        made = getattr(self, known).get(request[f"{entity}_name"])
        if made:
            kind = KINDS.get(entity, entity)
            raise AWSValidationException(f'Cannot create already existing {kind} "{getattr(made, arn)}".')
        return original(self, **request)


def _with_what_was_asked(answer: ActionResult, arn: str) -> ActionResult:
    result = cast(Json, answer.result)
    described = {**result, **_asked[result[arn]]}
    return ActionResult({field: value for field, value in described.items() if value not in (None, {}, [])})
