"""What a function answers, as AWS's runtime for Python writes it: a result as text, or an error in the runtime's shape.

AWS's runtime reads and writes JSON by simplejson, and so does this: named tuples become objects, bytes inside a result
become text, NaN is refused in an event and written in a result. Used by `runtime`, inside the function's process.
"""

import itertools
import math
import os
import traceback
from decimal import Decimal
from pathlib import Path
from typing import Any

import simplejson

OWN = str(Path(__file__).parent)
ASCII_ONLY = ("AWS_Lambda_python3.9", "AWS_Lambda_python3.10", "AWS_Lambda_python3.11")

Error = dict[str, Any]


class Fault(Exception):
    """An error that the runtime names, not the function."""

    def __init__(self, name: str, message: str, trace: list[str] | None = None) -> None:
        self.error = _error(name, message, trace)


class _Encoder(simplejson.JSONEncoder):
    """Writes decimals digit by digit."""

    def default(self, value: object) -> Any:
        if isinstance(value, Decimal):
            return math.nan if value.is_nan() else simplejson.RawJSON(str(value))
        return super().default(value)


_encoder = _Encoder(
    use_decimal=False, allow_nan=True, ensure_ascii=os.environ.get("AWS_EXECUTION_ENV") in ASCII_ONLY
)


def write(value: object) -> str:
    return _encoder.encode(value)  # type: ignore[no-any-return]


def read_event(event: bytes) -> Any:
    try:
        return simplejson.loads(event)
    except Exception as problem:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {problem}") from problem


def write_result(result: object) -> str | bytes:
    """Bytes are a result as they are."""
    try:
        return result if isinstance(result, bytes) else write(result)
    except Exception as problem:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {problem}") from problem


def describe(problem: Exception) -> Error:
    """An error in the runtime's shape, without what was called before the function's own code."""
    if isinstance(problem, Fault):
        return problem.error
    # Without the columns, which newer Pythons mark below each line.
    frames = [
        (it.filename, it.lineno or 0, it.name, it.line) for it in traceback.extract_tb(problem.__traceback__)
    ]
    function = list(itertools.dropwhile(lambda frame: frame[0].startswith(OWN), frames))
    return _error(type(problem).__name__, str(problem), traceback.format_list(function or frames))


def _error(name: str, message: str, trace: list[str] | None = None) -> Error:
    return {"errorMessage": message, "errorType": name, "requestId": "", "stackTrace": trace or []}
