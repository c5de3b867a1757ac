"""ClassifyImages: asks the model's endpoint how probable each class is.

Where the model says how unlike its training photographs the photo is, the body passes that on as `unlikeness`.

Settings: ENDPOINT_NAME, the endpoint to ask.
"""

import binascii
import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from core.contract import answer_kinds, unlike
from core.contract.errors import (
    AccessDenied,
    EndpointNotFound,
    EndpointThrottled,
    EndpointUnavailable,
    ImageRefused,
    InvalidEvent,
)
from core.contract.events import (
    Pointer,
    answer,
    keep_first_line,
    parse_body,
    parse_pointer,
    parse_probabilities,
    parse_word,
)
from core.contract.images import check_size, content_type
from core.contract.shapes import Answer, InvalidSetting, Json, LambdaContext
from core.network_faults import NETWORK_FAULTS
from lambdas.logged import logged
from lambdas.reading import read_image

if TYPE_CHECKING:
    from types_boto3_sagemaker_runtime import SageMakerRuntimeClient

ATTRIBUTES_LIMIT = 1024 - len(",unlikeness=0.9412")  # of what SageMaker takes; the answer has it all
CONNECT_SECONDS, READ_SECONDS = 2, 10  # with 15 s for S3, the function gets 30 s


@dataclass(frozen=True)
class Settings:
    endpoint_name: str


@dataclass(frozen=True)
class Inferred:
    """What the model answered."""

    inferences: list[float]  # the probability of each class, in the order of the model's labels
    unlikeness: float | None


def read_settings(environment: Mapping[str, str]) -> Settings:
    name = environment.get("ENDPOINT_NAME", "")
    if not name:
        raise InvalidSetting("ENDPOINT_NAME must name the endpoint to ask, it is not set")
    return Settings(name)


@functools.cache
def settings() -> Settings:
    return read_settings(os.environ)


# At first use and not at import, for the reason given in reading.py.
@functools.cache
def runtime() -> "SageMakerRuntimeClient":
    # Tried once: the state machine retries, where it is seen.
    retries = {"total_max_attempts": 1}
    config = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries=retries)
    return boto3.client("sagemaker-runtime", config=config)


def image_content(body: Json, image: Pointer) -> bytes:
    """The image: from the event, or from S3 where the event has only a pointer to it."""
    text = body.get("image_data", "")
    if text == "":
        return read_image(image)
    try:
        content = binascii.a2b_base64(text, strict_mode=True)
    except (TypeError, ValueError) as error:
        raise InvalidEvent(f"{image}: image_data is not base64 text: {error}") from error
    check_size(len(content), image)
    return content


def custom_attributes(image: Pointer, kind: str, source: str | None) -> str:
    """Which photo it is, who took it, and what it is asked for, for the capture; without a key too long for that."""
    told = f"kind={kind},id={image.id}" + (f",source={quote(source, safe='')}" if source else "")
    named = f"s3_key={quote(image.key)},{told}"
    return named if len(named) <= ATTRIBUTES_LIMIT else told


def classify(
    content: bytes, image: Pointer, endpoint_name: str, kind: str, source: str | None = None
) -> Inferred:
    form = content_type(content, image)
    try:
        response = runtime().invoke_endpoint(
            EndpointName=endpoint_name,
            ContentType=form,
            Accept="application/json",
            Body=content,
            CustomAttributes=custom_attributes(image, kind, source),
        )
        inferences = response["Body"].read()
    except ClientError as error:
        raise_by_name(error, image, endpoint_name)
        raise
    except NETWORK_FAULTS as error:
        raise EndpointUnavailable(f"{image}: {error}") from error
    told = unlike.split(response.get("CustomAttributes", ""))
    return Inferred(parse_probabilities(inferences, image), unlike.parse(told.get(unlike.NAME), image))


def raise_by_name(error: ClientError, image: Pointer, endpoint_name: str) -> None:
    """SageMaker's refusal under the name that says what to do about it, if it has one."""
    code, reason = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    said = keep_first_line(str(error))
    # A ModelError is HTTP status 424 and carries the model's own.
    status = error.response.get("OriginalStatusCode", error.response["ResponseMetadata"]["HTTPStatusCode"])
    if code == "ValidationError" and "not found" in reason:
        raise EndpointNotFound(f"{image}: no model is deployed, no endpoint {endpoint_name}") from error
    if code in ("AccessDeniedException", "AccessDenied"):
        raise AccessDenied(f"{image}: the function's role may not ask endpoint {endpoint_name}") from error
    if code == "ThrottlingException" or status == 429:
        raise EndpointThrottled(f"{image}: {said}") from error
    if code == "ModelError" and 400 <= status < 500:
        refusal = keep_first_line(error.response.get("OriginalMessage", reason))
        raise ImageRefused(f"{image}: {refusal}") from error
    if code == "ModelError" or status >= 500:
        raise EndpointUnavailable(f"{image}: {said}") from error


@logged
def handler(event: object, _context: LambdaContext) -> Answer:
    body = parse_body(event)
    image = parse_pointer(body)
    kind = answer_kinds.of_upload(image.key)
    content, source = image_content(body, image), parse_word(body, "source")
    told = classify(content, image, settings().endpoint_name, kind, source)
    known = {} if told.unlikeness is None else {unlike.NAME: told.unlikeness}
    return answer({"s3_bucket": image.bucket, "s3_key": image.key, "inferences": told.inferences} | known)
