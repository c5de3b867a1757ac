"""By which of the repository's files plans are made and judged: who changes one makes and judges their own plan."""

from collections.abc import Iterable
from functools import cache

from core import closure
from delivery import github
from delivery.github import File

# What .github/workflows/plan.yml calls.
MODULES = (
    "delivery.comment",
    "delivery.review",
    "operations.package",
    "operations.provider",
    "operations.terraform",
)
# What a model has to pass before there is a plan that makes it live, in ci.yml.
GATE = "delivery.gate"
MODEL = ".model.tfvars.json"
# Python looks for modules where it is started, at the root: only what is named here makes no plan, whatever it holds.
BESIDE = ("docs/", "terraform/", "tests/")
LOCK = "terraform/.terraform.lock.hcl"  # which says what may be installed and run
# Of these only what a plan imports.
PACKAGES = ("bench", "core", "cost", "lambdas", "localcloud", "monitoring", "report", "training")
# Here, what browsers run and Python does not.
CONSOLE, FOR_BROWSERS = "python/lambdas/console/files/", (".css", ".html", ".js", ".svg", "texts.json")
MOST_FILES = 3000  # that GitHub lists of a pull request


def changed(files: Iterable[File]) -> list[str]:
    """Those of them by which plans are made."""
    listed = list(files)
    if len(listed) >= MOST_FILES:
        return ["more files than GitHub lists"]
    names = github.names_of(listed)
    found = {name for name in names if makes_plans(name)}
    if any(name.endswith(MODEL) for name in names):
        found |= {name for name in names if name in imported(GATE)}
    return sorted(found)


def makes_plans(path: str) -> bool:
    if path == LOCK:
        return True
    if path.startswith(BESIDE) or ("/" not in path and path.endswith(".md")):
        return False
    if path.startswith(CONSOLE) and path.endswith(FOR_BROWSERS):
        return False
    if path.startswith(tuple(f"python/{package}/" for package in PACKAGES)):
        return path in imported(*MODULES) or not path.endswith(".py")  # Python runs more than what ends so
    return True


@cache
def imported(*modules: str) -> set[str]:
    return {f"python/{file.as_posix()}" for file in closure.find(*modules)}
