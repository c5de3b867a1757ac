"""Prove that an environment serves what was asked for: `python -m operations.verify ENV [--capture-seconds 600]`.

First the settings have to be those that were applied last: a model that is promoted and not applied is named. Then
six proofs: the live endpoint has the configuration that Terraform made last (after a rollback it has not); its model
answers, which one that cannot load does not, although its container is healthy and the endpoint in service; the model's
golden photo goes through the whole workflow and gets the answer that it had in training; the register has it so, by
that execution; sent by a program through the API it is routed the same way; the answer is captured. The API is left
out where no program may call it, or the model is not sure of the photo, which would then wait as a driver's does.
Before the first model, and while it is switched off, there is no endpoint, and the workflow must say so by name. After
the first apply it takes minutes until a bucket's events begin, so that the photo is uploaded again until then
(--upload-seconds). Whatever is not proved, it says what is live and how to go back.
"""

import base64
import json
import time
from datetime import UTC, datetime
from itertools import zip_longest
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from core import arguments, artefacts, environment
from core.console import UserError, out, run
from core.contract.answer_kinds import VERIFY
from core.contract.events import Pointer, keep_first_line
from core.contract.outcomes import ACCEPTED, REVIEW
from core.contract.register import ROUTED, WAITING
from core.contract.shapes import Json
from operations import api_access, live, photo_register, steps, unapplied
from operations.api_calls import Caller, describe
from operations.client import Client, Outcome, Photo

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient
    from types_boto3_sagemaker.type_defs import DescribeEndpointConfigOutputTypeDef
    from types_boto3_sagemaker_runtime import SageMakerRuntimeClient

TOLERANCE = 0.001  # another processor rounds differently
ANSWER_SECONDS = 45  # that a model has to load in: the endpoint may be in service before
CAPTURE_SECONDS = 600
TOKEN_SECONDS = 60  # that a new domain may take until it answers
CALL_SECONDS = 120  # for a photo through the API, whose way is the same
UPLOAD_SECONDS = 600  # twice what AWS takes to begin with a bucket's events
ASKS = 60  # where only a share of the requests is captured: so often is asked until one is
GOLDEN = "golden.json"
NO_MODEL = "EndpointNotFound"
BLANK = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC"
)


def verify(
    env: str,
    capture_seconds: float = CAPTURE_SECONDS,
    answer_seconds: float = ANSWER_SECONDS,
    upload_seconds: float = UPLOAD_SECONDS,
    saw: Json | None = None,
) -> None:
    """Prove it all; what was seen meanwhile is added to `saw`."""
    client = Client(env, kind=VERIFY)
    unapplied.check_outputs(env, client.outputs, "api", "register_table")
    try:
        if changed := unapplied.compare(env, client.outputs):
            raise UserError(
                f"{env} is not what its settings ask for: {'; '.join(changed)}: make plan apply ENV={env}"
            )
        prove(env, client, capture_seconds, answer_seconds, upload_seconds, {} if saw is None else saw)
    except UserError as error:
        raise UserError(f"{error} ({live.describe(client.outputs)}. {live.way_back(env)}.)") from error


def prove(
    env: str, client: Client, capture_seconds: float, answer_seconds: float, upload_seconds: float, saw: Json
) -> None:
    if not client.outputs["endpoint_live"]:
        refuses_without_a_model(client, upload_seconds)
        saw["error"] = NO_MODEL
        return
    config = live_configuration(client)
    saw["configuration"], saw["model"] = config["EndpointConfigName"], client.outputs["model"]["id"]
    out.print(f"the endpoint serves {config['EndpointConfigName']}")
    golden, expected = golden_photo(client, config)
    has_loaded(client.outputs["endpoint_name"], golden, answer_seconds)
    since = datetime.now(UTC)
    result = answers_golden(client, golden, expected, upload_seconds)
    saw["answer"] = result.output.get("inferences")
    out.print(
        f"the golden photo is answered {'as in training: ' + str(expected) if expected else 'by the model'}"
    )
    saw["recorded"] = find_recorded(client, result)
    out.print(f"the register has it as {saw['recorded']}")
    saw["called"] = said = routes_for_program(env, client.outputs["api"], golden, result)
    out.print(said)
    record = find_captured(client, config, golden, since, capture_seconds)
    saw["captured"] = record
    out.print(f"its answer is captured in {record}")


def refuses_without_a_model(client: Client, seconds: float) -> None:
    result = client.insist(Photo("verify.png", BLANK), seconds)
    if result.error != NO_MODEL:
        raise UserError(
            f"there is no endpoint, but the workflow ends as {show(result)} instead of {NO_MODEL}"
        )
    out.print(f"{live.why_none(client.outputs)}, and the workflow says so: {NO_MODEL}")


def live_configuration(client: Client) -> "DescribeEndpointConfigOutputTypeDef":
    """The configuration in service, which has to be the one that Terraform asked for."""
    name, asked = client.outputs["endpoint_name"], client.outputs["endpoint_configuration_name"]
    sagemaker: SageMakerClient = boto3.client("sagemaker")
    endpoint = sagemaker.describe_endpoint(EndpointName=name)
    if endpoint["EndpointStatus"] != "InService":
        why = endpoint.get("FailureReason", "no reason given")
        raise UserError(f"endpoint {name} is {endpoint['EndpointStatus']}, not InService: {why}")
    if endpoint["EndpointConfigName"] != asked:
        raise UserError(
            f"endpoint {name} serves {endpoint['EndpointConfigName']}, asked for was {asked}: the update was rolled "
            f"back, look at the endpoint's alarms"
        )
    return sagemaker.describe_endpoint_config(EndpointConfigName=asked)


def golden_photo(client: Client, config: "DescribeEndpointConfigOutputTypeDef") -> tuple[bytes, list[float]]:
    """The photo that travels in the live model's artefact, and the answer that the model gave it in training.

    SageMaker's built-in algorithm packs no such photo: any picture will do then, and any answer.
    """
    model = boto3.client("sagemaker").describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    uri = model["PrimaryContainer"]["ModelDataUrl"]
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    body = client.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    if not artefacts.holds(body, GOLDEN, uri):
        raise UserError(f"{uri} has no {GOLDEN} to verify by: train and promote it with this repository")
    golden = artefacts.read_member(body, GOLDEN, uri)
    return base64.b64decode(golden["image"]), golden["probabilities"]


def has_loaded(endpoint: str, photo: bytes, seconds: float) -> None:
    """Ask the endpoint itself until its model answers: the workflow, with its retries, takes minutes to give up."""
    said, deadline = "nothing", time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        config = Config(read_timeout=left, retries={"total_max_attempts": 1})
        runtime: SageMakerRuntimeClient = boto3.client("sagemaker-runtime", config=config)
        try:
            runtime.invoke_endpoint(
                EndpointName=endpoint,
                ContentType="application/x-image",
                Body=photo,
                CustomAttributes=f"kind={VERIFY}",
            )
        except ReadTimeoutError:
            continue
        except runtime.exceptions.ModelError as error:
            status = error.response.get("OriginalStatusCode", 0)
            if 400 <= status < 500:
                return  # it has loaded, and what it makes of the photo is the next proof's
            said = f"{status}: {keep_first_line(error.response.get('OriginalMessage', ''))}"
            time.sleep(1)
        else:
            return
    raise UserError(
        f"endpoint {endpoint} is InService, but its model cannot load, or takes longer than {seconds:g} s: it answers "
        f"{said}, and the log group /aws/sagemaker/Endpoints/{endpoint} says why"
    )


def answers_golden(client: Client, golden: bytes, expected: list[float], seconds: float) -> Outcome:
    """How it ended: accepted, or for review where the model is not sure of it, as it may be."""
    result = client.insist(Photo("verify.png", golden), seconds)
    unsure = not expected or max(expected) < client.outputs["threshold"]
    if result.kind == REVIEW and unsure:
        return result
    if result.kind != ACCEPTED:
        raise UserError(
            f"the golden photo should be answered {expected or 'by the model'}, but ends as {show(result)}"
        )
    answered = result.output["inferences"]
    if expected and any(abs(a - e) > TOLERANCE for a, e in zip_longest(answered, expected, fillvalue=2)):
        raise UserError(
            f"the golden photo is answered {answered}, in training it was {expected}: another model?"
        )
    return result


def find_recorded(client: Client, result: Outcome) -> str:
    """What the register says of the golden photo, by this execution; the executions' start names its version."""
    given = json.loads(client.workflow.describe_execution(executionArn=result.execution)["input"])
    photo = Pointer(given["s3_bucket"], given["s3_key"], given["version_id"]).id
    name, wanted = client.outputs["register_table"], ROUTED if result.kind == ACCEPTED else WAITING
    item = photo_register.find(boto3.resource("dynamodb").Table(name), photo) or {}
    found = f"{item.get('state', 'not there')} by {item.get('execution', 'nobody')}"
    if found != f"{wanted} by {result.execution}":
        raise UserError(
            f"the golden photo should be {wanted} by {result.execution}, but in the register {name} it is {found}"
        )
    return wanted


def routes_for_program(env: str, api: Json, golden: bytes, result: Outcome) -> str:
    """What the API made of the golden photo, which the workflow has accepted as it came by itself."""
    if not api["programs"]:
        return "no program may call the API, so that nothing is sent through it"
    if result.kind != ACCEPTED:
        return "nothing is sent through the API: a photo that the model is not sure of would wait as a driver's does"
    program = min(api["programs"])
    caller = Caller.program(api_access.look_up(env, api, program))
    await_token(caller, TOKEN_SECONDS)
    photo = caller.send(Photo("verify.png", golden), source=VERIFY)
    found, wanted = caller.follow(photo, CALL_SECONDS), (ROUTED, result.output["label"])
    if (found.body.get("state"), found.body.get("label")) != wanted:
        raise UserError(
            f"the golden photo, sent by {program}, should be {' as '.join(wanted)}, but the API at {api['url']} says "
            f"of {photo}: {describe(found)}"
        )
    return f"the API has it {' as '.join(wanted)}, for {program}: photo {photo}"


def await_token(caller: Caller, seconds: float) -> str:
    """Ask until there is one: the pool's domain may be as new as the environment."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return caller.token
        except UserError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(1)


def find_captured(
    client: Client,
    config: "DescribeEndpointConfigOutputTypeDef",
    golden: bytes,
    since: datetime,
    seconds: float,
) -> str:
    """Wait for the capture record of the golden photo, which was asked since then; the name of its file."""
    bucket, prefix = config["DataCaptureConfig"]["DestinationS3Uri"].removeprefix("s3://").split("/", 1)
    variant = config["ProductionVariants"][0]["VariantName"]
    wanted = base64.b64encode(golden).decode()
    each_is_captured = config["DataCaptureConfig"]["InitialSamplingPercentage"] == 100
    asked = time.monotonic()
    deadline = asked + seconds
    while time.monotonic() < deadline:
        for hour in {since, datetime.now(UTC)}:
            folder = f"{prefix}/{client.outputs['endpoint_name']}/{variant}/{hour:%Y/%m/%d/%H}/"
            pages = client.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder)
            for item in (item for page in pages for item in page.get("Contents", [])):
                if item["LastModified"] < since.replace(microsecond=0):
                    continue
                text = client.s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().decode()
                if wanted in text:
                    return f"s3://{bucket}/{item['Key']}"
        time.sleep(1)
        if not each_is_captured and time.monotonic() - asked > seconds / ASKS:
            client.upload(Photo("verify.png", golden))
            asked = time.monotonic()
    raise UserError(
        f"no capture record of the golden photo below s3://{bucket}/{prefix} after {seconds:g} s: "
        f"is data capture on, and may the endpoint's role write there?"
    )


def show(result: Outcome) -> str:
    return " ".join(filter(None, (result.kind, result.error, result.cause)))


def main() -> None:
    parser = arguments.Parser(prog="operations.verify")
    parser.add_argument("env")
    parser.add_argument(
        "--capture-seconds", type=float, default=CAPTURE_SECONDS, help="how long to wait for it"
    )
    parser.add_argument(
        "--answer-seconds", type=float, default=ANSWER_SECONDS, help="how long a model may load"
    )
    parser.add_argument(
        "--upload-seconds", type=float, default=UPLOAD_SECONDS, help="how long to wait for an execution"
    )
    options = parser.parse_args()
    environment.check(options.env)
    patience = options.capture_seconds, options.answer_seconds, options.upload_seconds
    with steps.take(options.env, "verify") as step:
        verify(options.env, *patience, step.saw)


if __name__ == "__main__":
    run(main)
