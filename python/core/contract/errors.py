"""The named errors: by its class's name Step Functions catches one, or tries again what is transient."""


class InvalidEvent(Exception):
    """The event is not what the step takes."""


class ImageNotFound(Exception):
    """The event names an object that is not there, or no longer."""


class ImageTooLarge(Exception):
    """The image is larger than an endpoint accepts."""


class NotAnImage(Exception):
    """The object is neither a PNG nor a JPEG file."""


class ImageRefused(Exception):
    """The model itself answered that it cannot take this image."""


class AccessDenied(Exception):
    """The function's role lacks a permission."""


class EndpointNotFound(Exception):
    """No model is deployed."""


class UnexpectedInference(Exception):
    """The model's answer is not one probability per class."""


class ThresholdConfidenceNotMet(Exception):
    """The model is not sure enough: a person decides."""


class UnlikeTraining(Exception):
    """The photo is too unlike those that the model learned from: a person decides."""


class StorageUnavailable(Exception):
    """S3 did not answer as it should. Transient."""


class EndpointUnavailable(Exception):
    """The endpoint did not answer as it should. Transient."""


class EndpointThrottled(Exception):
    """The endpoint gets more requests than it takes. Transient."""


LOW_CONFIDENCE = ThresholdConfidenceNotMet.__name__
# Outcomes and no failures. The state machine catches them by these names.
UNDECIDED = (ThresholdConfidenceNotMet, UnlikeTraining)
FOR_REVIEW = frozenset(error.__name__ for error in UNDECIDED)
