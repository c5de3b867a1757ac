"""The name of a decision's execution: a photo's decision has one name, so that Step Functions takes it once."""

import re

PATTERN = re.compile(r"[0-9a-f]{64}-[1-9][0-9]*")


def write(photo: str, number: int) -> str:
    return f"{photo}-{number}"


def is_one(name: str) -> bool:
    return PATTERN.fullmatch(name) is not None
