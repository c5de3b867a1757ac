"""A line of log, in JSON."""

import json
from datetime import UTC, datetime

from core.contract.shapes import Json


def log(level: str, line: Json) -> None:
    print(json.dumps({"timestamp": datetime.now(UTC).isoformat(), "level": level, **line}))
