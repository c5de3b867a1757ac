"""What the workflow's functions decide, for commands that decide the same: a function's files lie flat in its zip and
import each other by name, so their folder joins the path.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "lambdas"))

from bulk import FAILED, Line, blank
from collect import summarise
from common import (
    ImageNotFound,
    ImageTooLarge,
    NotAnImage,
    Pointer,
    ThresholdConfidenceNotMet,
    UnexpectedInference,
    parse_probabilities,
)
from filter import decide
from images import check_size, content_type

__all__ = [
    "FAILED",
    "ImageNotFound",
    "ImageTooLarge",
    "Line",
    "NotAnImage",
    "Pointer",
    "ThresholdConfidenceNotMet",
    "UnexpectedInference",
    "blank",
    "check_size",
    "content_type",
    "decide",
    "parse_probabilities",
    "summarise",
]
