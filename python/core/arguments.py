"""A command's arguments: a mistake in them is one line, as any other, and --help says what there is."""

import argparse
from typing import NoReturn

from core.console import UserError


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message} ({self.prog} --help says more)")


def read_none(prog: str, doc: str | None) -> None:
    """Of a command that takes none."""
    Parser(prog=prog, description=(doc or "").splitlines()[0]).parse_args()


def read_env(prog: str, doc: str | None) -> str:
    """The one argument of a command that asks for no more than the environment."""
    parser = Parser(prog=prog, description=(doc or "").splitlines()[0])
    parser.add_argument("env", help="the environment: local, staging or prod")
    return parser.parse_args().env
