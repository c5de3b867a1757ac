"""Which of the repository's files an environment is made of: a change of any other needs no deployment."""

from functools import cache

from core import closure, environment
from delivery import github
from delivery.github import Comparison
from operations import package

TERRAFORM = "terraform/"
ENVIRONMENTS = "terraform/envs/"
# What lies beside it: the roles that an administrator makes, and what is only read or tested.
BESIDE = ("terraform/bootstrap/", "terraform/modules/github_oidc/", "terraform/tests/")
MOST_FILES = 300  # that GitHub lists of a comparison


def environments() -> list[str]:
    """All that GitHub Actions look after: every one but that of the local cloud."""
    return sorted({path.stem for path in environment.ENVIRONMENTS.glob("*.tfvars")} - {"local"})


def touched(found: Comparison, env: str) -> list[str]:
    """The files of this environment that differ between two commits; GitHub names each, up to its limit."""
    ours = sorted(name for name in github.names_of(found["files"]) if is_part(name, env))
    if not ours and len(found["files"]) >= MOST_FILES:
        return ["more files than GitHub lists"]
    return ours


def is_part(path: str, env: str) -> bool:
    if path.startswith(ENVIRONMENTS):
        return path.startswith(f"{ENVIRONMENTS}{env}.")
    if path.startswith(TERRAFORM):
        return not (path.startswith(BESIDE) or "/tests/" in path or path.endswith(".md"))
    return path in zipped()


@cache
def zipped() -> set[str]:
    """What the functions' zips are made of and by."""
    modules = [f"lambdas.{name}" for name in package.FUNCTIONS]
    code = closure.find(*modules, "operations.package")
    files = [*code, *package.find_files(code)]
    return {f"python/{file.as_posix()}" for file in files} | {"python/lambdas/requirements.txt"}
