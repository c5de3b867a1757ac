"""SageMaker's models and endpoints: an endpoint serves its model's artefact (see `endpoints` and `capture`).

AWS: a described model, endpoint configuration and endpoint carry what they were created with; `UpdateEndpoint` moves
an endpoint to another configuration and rolls back when that fails; `InvokeEndpoint` answers with what the model
makes of the body, a `ValidationError` for an endpoint that is not there, a `ModelError` when the model refuses.
moto 5.2.5 answers an empty `VpcConfig` for a model without one, forgets `EnableNetworkIsolation` and an endpoint's
`DeploymentConfig`, so that every plan of Terraform replaces them; it refuses instance types newer than 2020, makes an
endpoint twice, does not implement `UpdateEndpoint`, and `InvokeEndpoint` answers canned data, for any name, and breaks
on binary bodies.
"""

import json
import threading
import uuid
from pathlib import Path
from typing import cast

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
from localcloud.models import endpoints
from localcloud.models.recorder import Recorder

MOST_BYTES = 6 * 1024 * 1024
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
    _install_runtime(url)

    @gaps.wrap(FakeEndpointConfig, "validate_instance_type")
    def validate_instance_type(
        _original: gaps.Original, _self: FakeEndpointConfig, _instance_type: str
    ) -> None:
        """Any type is right: which ones exist is AWS's to say, and changes each month."""

    def serve(backend: SageMakerModelBackend, endpoint: FakeEndpoint, config_name: str) -> None:
        config = backend.describe_endpoint_config(config_name)
        log = logs_backends[backend.account_id][backend.region_name]
        started = endpoints.start(endpoint.endpoint_name, config, backend._models, log, url, folder)
        former = _serving.get(endpoint.arn)
        _serving[endpoint.arn] = started
        if former:
            threading.Timer(DRAIN_SECONDS, former.stop).start()

    @gaps.wrap(SageMakerResponse, "create_endpoint")
    def create_endpoint(original: gaps.Original, self: SageMakerResponse) -> ActionResult:
        request = json.loads(self.body)
        made = self.sagemaker_backend.endpoints.get(request["EndpointName"])
        if made:
            raise AWSValidationException(f'Cannot create already existing endpoint "{made.arn}".')
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
        backend.describe_endpoint(name)
        config = backend.describe_endpoint_config(request["EndpointConfigName"])
        endpoint: gaps.Amended = backend.endpoints[name]
        if "DeploymentConfig" in request:
            _asked[endpoint.arn] = {"LastDeploymentConfig": request["DeploymentConfig"]}
        endpoint.last_modified_time = utcnow()
        try:
            serve(backend, endpoint, request["EndpointConfigName"])
        except endpoints.ModelFailed as failure:
            endpoint.failure_reason = str(failure)
            return ActionResult({"EndpointArn": endpoint.arn})
        endpoint.endpoint_config_name = request["EndpointConfigName"]
        endpoint.production_variants = endpoint._process_production_variants(config["ProductionVariants"])
        endpoint.data_capture_config = config["DataCaptureConfig"]
        endpoint.endpoint_status, endpoint.failure_reason = "InService", None
        return ActionResult({"EndpointArn": endpoint.arn})

    @gaps.wrap(SageMakerResponse, "describe_endpoint")
    def describe_endpoint(original: gaps.Original, self: SageMakerResponse) -> ActionResult:
        return _with_what_was_asked(original(self), "EndpointArn")

    @gaps.wrap(SageMakerResponse, "delete_endpoint")
    def delete_endpoint(original: gaps.Original, self: SageMakerResponse) -> ActionResult:
        endpoint = self.sagemaker_backend.endpoints.get(self._get_param("EndpointName"))
        answer = original(self)
        if endpoint is not None and endpoint.arn in _serving:
            _serving.pop(endpoint.arn).stop()
        return answer


def _install_runtime(url: str) -> None:
    SageMakerRuntimeResponse.use_raw_body = True

    @gaps.wrap(SageMakerRuntimeResponse, "invoke_endpoint")
    def invoke_endpoint(_original: gaps.Original, self: SageMakerRuntimeResponse) -> TYPE_RESPONSE:
        name = self.path.split("/")[2]
        known = sagemaker_backends[self.current_account][self.region].endpoints.get(name)
        serving = _serving.get(known.arn) if known else None
        if serving is None:
            message = f"Endpoint {name} of account {self.current_account} not found."
            return _refusal(400, "ValidationError", message)
        if len(self.body) > MOST_BYTES:
            return _refusal(413, "413", f"HTTP content length exceeded {MOST_BYTES} bytes.")
        variant = serving.choose(self.headers.get("X-Amzn-SageMaker-Target-Variant"))
        if variant not in serving.servers:
            return _refusal(400, "ValidationError", f"Variant {variant} not found for endpoint {name}.")
        reply = serving.servers[variant].invoke(self.body, self.headers)
        if reply.status != 200:
            return _model_error(reply, name)
        recorder = _recorder(self.region, url)
        capture = serving.config.get("DataCaptureConfig", {})
        role = serving.servers[variant].role
        recorder.record(capture, name, variant, (self.body, self.headers), reply, role)
        headers = {"Content-Type": reply.content_type, "x-Amzn-Invoked-Production-Variant": variant}
        return 200, headers, reply.body


def _recorder(region: str, url: str) -> Recorder:
    with _making:
        if region not in _recorders:
            _recorders[region] = Recorder(region, url)
        return _recorders[region]


def _model_error(reply: endpoints.Reply, name: str) -> TYPE_RESPONSE:
    side = "client" if reply.status < 500 else "server"
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


def _with_what_was_asked(answer: ActionResult, arn: str) -> ActionResult:
    result = cast(Json, answer.result)
    described = {**result, **_asked[result[arn]]}
    return ActionResult({field: value for field, value in described.items() if value not in (None, {}, [])})
