"""Which files of python/ a module needs: what it imports, what that imports, and so on; read, not run."""

import ast
from collections.abc import Iterator
from pathlib import Path

PYTHON = Path(__file__).resolve().parents[1]


def find(*modules: str, python: Path = PYTHON) -> list[Path]:
    """The files, relative to python/, sorted; with the __init__.py of every package on the way."""
    found: set[Path] = set()
    left = [file for module in modules for file in locate(module, python)]
    while left:
        file = left.pop()
        if file not in found:
            found.add(file)
            left += [other for name in read_imports(python / file) for other in locate(name, python)]
    return sorted(found)


def locate(module: str, python: Path = PYTHON) -> list[Path]:
    """The files on the way to a dotted name, of packages and modules; none of what is not ours."""
    parts = module.split(".")
    ways = [Path(*parts[:depth]) for depth in range(1, len(parts) + 1)]
    candidates = [file for way in ways for file in (way / "__init__.py", way.with_suffix(".py"))]
    return [file for file in candidates if (python / file).is_file()]


def read_imports(file: Path) -> Iterator[str]:
    """Each name that may be a module, wherever in the file it is imported."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
