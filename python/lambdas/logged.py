"""One line of log per invocation."""

import functools
from collections.abc import Callable
from typing import Any

from core.contract.errors import UNDECIDED, InvalidEvent, ThresholdConfidenceNotMet
from core.contract.events import parse_body, parse_pointer
from core.contract.shapes import Answer, LambdaContext
from lambdas.log_line import log

LOGGED = ("inferences", "unlikeness", "label", "confidence", "threshold", "accepted", "review", "failed")

# Of an event that a handler reads without a look, Step Functions itself has seen to the shape.
Handler = Callable[[Any, LambdaContext], Answer]


def logged(handler: Handler) -> Handler:
    """Make each invocation print one line of JSON: which execution and image, and how it ended."""

    @functools.wraps(handler)
    def wrapper(event: object, context: LambdaContext) -> Answer:
        line = {
            "function": handler.__module__.rpartition(".")[2],
            "execution_id": event.get("execution_id") if isinstance(event, dict) else None,
            "request_id": getattr(context, "aws_request_id", None),
            "image": name_image(event),  # its name: the image itself is never logged
        }
        try:
            result = handler(event, context)
        except UNDECIDED as outcome:
            unsure = isinstance(outcome, ThresholdConfidenceNotMet)
            message = "not sure enough" if unsure else str(outcome)
            log("WARNING", {**line, "message": message, "error": type(outcome).__name__})
            raise
        except Exception as error:
            log("ERROR", {**line, "message": str(error), "error": type(error).__name__})
            raise
        log("INFO", {**line, "message": "done", **{k: v for k, v in result["body"].items() if k in LOGGED}})
        return result

    return wrapper


def name_image(event: object) -> str | None:
    """The image's name for the log; none of an event that names none."""
    try:
        return str(parse_pointer(parse_body(event)))
    except InvalidEvent:
        return None
