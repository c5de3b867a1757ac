"""What a batch transform job answered, as lines of a result: by the gate that a driver's photo meets."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from core.contract.decision import decide
from core.contract.errors import ThresholdConfidenceNotMet, UnexpectedInference
from core.contract.events import Pointer, parse_probabilities
from core.contract.lines import Line
from core.contract.outcomes import ACCEPTED, REVIEW
from operations.transform.files import CONNECTIONS, Archive

NOT_ANSWERED = (
    "NotAnswered"  # the job has ended without: the model refused the photo, or the job never came to it
)


def completed(archive: Archive, labels: Sequence[str], threshold: float) -> Iterator[Line]:
    """Every listed line, with what became of it."""
    answered = archive.answered()

    def complete(line: Line) -> Line:
        key = line["s3_key"]
        if line["error"]:
            return line
        if key not in answered:
            return line | {"error": NOT_ANSWERED}
        return judged(line, archive.answer(key), Pointer(archive.bucket, key), labels, threshold)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        yield from pool.map(complete, archive.listing())


def judged(line: Line, answer: bytes, image: Pointer, labels: Sequence[str], threshold: float) -> Line:
    try:
        inferences = parse_probabilities(answer, image)
        line = line | {"inferences": inferences, "confidence": max(inferences)}
        decision = decide(inferences, image, labels, threshold)
    except ThresholdConfidenceNotMet as error:
        return line | {"outcome": REVIEW, "error": type(error).__name__}
    except UnexpectedInference as error:
        return line | {"error": type(error).__name__}
    return line | {"outcome": ACCEPTED, "label": decision["label"]}
