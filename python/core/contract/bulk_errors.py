"""The named errors of bulk work, beside those of the photos (`errors`)."""


class NotReached(Exception):
    """There was no time left for this photo. Transient: worth another run."""


class ResultsDisagree(Exception):
    """A run's results are not of the objects that it listed."""
