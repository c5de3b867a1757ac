"""One line of a capture file as SageMaker writes it: the record that it holds, or the reason why it holds none."""

import binascii
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from core.contract import unlike
from core.contract.answer_kinds import LIVE
from core.contract.errors import UnexpectedInference
from core.contract.events import Fault, find_fault

ANSWERS = ("prediction", "predictions", "probabilities")
LONGEST = 1 << 25  # bytes of a line; SageMaker takes and gives 6 MB at most, so a record is shorter
YEARS = range(2000, 2101)


class BadLine(Exception):
    """The line is not a record. The text is the reason, one of a few."""


@dataclass(frozen=True, slots=True)
class Record:
    """One answer of an endpoint. Model, endpoint and variant come from the path, and are "" where it does not say."""

    event_id: str
    time: datetime
    probabilities: tuple[float, ...]
    content_type: str | None
    image_text: str = field(repr=False)  # in base64
    file: str
    line: int
    model: str
    endpoint: str
    variant: str
    attributes: dict[str, str]  # that came with the request
    inference_id: str | None
    unlikeness: float | None = None  # to the model's training photographs, if the model says it

    @property
    def kind(self) -> str:
        """What it was asked for; live unless the request says more."""
        return self.attributes.get("kind", LIVE)

    @property
    def key(self) -> str | None:
        """The photo's place in S3."""
        return self.attributes.get("s3_key")

    @property
    def photo_id(self) -> str | None:
        return self.attributes.get("id")

    @property
    def source(self) -> str | None:
        """The camera or phone that took the photo."""
        return self.attributes.get("source")

    @property
    def image_bytes(self) -> int:
        """The size of the input image, 0 without one."""
        return max(len(self.image_text) * 3 // 4 - self.image_text.count("=", -2), 0)

    def image(self) -> bytes | None:
        """The input image, None without one; empty if its base64 is broken, which no image is."""
        if not self.image_text:
            return None
        try:
            return binascii.a2b_base64(self.image_text)
        except ValueError:
            return b""


def read_record(line: bytes, file: str, number: int, origin: tuple[str, str, str]) -> Record:
    """The record that a line holds; its origin is the model, the endpoint and the variant."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        whole = line.endswith(b"\n") or len(line) == LONGEST
        raise BadLine("not JSON" if whole else "half-written last line") from None
    match event:
        case {
            "captureData": dict(data),
            "eventMetadata": {"eventId": str(event_id)} as metadata,
            "eventVersion": version,
        }:
            if version != "0":
                raise BadLine("unknown version")
        case _:
            raise BadLine("not a capture record")
    match data.get("endpointInput", {}):
        case {"data": str(image_text), "encoding": "BASE64"} as sent:
            pass
        case dict(sent):  # text, such as CSV: no image
            image_text = ""
        case _:  # the configuration may ask for outputs only
            sent, image_text = {}, ""
    time = read_time(metadata.get("inferenceTime"))
    if time.year not in YEARS:
        raise BadLine("time is not from 2000 to 2100")
    inference_id = metadata.get("inferenceId")
    model, endpoint, variant = origin
    return Record(
        event_id=event_id,
        time=time,
        probabilities=read_probabilities(data.get("endpointOutput")),
        content_type=sent.get("observedContentType"),
        image_text=image_text,
        file=file,
        line=number,
        model=model,
        endpoint=endpoint,
        variant=variant,
        attributes=read_attributes(metadata.get("customAttributes")),
        inference_id=inference_id if isinstance(inference_id, str) else None,
        unlikeness=read_unlikeness(data.get("endpointOutput")),
    )


def read_attributes(told: object) -> dict[str, str]:
    """As lambdas.classify joins them: names and values, percent-encoded."""
    return unlike.split(",".join(map(str, told))) if isinstance(told, list) else {}


def read_unlikeness(answer: object) -> float | None:
    """From the content type that the model gave its answer: no document says that the capture has its attributes."""
    told = answer.get("observedContentType") if isinstance(answer, dict) else None
    if not isinstance(told, str) or unlike.NAME not in told:
        return None
    try:
        return unlike.parse(unlike.split(told, ";").get(unlike.NAME), None)
    except UnexpectedInference:
        return None


def read_time(text: object) -> datetime:
    """The time in UTC; one without a zone is in UTC already."""
    try:
        time = datetime.fromisoformat(text)  # type: ignore[arg-type]
        if time.tzinfo is UTC:
            return time
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        raise BadLine("no time") from None


def read_probabilities(answer: object) -> tuple[float, ...]:
    """One probability per class, from what an endpoint answered, in any of the three encodings."""
    if not isinstance(answer, dict) or not isinstance(text := answer.get("data"), str):
        raise BadLine("no output")
    try:
        if answer.get("encoding") == "BASE64":
            text = binascii.a2b_base64(text).decode()
        values: Any = (
            json.loads(text) if text.lstrip()[:1] in ("[", "{") else [float(p) for p in text.split(",")]
        )
    except (ValueError, RecursionError):
        raise BadLine("output is neither JSON nor CSV") from None
    if isinstance(values, dict):
        values = next((values[name] for name in ANSWERS if name in values), None)
    while isinstance(values, list) and len(values) == 1 and isinstance(values[0], list):
        values = values[0]
    if fault := find_fault(values):
        raise BadLine(
            "output is not one list of probabilities"
            if fault in (Fault.NO_LIST, Fault.NO_NUMBERS)
            else "probabilities are not from 0 to 1 with the sum 1"
        )
    return tuple(map(float, values))
