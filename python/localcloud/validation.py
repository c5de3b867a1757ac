"""Each request is held against its service's model: what AWS would refuse before it looks at anything else.

AWS: a member that is missing, too long, too large, of no known value or of another form is a `ValidationException`,
which names every such member. Clients check little of it: botocore what is missing and too short, the Go SDK what is
missing. Forms that only Java can read (classes of letters) are left to AWS.
moto 5.2.5 checks some members of some services. The models are botocore's, so that they are AWS's own.
"""

import re
from collections.abc import Iterator, Sized
from functools import cache

from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape
from moto.core.errors import COMMON_ERROR_CODES
from moto.core.request import determine_request_protocol
from moto.core.responses import BaseResponse

from localcloud.access import refusals

NUMBERS = ("double", "float", "integer", "long")
SHOWN = 1024  # characters of a value that the refusal quotes
CODES = {"query": "ValidationError"}
WITHOUT = ("s3", "sqs")  # their models have no constraints, but members that a request names otherwise
BAD_REQUEST = 400


def install() -> None:
    """Let moto write the error without a warning that its models have no shape for it."""
    COMMON_ERROR_CODES.extend(["ValidationException", *CODES.values()])


def check(response: BaseResponse, operation: OperationModel, asked: object, content_type: str) -> None:
    """Refuse a request that breaks its model."""
    service = operation.service_model
    if service.service_name in WITHOUT or operation.input_shape is None:
        return
    errors = list(find_errors(asked, operation.input_shape))
    if not errors:
        return
    code = CODES.get(determine_request_protocol(service, content_type), "ValidationException")
    some = "1 validation error" if len(errors) == 1 else f"{len(errors)} validation errors"
    raise refusals.answer(response, code, BAD_REQUEST, f"{some} detected: {'; '.join(errors)}")


def find_errors(value: object, shape: Shape, path: str = "") -> Iterator[str]:
    """What AWS would say of the value and of all that is in it."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for name, member in shape.members.items():
            inner = f"{path}.{_spell(name)}".lstrip(".")
            if value.get(name) is not None:
                yield from find_errors(value[name], member, inner)
            elif name in shape.required_members:
                yield f"Value null at '{inner}' failed to satisfy constraint: Member must not be null"
    elif isinstance(shape, ListShape) and isinstance(value, list):
        yield from _measure(value, shape, path, "length")
        for number, item in enumerate(value, start=1):
            yield from find_errors(item, shape.member, f"{path}.{number}.member")
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        yield from _measure(value, shape, path, "length")
        for key, item in value.items():
            yield from find_errors(key, shape.key, f"{path}.key")
            yield from find_errors(item, shape.value, f"{path}.{key}.member")
    elif isinstance(shape, StringShape) and isinstance(value, str):
        yield from _measure(value, shape, path, "length")
        if shape.enum and value not in shape.enum:
            yield _say(value, path, f"satisfy enum value set: [{', '.join(shape.enum)}]")
        elif (pattern := shape.metadata.get("pattern")) and not _matches(pattern, value):
            yield _say(value, path, f"satisfy regular expression pattern: {pattern}")
    elif shape.type_name in NUMBERS and isinstance(value, int | float):
        yield from _measure(value, shape, path, "value")


def _measure(value: object, shape: Shape, path: str, what: str) -> Iterator[str]:
    size = len(value) if isinstance(value, Sized) else value
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:  # type: ignore[operator]
        yield _say(value, path, f"have {what} greater than or equal to {least}")
    if most is not None and size > most:  # type: ignore[operator]
        yield _say(value, path, f"have {what} less than or equal to {most}")


def _say(value: object, path: str, constraint: str) -> str:
    return f"Value '{str(value)[:SHOWN]}' at '{path}' failed to satisfy constraint: Member must {constraint}"


def _spell(name: str) -> str:
    return name[:1].lower() + name[1:]


@cache
def _read(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:
        return None  # Java knows classes that Python does not, of letters for example


def _matches(pattern: str, text: str) -> bool:
    known = _read(pattern)
    return known is None or known.fullmatch(text) is not None
