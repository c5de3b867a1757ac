"""The gate: which answers of a model route a driver."""

from collections.abc import Sequence

from core.contract.errors import ThresholdConfidenceNotMet, UnexpectedInference
from core.contract.events import UNNAMED, Pointer, parse_probabilities
from core.contract.shapes import Json

THRESHOLD = (
    0.93  # where nobody says otherwise; what a deployed environment compares with is Terraform's variable
)


def decide(inferences: object, image: Pointer | None, labels: Sequence[str], threshold: float) -> Json:
    """The label that the model is sure of, and how sure; a model that is not sure raises."""
    probabilities = parse_probabilities(inferences, image)
    if len(probabilities) != len(labels):
        raise UnexpectedInference(
            f"{image or UNNAMED}: {len(probabilities)} probabilities for {len(labels)} labels"
        )
    confidence = max(probabilities)
    if confidence < threshold:
        raise ThresholdConfidenceNotMet("THRESHOLD_CONFIDENCE_NOT_MET")
    label = labels[probabilities.index(confidence)]
    return {"inferences": probabilities, "label": label, "confidence": confidence, "threshold": threshold}
