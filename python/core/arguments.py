"""A command's arguments: a mistake in them is one line, as any other, and --help says what there is."""

import argparse
from typing import Any, NoReturn

from core.console import UserError


class Parser(argparse.ArgumentParser):
    """Of the command that is called so, described by the first line of its module's doc."""

    def __init__(self, prog: str, doc: str | None = None, **more: Any) -> None:
        super().__init__(prog=prog, **{"description": (doc or "").partition("\n")[0], **more})

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message} ({self.prog} --help says more)")


def read_none(prog: str, doc: str | None) -> None:
    """Of a command that takes none."""
    Parser(prog, doc).parse_args()


def read_env(prog: str, doc: str | None) -> str:
    """The one argument of a command that asks for no more than the environment."""
    parser = Parser(prog, doc)
    parser.add_argument("env", help="the environment: local, staging or prod")
    return parser.parse_args().env
