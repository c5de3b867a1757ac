"""What others wrote, in a job's log, where GitHub's runner obeys lines that look like its commands.

It takes `::add-mask::x` for one behind spaces, and `##[add-mask]x` anywhere in a line, until it is told to stop; what
starts it again has to be a word that nobody knows beforehand.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager


def is_read() -> bool:
    """Whether a runner reads what is printed here."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def in_log(text: str) -> str:
    if not (is_read() and any(sign in text for sign in ("::", "##["))):
        return text
    end = secrets.token_hex(16)
    return f"::stop-commands::{end}\n{text}\n::{end}::"


def notice(text: str) -> str:
    """A command that shows the text, whatever is in it, as one line."""
    for sign, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        text = text.replace(sign, code)
    return f"::notice::{text}"


@contextmanager
def without_commands() -> Iterator[None]:
    """What is printed meanwhile, also by other programs, is text alone."""
    if not is_read():
        yield
        return
    end = secrets.token_hex(16)
    print(f"::stop-commands::{end}", flush=True)
    try:
        yield
    finally:
        print(f"\n::{end}::", flush=True)
