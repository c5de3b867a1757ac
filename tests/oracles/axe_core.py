"""axe-core, by which accessibility is checked the world over: what it finds wrong with a page of ours.

`make test` installs it from npm, in the version and with the checksum of axe-core/package-lock.json.
"""

import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page

SCRIPT = Path(sys.prefix) / "axe-core/node_modules/axe-core/axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21aa", "best-practice")


def require() -> None:
    if not SCRIPT.is_file():
        pytest.skip("axe-core is not installed: `make test` does that, where npm can be reached")


def find_violations(page: Page) -> list[str]:
    """Each rule that is broken, with where; none where all is well."""
    require()
    page.evaluate(SCRIPT.read_text())  # the page's own policy lets no script in by an element
    found = page.evaluate("tags => axe.run({runOnly: {type: 'tag', values: tags}})", list(RULES))
    assert found["passes"], "it has looked at nothing"
    return [
        f"{rule['id']}: {rule['help']}: {node['html'][:200]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
