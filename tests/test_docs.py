"""The documentation and the repository agree: its links and make targets exist, each alarm is in the runbook."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("README.md"), *ROOT.glob("docs/*.md"))]
ALARM_FILES = sorted((ROOT / "terraform/modules").rglob("*.tf"))

LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
ALARM = re.compile(r'^resource "aws_cloudwatch_metric_alarm" .*?^}', re.MULTILINE | re.DOTALL)
ALARM_NAME = re.compile(r'alarm_name\s+= "\$\{var\.prefix}-(.+)"')
# Where an alarm is made for each entry of a table, the entry starts with its description.
ENTRY = re.compile(r'"?([\w${}-]+)"? =>? \{\s+description ')
MAKE = re.compile(r"(?:^    |`)make ((?:[a-z]+ ?)+)", re.MULTILINE)
RUNBOOK_LINE = re.compile(r"^\| `([a-z-]+)` \|", re.MULTILINE)


def alarms() -> Iterator[str]:
    """Each alarm's name without the prefix, as a pattern where a part of it stands for several names."""
    for path in ALARM_FILES:
        text = path.read_text()
        for block in ALARM.findall(text):
            name = ALARM_NAME.findall(block)[0]
            table = re.search(r"for_each\s+= local\.(\w+)", block)
            if not table:
                yield name
                continue
            entries = re.search(rf"^  {table[1]} = (.*?)^  [)}}]", text, re.MULTILINE | re.DOTALL)
            keys = ENTRY.findall(entries[1]) if entries else []
            assert keys, f"{path.name} has no entries for the alarms of local.{table[1]}"
            for key in keys:
                yield name.replace("${each.key}", key).replace("${key}", "[a-z]+")


def runbook() -> list[str]:
    return RUNBOOK_LINE.findall((ROOT / "docs/architecture.md").read_text().partition("## Runbook")[2])


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_leads_to_a_file(page: str) -> None:
    targets = [markdown or html for markdown, html in LINK.findall((ROOT / page).read_text())]
    here = [target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]
    assert [target for target in here if not (ROOT / page).parent.joinpath(target).exists()] == []


def test_every_alarm_has_its_line_in_the_runbook() -> None:
    lines = runbook()
    assert [name for name in alarms() if not any(re.fullmatch(name, line) for line in lines)] == []


def test_every_line_of_the_runbook_is_for_an_alarm_that_exists() -> None:
    names = list(alarms())
    assert [line for line in runbook() if not any(re.fullmatch(name, line) for name in names)] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_that_a_page_names_exists(page: str) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = " ".join(MAKE.findall((ROOT / page).read_text())).split()
    assert set(named) <= set(targets)
