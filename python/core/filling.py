"""What a command renews in a page of the documentation: what stands between its mark and the end.

<!-- make cost -->
tables
<!-- end -->
"""

import re
from pathlib import Path

from core.console import UserError


def place(command: str) -> re.Pattern[str]:
    return re.compile(f"(<!-- {re.escape(command)} -->\n).*?(<!-- end -->\n)", re.DOTALL)


def fill(page: Path, command: str, text: str) -> str:
    """What the page says then."""
    if not page.is_file():
        raise UserError(f"{page} is not there: name a page with <!-- {command} --> and <!-- end -->")
    found, before = place(command), page.read_text()
    if not found.search(before):
        raise UserError(f"{page} has no <!-- {command} --> and <!-- end --> to put the tables between")
    return found.sub(lambda mark: f"{mark[1]}{text}\n{mark[2]}", before)
