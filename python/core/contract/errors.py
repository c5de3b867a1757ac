"""The named errors: an error's class name is the name by which Step Functions catches or retries it."""


class InvalidSetting(Exception):
    """An environment variable of the function is missing or makes no sense."""


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
    """S3 did not answer as it should. Transient: worth a retry."""


class EndpointUnavailable(Exception):
    """The endpoint did not answer as it should. Transient: worth a retry."""


class EndpointThrottled(Exception):
    """The endpoint gets more requests than it takes. Transient: worth a retry, later."""


class RegisterUnavailable(Exception):
    """The register of photos did not answer as it should. Transient: worth a retry."""


class NotReached(Exception):
    """There was no time left for this photo. Transient: worth another run."""


class ResultsDisagree(Exception):
    """A bulk run's results are not of the objects that it listed."""


LOW_CONFIDENCE = ThresholdConfidenceNotMet.__name__
# Outcomes and no failures. The state machine catches them by these names.
UNDECIDED = (ThresholdConfidenceNotMet, UnlikeTraining)
FOR_REVIEW = frozenset(error.__name__ for error in UNDECIDED)
