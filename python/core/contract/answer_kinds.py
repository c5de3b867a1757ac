"""What an answer was asked for: `kind` among the request's custom attributes, which the capture keeps.

Only what is live says how the model does on what drivers send; the others are photos that somebody chose.
"""

LIVE, BULK, EVALUATION, VERIFY = "live", "bulk", "evaluation", "verify"
KINDS = (LIVE, BULK, EVALUATION, VERIFY)
CHOSEN = (EVALUATION, VERIFY)  # whoever sends these photos as drivers do puts them into a folder of that name


def upload_to(kind: str) -> str:
    """Where a photo of that kind starts the workflow."""
    return f"incoming/{kind}" if kind in CHOSEN else "incoming"


def of_upload(key: str) -> str:
    return next((kind for kind in CHOSEN if key.startswith(f"{upload_to(kind)}/")), LIVE)
