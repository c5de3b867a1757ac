"""How a photo ends: by these names in results, in logs, and on every page and table."""

ACCEPTED = "accepted"  # the model is sure
REVIEW = "review"  # it is not: a person decides
FAILED = "failed"
OUTCOMES = (ACCEPTED, REVIEW, FAILED)
