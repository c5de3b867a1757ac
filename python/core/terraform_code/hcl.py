"""Terraform's language in tokens: where its strings, heredocs and comments end, however they are nested."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

LEXEME = re.compile(
    r"""
    (?P<comment> \#[^\n]* | //[^\n]* | /\*.*?\*/ )
    | (?P<heredoc> <<-?(?P<mark>[^\W\d][\w-]*)[ \t\r]*\n )
    | (?P<quoted> " )
    | (?P<word> \w[\w-]* )
    | (?P<line> \n )
    | (?P<space> [ \t\r]+ )
    | (?P<sign> . )
    """,
    re.VERBOSE | re.DOTALL,
)
OPEN = r"\$\$\{ | %%\{ | (?P<open>[$%]\{)"
IN_QUOTED = re.compile(rf'\\. | {OPEN} | (?P<end>["\n]) | [^"\\$%\n]+ | .', re.VERBOSE | re.DOTALL)
IN_HEREDOC = re.compile(rf"{OPEN} | (?P<end>\n) | [^$%\n]+ | .", re.VERBOSE | re.DOTALL)
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U(00[0-9a-fA-F]{6})|(.))", re.DOTALL)
ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    begin: int
    end: int

    @property
    def inside(self) -> str:
        """What is between the quotes, or the lines of a heredoc."""
        if self.kind == "heredoc":
            return self.text.partition("\n")[2].rpartition("\n")[0]
        return unescape(self.text[1:-1]) if self.kind == "quoted" else self.text


def unescape(text: str) -> str:
    return ESCAPE.sub(read_escape, text)


def read_escape(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code and int(code, 16) <= sys.maxunicode:
        return chr(int(code, 16))
    return found[0] if code else ESCAPED.get(found[3], found[3])


def tokens(text: str, at: int = 0) -> Iterator[Token]:
    """What is not space or comment, from this place on."""
    while found := LEXEME.match(text, at):
        begin, at, kind = at, found.end(), str(found.lastgroup)
        if kind == "quoted":
            at = end_of_line(text, at, IN_QUOTED)
        elif kind == "heredoc":
            at = end_of_heredoc(text, at, found["mark"])
        if kind not in ("comment", "space"):
            yield Token(kind, text[begin:at], begin, at)


def end_of_line(text: str, at: int, parts: re.Pattern[str]) -> int:
    """Where a string ends, or a line of a heredoc; code in it may have strings and lines of its own."""
    while found := parts.match(text, at):
        at = found.end()
        if found["end"]:
            break
        if found["open"]:
            at = end_of_code(text, at)
    return at


def end_of_code(text: str, at: int) -> int:
    depth = 1
    for token in tokens(text, at):
        depth += {"{": 1, "}": -1}.get(token.text, 0)
        if not depth:
            return token.end
    return len(text)


def end_of_heredoc(text: str, at: int, mark: str) -> int:
    while at < len(text):
        line = text[at:].partition("\n")[0]
        if line.strip() == mark:
            return at + len(line)
        at = end_of_line(text, at, IN_HEREDOC)
    return at


def expression(found: list[Token], at: int, ends: tuple[str, ...]) -> int:
    """Where an expression that begins here ends: before one of these, outside of its brackets."""
    depth = 0
    while at < len(found) and (depth or found[at].text not in ends):
        depth += BRACKETS.get(found[at].text, 0)
        if depth < 0:
            break
        at += 1
    return at


def plain(found: list[Token]) -> str:
    """Code in one way of writing it, however much space and how many comments are in it."""
    text = ""
    for before, token in zip([None, *found], found, strict=False):
        both = before is not None and before.kind == token.kind == "word"
        text += f" {token.text}" if both else token.text
    return text
