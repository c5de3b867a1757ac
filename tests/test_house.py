"""The plan of the house: which room may import which, and that no two files of python/ share a name."""

import ast
import re
from collections import defaultdict
from pathlib import Path

from core import closure
from core.contract import decision

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / "python"
# From the ground up; docs/architecture.md shows the same table. An import points down, or stays in its room.
FLOORS = (
    ("core",),
    ("monitoring", "training", "localcloud"),
    ("lambdas", "operations", "report"),
    ("cost",),
    ("delivery", "bench"),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
OF_EVERY_PACKAGE = ("__init__.py", "__main__.py")
UNSHARED = ("requirements.txt",)  # names that pip expects


def sources() -> list[Path]:
    return [path.relative_to(PYTHON) for path in sorted(PYTHON.rglob("*.py"))]


def imports(file: Path) -> set[Path]:
    """The files of ours that a file imports, wherever in it."""
    names = closure.read_imports(PYTHON / file)
    return {found for name in names for found in closure.locate(name)} - {file}


def test_every_room_has_a_floor() -> None:
    assert {file.parts[0] for file in sources()} == FLOOR.keys()


def test_no_import_points_up() -> None:
    up = [
        f"{file} imports {other}"
        for file in sources()
        for other in imports(file)
        if file.parts[0] != other.parts[0] and FLOOR[other.parts[0]] >= FLOOR[file.parts[0]]
    ]
    assert up == []


def test_nothing_reaches_a_room_past_its_door() -> None:
    """A changed sys.path, or an import by text, would be an arrow that nobody sees."""
    hidden = [
        str(file)
        for file in sources()
        if file.parts[0] != "bench" and re.search(r"sys\.path|import_module", (PYTHON / file).read_text())
    ]
    load_users_code = ["localcloud/functions/runtime.py", "localcloud/models/modelserver.py"]
    assert hidden == load_users_code


def test_no_two_files_share_a_name() -> None:
    places = defaultdict(list)
    for file in sources():
        if file.name not in OF_EVERY_PACKAGE:
            places[file.name].append(str(file))
    assert [found for found in places.values() if len(found) > 1] == []


def test_the_architecture_page_shows_the_same_floors() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    rows = re.findall(r"^\| (\d) \| (.*?) \|", page, re.MULTILINE)
    shown = [set(re.findall(r"\[`python/(\w+)", rooms)) for _, rooms in sorted(rows)]
    assert shown == [set(rooms) for rooms in FLOORS]


def test_the_contributors_page_draws_the_same_floors() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text()
    floors = re.findall(r"^  subgraph floor(\d) .*\n((?:    \w+\n)+)  end$", page, re.MULTILINE)
    assert [set(rooms.split()) for _, rooms in sorted(floors)] == [set(rooms) for rooms in FLOORS]


def test_the_architecture_page_says_which_module_each_make_target_is() -> None:
    rules = re.findall(r"^([a-z]+):.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    is_terraform = ("$(TERRAFORM)", "-m operations.terraform")
    modules = {
        target: set(re.findall(r"(?:-m|\$\(TOOL\)) ([a-z_.]+)", recipe.replace(*is_terraform)))
        for target, recipe in rules
    }
    page = (ROOT / "docs/architecture.md").read_text()
    shown = {
        target: set(re.findall(r"`([a-z_.]+)`", cell))
        for target, cell, _ in re.findall(r"^\| `([a-z]+)` \| (.*?) \| (.*?) \|$", page, re.MULTILINE)
    }
    ours = {target: found - {"pytest"} for target, found in modules.items()}
    assert shown == {target: found for target, found in ours.items() if found and target != "lock"}


def test_what_the_page_says_a_target_calls_exists() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    named = [
        name
        for _, modules, calls in re.findall(r"^\| `([a-z]+)` \| (.*?) \| (.*?) \|$", page, re.MULTILINE)
        for name in re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", modules + calls)
    ]
    assert len(named) > 40
    ways = {name: PYTHON / name.replace(".", "/") for name in named}
    assert [
        name for name, way in ways.items() if not (way.is_dir() or way.with_suffix(".py").is_file())
    ] == []


def test_the_threshold_stands_in_terraform_and_in_the_contract_and_nowhere_else() -> None:
    variables = (ROOT / "terraform/variables.tf").read_text()
    (block,) = re.findall(r'variable "threshold" {(.*?)^}', variables, re.MULTILINE | re.DOTALL)
    (default,) = re.findall(r"default\s*= ([\d.]+)", block)
    assert float(default) == decision.THRESHOLD
    elsewhere = [
        f"{file}: {node.value}"
        for file in sources()
        if file != Path("core/contract/decision.py")
        for node in ast.walk(ast.parse((PYTHON / file).read_text()))
        if isinstance(node, ast.Constant) and node.value in (decision.THRESHOLD, str(decision.THRESHOLD))
    ]
    assert elsewhere == ["training/vehicles.py: 0.93"]  # how long a drawn wheel's shadow is


def test_every_command_of_make_s_reads_its_arguments_by_a_parser_and_so_answers_help() -> None:
    found = set(re.findall(r"(?:-m|\$\(TOOL\)) ([a-z_.]+)", (ROOT / "Makefile").read_text())) - {
        "pytest",
        "venv",
    }
    found -= {"operations.terraform"}  # whose arguments are Terraform's
    without = {
        "delivery.occasion",
        "delivery.overtake",
        "delivery.watched",
        "operations.provider",
    }  # any argument
    for name in found - without:
        path = PYTHON / name.replace(".", "/")
        text = (path / "__main__.py" if path.is_dir() else path.with_suffix(".py")).read_text()
        assert re.search(r"arguments\.(Parser|read_env|read_none)\(", text), name
        assert "sys.argv" not in text, name
