"""The files of the console's pages: their words and their size, and that each is used."""

import ast
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from core.contract import errors, register
from lambdas.calls import problems
from lambdas.calls.api_routes import ROUTES

FILES = Path(errors.__file__).parents[2] / "lambdas/console/files"
MOST_BYTES = 40_000  # of both pages with all that they load, as it travels
TEXTS: dict[str, dict[str, str]] = json.loads((FILES / "texts.json").read_text())
PAGES = [path.stem for path in sorted(FILES.glob("*.html"))]
# Of a template or a script: a text's whole name, or how the names of several begin.
PLACE = re.compile(r"{{(\w+)\.(\w+)}}")
NAMED = re.compile(r"""\btext\((?:"(\w+)"|`(\w+)\$\{|[^")`]*\? "(\w+)" : "(\w+)")""")
IMPORTED = re.compile(r"""^(?:import|export) (?:[^"';]+ from )?"\./([\w.-]+)";$""", re.MULTILINE)
LOADED = re.compile(r"""(?:src|href)="console/{{=version}}/([\w.-]+)\"""")
ANSWERS_OF_A_PHOTO = ("POST /photos", "GET /photos/{id}", "POST /photos/{id}/objection")


def scripts_of(page: str) -> set[str]:
    """All that a page loads, and what that loads."""
    found: set[str] = set()
    todo = {name for name in LOADED.findall((FILES / f"{page}.html").read_text()) if name.endswith(".js")}
    while todo:
        name = todo.pop()
        found.add(name)
        todo |= set(IMPORTED.findall((FILES / name).read_text())) - found
    return found


def words_of(page: str) -> set[tuple[str, str]]:
    """The texts that a page can show, by section and name."""
    template = (FILES / f"{page}.html").read_text()
    used = set(PLACE.findall(template))
    known = {(section, name) for section in ("shared", page) for name in TEXTS[section]}
    for script in scripts_of(page):
        for whole, start, *either in NAMED.findall((FILES / script).read_text()):
            names = {name for name in (whole, *either) if name}
            names |= {name for _, name in known if start and name.startswith(start)}
            sections = {name: page if name in TEXTS[page] else "shared" for name in names}
            used |= {(section, name) for name, section in sections.items()}
    return used


@pytest.mark.parametrize("page", PAGES)
def test_every_text_that_a_page_names_is_there(page):
    used = words_of(page)
    assert used
    missing = sorted(f"{section}.{name}" for section, name in used if not TEXTS[section].get(name))
    assert missing == []
    assert {section for section, _ in used} <= {"shared", page}


def test_no_text_is_there_that_no_page_names():
    used = {it for page in PAGES for it in words_of(page)}
    there = {(section, name) for section, texts in TEXTS.items() for name in texts if section in PAGES}
    there |= {("shared", name) for name in TEXTS["shared"]}
    assert there - used == set()


def error_names() -> set[str]:
    """By what a photo can fail, and by what the API refuses a device that sends one."""
    tree = ast.parse(Path(errors.__file__).read_text())
    named = {it.name for it in tree.body if isinstance(it, ast.ClassDef)} - errors.FOR_REVIEW
    refused = {problem.__name__ for route in ANSWERS_OF_A_PHOTO for problem in problems_of(ROUTES[route])}
    ended = {*register.NOT_RUNNING.values(), register.GONE}
    return named | refused | ended | {"NoRoute"}


def problems_of(route: Any) -> set[type[problems.Problem]]:
    return {*route.problems, problems.NotAllowed, problems.Unavailable}


def test_every_error_that_a_photo_can_fail_by_has_words_for_a_driver():
    words = TEXTS["shared"] | TEXTS["arrivals"]
    missing = {name for name in error_names() if not words.get(f"problem_{name}")}
    assert missing == set()
    assert all(name not in words[f"problem_{name}"] for name in error_names()), "a driver knows no names"


def test_files_are_named_by_a_page_or_by_each_other():
    loaded = {name for page in PAGES for name in scripts_of(page)}
    loaded |= {name for page in PAGES for name in LOADED.findall((FILES / f"{page}.html").read_text())}
    assert {path.name for path in FILES.iterdir()} == loaded | {
        "texts.json",
        *(f"{page}.html" for page in PAGES),
    }


def test_both_pages_together_are_small_on_their_way():
    assert sum(len(gzip.compress(path.read_bytes())) for path in FILES.iterdir()) < MOST_BYTES


@pytest.mark.parametrize("path", sorted(FILES.glob("*.js")), ids=lambda path: path.name)
def test_scripts_write_text_and_never_markup_and_run_no_text(path):
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|https?://"
    assert re.findall(forbidden, path.read_text()) == []
