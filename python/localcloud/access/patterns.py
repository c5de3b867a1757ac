"""Patterns of a policy: `*` stands for any text, `?` for one character, in an ARN within a part of it.

AWS: the parts of an ARN are divided by colons; what follows the fifth is one part.
"""

import functools
import re

ARN_PARTS = 6


@functools.cache
def compile_text(pattern: str) -> re.Pattern[str]:
    return re.compile(_translate(pattern, "."), re.DOTALL)


@functools.cache
def compile_action(pattern: str) -> re.Pattern[str]:
    """Actions know no upper and lower case."""
    return re.compile(_translate(pattern, "."), re.IGNORECASE)


@functools.cache
def compile_arn(pattern: str) -> re.Pattern[str]:
    *parts, last = pattern.split(":", ARN_PARTS - 1)
    return re.compile(
        ":".join([*(_translate(part, "[^:]") for part in parts), _translate(last, ".")]), re.DOTALL
    )


def _translate(pattern: str, character: str) -> str:
    return "".join({"*": f"{character}*", "?": character}.get(it) or re.escape(it) for it in pattern)
