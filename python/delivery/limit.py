"""A comment within GitHub's limit: as many whole lines as fit, and a sentence that says what was left out."""

import re

COMMENT = 65_536  # characters that GitHub takes in a comment
SUMMARY = 250_000  # in a job's summary: it takes 1 MiB, and a character has four bytes at most
FOLD = "<details><summary>The whole difference</summary>"
UNFOLD = "</details>"
NOTE = 2_000  # characters kept free for what is said in the end
HEADING = re.compile(r"^#### (.*)$", re.MULTILINE)
FENCE = re.compile(r"^( *`{3,})(\w*)$")


def cut(text: str, most: int = COMMENT) -> str:
    if len(text) <= most:
        return text
    kept = text[: text.rindex("\n", 0, most - NOTE) + 1]
    rest = text[len(kept) :]
    count, where = rest.count("\n"), name(HEADING.findall(rest))
    note = (
        f"**Left out, because it does not fit: {count} lines{where}.** Read review.md in the run's artefact."
    )
    return f"{kept}{close(kept)}\n{note}\n"


def name(left: list[str]) -> str:
    """Which resources' differences are left out, as many as there is room to name."""
    named: list[str] = []
    while left and len(", ".join([*named, left[0]])) < NOTE // 2:
        named.append(left.pop(0))
    more = f" and {len(left)} more" if left else ""
    return f", all that changes in {', '.join(named)}{more}" if named else ""


def close(kept: str) -> str:
    """What ends the code and the fold that the text ends in."""
    fence, is_folded = "", False
    for line in kept.split("\n"):
        found = FENCE.match(line)
        if fence:
            fence = "" if found and found[1] == fence and not found[2] else fence
        elif found:
            fence = found[1]
        elif line in (FOLD, UNFOLD):
            is_folded = line == FOLD
    return (f"{fence}\n" if fence else "") + (f"\n{UNFOLD}\n" if is_folded else "")
