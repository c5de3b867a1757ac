"""The gate: which answers of a model route a driver."""

from collections.abc import Sequence

from core.contract import unlike
from core.contract.errors import ThresholdConfidenceNotMet, UnexpectedInference, UnlikeTraining
from core.contract.events import UNNAMED, Pointer, parse_probabilities
from core.contract.shapes import Json

THRESHOLD = (
    0.93  # where nobody says otherwise; what a deployed environment compares with is Terraform's variable
)


def decide(
    inferences: object,
    image: Pointer | None,
    labels: Sequence[str],
    threshold: float,
    unlikeness: object = None,
    max_unlikeness: float = unlike.MAX_UNLIKENESS,
) -> Json:
    """The label that the model is sure of, and how sure. One that is not sure, or knows no such photos, raises."""
    probabilities = parse_probabilities(inferences, image)
    if len(probabilities) != len(labels):
        raise UnexpectedInference(
            f"{image or UNNAMED}: {len(probabilities)} probabilities for {len(labels)} labels"
        )
    share = unlike.parse(unlikeness, image)
    confidence = max(probabilities)
    if confidence < threshold:
        raise ThresholdConfidenceNotMet("THRESHOLD_CONFIDENCE_NOT_MET")
    if share is not None and share > max_unlikeness:
        raise UnlikeTraining(
            f"{image or UNNAMED}: it is farther from the training photographs than {share:.2%} of themselves, "
            f"and at most {max_unlikeness:.2%} pass"
        )
    label = labels[probabilities.index(confidence)]
    known = {} if share is None else {unlike.NAME: share}
    decision = {"inferences": probabilities, "label": label, "confidence": confidence, "threshold": threshold}
    return decision | known
