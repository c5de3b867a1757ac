"""GET /guideline: photographs of each class, of what the live model was trained on. An earlier one has none."""

import msgspec

from lambdas.calls.api_settings import client
from lambdas.calls.api_types import Guideline
from lambdas.calls.asking import Ask, Reply


def show(ask: Ask) -> Reply:
    if not ask.given.guideline:
        return Reply(200, Guideline({}))
    found = client("s3").get_object(Bucket=ask.given.bucket, Key=ask.given.guideline)
    return Reply(200, msgspec.json.decode(found["Body"].read(), type=Guideline))
