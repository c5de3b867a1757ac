"""What a batch transform job answered, as lines of a result: by the gate that a driver's photo meets.

All of it but one thing: a job keeps the bodies of answers alone, so nobody knows how unlike training's photos were.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from core.contract.decision import decide
from core.contract.errors import ThresholdConfidenceNotMet, UnexpectedInference
from core.contract.events import Pointer, parse_probabilities
from core.contract.lines import Line
from core.contract.outcomes import ACCEPTED, REVIEW
from operations.transform.files import CONNECTIONS, Archive

NOT_ANSWERED = (
    "NotAnswered"  # the job has ended without: the model refused the photo, or the job never came to it
)


def complete(archive: Archive, labels: Sequence[str], threshold: float) -> Iterator[Line]:
    """Every listed line, with what became of it."""
    answered = archive.list_answered()

    def settle(line: Line) -> Line:
        if line.error:
            return line
        if line.s3_key not in answered:
            return replace(line, error=NOT_ANSWERED)
        image = Pointer(archive.bucket, line.s3_key)
        return judge(line, archive.answer(line.s3_key), image, labels, threshold)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        yield from pool.map(settle, archive.listing())


def judge(line: Line, answer: bytes, image: Pointer, labels: Sequence[str], threshold: float) -> Line:
    try:
        inferences = parse_probabilities(answer, image)
        line = replace(line, inferences=inferences, confidence=max(inferences))
        decision = decide(inferences, image, labels, threshold)
    except ThresholdConfidenceNotMet as error:
        return replace(line, outcome=REVIEW, error=type(error).__name__)
    except UnexpectedInference as error:
        return replace(line, error=type(error).__name__)
    return replace(line, outcome=ACCEPTED, label=decision["label"])
