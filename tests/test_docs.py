"""The documentation and the repository agree: its links and make targets exist, each alarm is in the runbook."""

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS_OF_PAGES = (".", "docs", ".github")
PAGES = sorted(
    p.relative_to(ROOT).as_posix() for name in FOLDERS_OF_PAGES for p in (ROOT / name).glob("*.md")
)
RUNBOOK = "docs/runbook.md"
ALARM_FILES = sorted((ROOT / "terraform/modules").rglob("*.tf"))

LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
ALARM = re.compile(r'^resource "aws_cloudwatch_metric_alarm" .*?^}', re.MULTILINE | re.DOTALL)
ALARM_NAME = re.compile(r'alarm_name\s+= "\$\{var\.prefix}-(.+)"')
ALARM_DESCRIPTION = re.compile(r"alarm_description\s+= (.+)")
# Where an alarm is made for each entry of a table, the entry starts with its description.
ENTRY = re.compile(r'"?([\w${}-]+)"? +=>? \{\s+description\s+= "(.*)"$', re.MULTILINE)
MAKE = re.compile(r"(?:^    |`)make ((?:[a-z]+ ?)+)", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
# In the runbook a heading of the third level is an alarm, with all that follows until the next heading.
ALARM_HEADING = re.compile(r"^### (.+?)$(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)
PART = re.compile(r"^\*\*(\w+)\.\*\*", re.MULTILINE)


def alarms() -> dict[str, str]:
    """Each alarm's description, by its name without the prefix: a pattern where a part stands for several names."""
    found = {}
    for path in ALARM_FILES:
        text = path.read_text()
        for block in ALARM.findall(text):
            name, description = ALARM_NAME.findall(block)[0], ALARM_DESCRIPTION.findall(block)[0].strip('"')
            table = re.search(r"^  for_each\s+= (?:.*\? )?local\.(\w+)", block, re.MULTILINE)
            if not table:
                found[filled_from_list(name, block)] = description
                continue
            entries = re.search(rf"^  {table[1]} = (.*?)^  [)}}]", text, re.MULTILINE | re.DOTALL)
            rows = ENTRY.findall(entries[1]) if entries else []
            assert rows, f"{path.name} has no entries for the alarms of local.{table[1]}"
            for key, own in rows:
                found[filled(name, key, own)] = filled(description, key, own)
    return found


def filled(text: str, key: str, description: str) -> str:
    """What an entry of a table makes of its resource's text."""
    for form in ("${each.value.description}", "each.value.description"):
        text = text.replace(form, description)
    return text.replace("${each.key}", key).replace("${key}", "[a-z]+")


def filled_from_list(name: str, block: str) -> str:
    """An alarm for each of `var.watched_sources` has one heading for all, with `source` in the name's place."""
    names = re.search(r"^  for_each\s+= toset\(var\.(?:\w+_)?([a-z]+)s\)", block, re.MULTILINE)
    return name.replace("${each.value}", names[1]) if names else name


def runbook() -> dict[str, str]:
    """What the runbook says under each alarm's heading."""
    return dict(ALARM_HEADING.findall((ROOT / RUNBOOK).read_text()))


def links(page: str) -> list[str]:
    """The page's links, but for those to the web."""
    targets = [markdown or html for markdown, html in LINK.findall((ROOT / page).read_text())]
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def anchors(text: str) -> list[str]:
    """The addresses that GitHub gives to a page's headings."""
    found: list[str] = []
    times: Counter[str] = Counter()
    for heading in HEADING.findall(FENCED.sub("", text)):
        shown = re.sub(r"!?\[([^\]]*)]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w -]", "", shown.lower()).replace(" ", "-")
        found.append(f"{slug}-{times[slug]}" if times[slug] else slug)
        times[slug] += 1
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_leads_to_a_file(page: str) -> None:
    files = [target.partition("#")[0] for target in links(page)]
    assert [file for file in files if not (ROOT / page).parent.joinpath(file).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_to_a_heading_leads_to_one(page: str) -> None:
    lost = []
    for target in links(page):
        file, _, anchor = target.partition("#")
        path = (ROOT / page).parent / file if file else ROOT / page
        if anchor and path.suffix == ".md" and anchor not in anchors(path.read_text()):
            lost.append(target)
    assert lost == []


def test_headings_have_the_addresses_that_github_gives_them() -> None:
    text = "# What's `make fmt`, v1.0?\n## [A link](page.md) & more\n```\n# no heading\n```\n## Again\n## Again\n"
    assert anchors(text) == ["whats-make-fmt-v10", "a-link--more", "again", "again-1"]


def test_every_alarm_has_its_heading_in_the_runbook() -> None:
    headings = runbook()
    assert [name for name in alarms() if not any(re.fullmatch(name, heading) for heading in headings)] == []


def test_every_function_that_is_watched_has_the_headings_of_its_alarms() -> None:
    text = (ROOT / "terraform/functions.tf").read_text()
    table = re.findall(r"^    (\w+) = {\n(.*?)^    }", text, re.MULTILINE | re.DOTALL)
    watched = {stage: settings for stage, settings in table if re.search(r"watched += true", settings)}
    assert {"serialize", "filter"} <= watched.keys()
    names = {f"{stage}-throttles" for stage, settings in watched.items() if "each_hour" not in settings}
    names |= {f"{stage}-errors" for stage, settings in watched.items() if "raises_by_design" not in settings}
    assert names - runbook().keys() == set()


def test_every_heading_of_an_alarm_is_for_an_alarm_that_exists() -> None:
    names = list(alarms())
    assert [heading for heading in runbook() if not any(re.fullmatch(name, heading) for name in names)] == []


def test_every_description_of_an_alarm_ends_with_the_address_of_its_heading() -> None:
    # Whoever is paged reads the description. A full stop behind the address would be taken for a part of it.
    described = alarms()
    assert [name for name in described if not described[name].endswith(f"{RUNBOOK}#{name}")] == []


def test_no_alarm_has_two_headings() -> None:
    times = Counter(name for name, _ in ALARM_HEADING.findall((ROOT / RUNBOOK).read_text()))
    assert [name for name, count in times.items() if count > 1] == []


@pytest.mark.parametrize("alarm", runbook())
def test_the_runbook_says_of_each_alarm_what_it_means_where_to_look_and_what_to_do(alarm: str) -> None:
    before, *parts = PART.split(runbook()[alarm])
    assert before.strip() == ""
    assert parts[::2] == ["Meaning", "Look", "Do"]
    assert [name for name, text in zip(parts[::2], parts[1::2], strict=True) if not text.strip()] == []


def test_the_contents_of_the_runbook_lead_to_every_alarm() -> None:
    contents = (ROOT / RUNBOOK).read_text().partition("\n## ")[0]
    assert set(runbook()) <= set(re.findall(r"]\(#([^)]+)\)", contents))


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_that_a_page_names_exists(page: str) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = " ".join(MAKE.findall((ROOT / page).read_text())).split()
    assert set(named) <= set(targets)


def test_each_variable_that_workflows_read_is_named_once_in_the_steps_of_a_first_deployment() -> None:
    read = {
        name
        for path in (ROOT / ".github/workflows").glob("*.yml")
        for name in re.findall(r"vars\.(\w+)", path.read_text())
    }
    page = (ROOT / "docs/deploy.md").read_text()
    steps = page.partition("\n## From nothing")[2].partition("\n### ")[0]
    assert set(re.findall(r"`([A-Z]+_(?:ROLE|REGION|APP|ENV|LABELS)\w*)`", page)) == read
    for name in read:
        assert (name, page.count(f"`{name}`"), steps.count(f"`{name}`")) == (name, 1, 1)


def test_the_newest_version_in_the_changelog_is_the_project_s() -> None:
    versions = re.findall(r"^## \[(\d\S*)]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
