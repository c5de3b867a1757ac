"""Text that somebody else wrote, as GitHub's Markdown shows it and does nothing else with it.

All of it stands in code: there no HTML, link, picture or mention works. Nothing in it ends the code, and what would not
be seen, or turns the order of what is seen, is written out.
"""

import re
import unicodedata

# Letters and signs that are blank. What is above or across other letters is written out too.
BLANK = "\u115f\u1160\u2800\u3164\uffa0\U0001d159"
WORD = re.compile(r"(?!www\.)[A-Za-z0-9_.\[\]+-]+")


def visible(text: str) -> str:
    return "".join(
        character if character in "\n\t " or is_seen(character) else f"\\u{ord(character):04x}"
        for character in text
    )  # fmt: skip


def is_seen(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CMZ" and character not in BLANK


def code(text: str) -> str:
    """On one line."""
    plain = visible(text).replace("\n", "\\n").replace("\t", "\\t") or " "
    fence = "`" * (longest_run(plain) + 1)
    space = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{space}{plain}{space}{fence}"


def word(text: str) -> str:
    """A name or a number as it is, if it is no more than that."""
    return text if WORD.fullmatch(text) else code(text)


def cell(text: str) -> str:
    """A word in a table, whose cells end at each bar."""
    return word(text.replace("|", "\\u007c"))


def block(text: str, language: str = "", indent: str = "") -> str:
    """On lines of its own."""
    plain = visible(text)
    fence = "`" * max(3, longest_run(plain) + 1)
    return "\n".join(f"{indent}{line}" for line in (fence + language, *plain.split("\n"), fence))


def longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
