"""Run the README's commands on a bare Debian 12, from nothing: `make fresh`, as root, with debootstrap.

A chroot holds Debian's smallest system with what the README asks for, and of this machine only what a runner is given
too: terraform, pip's variables, wheels and a provider mirror where they are. Somebody who is not root has cloned the
commit that is checked out here, and begins. Whatever is mounted ends with the command that it is mounted for, in
namespaces of its own, and what belongs to this machine is mounted read-only.
"""

import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from core import arguments
from core.console import UserError, out, run
from operations import terraform

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {"demo": "make demo", "test": "make test"}
RELEASE = "bookworm"
PACKAGES = "ca-certificates,git,make,python3,python3-venv"
ON_DISK = "/var/tmp"  # noqa: S108 - two gigabytes: /tmp may be memory
USER, NAME = 1000, "newcomer"
HOME = f"/home/{NAME}"
CLONE = f"{HOME}/scones-unlimited"
PATH = "/usr/local/bin:/usr/bin:/bin"
PRIVATE = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
# What the kernel gives to every machine.
KERNEL = (
    ("proc", "ro", "proc"),
    ("sysfs", "ro", "sys"),
    ("tmpfs", "mode=1777", "dev/shm"),
    ("devpts", "newinstance,ptmxmode=0666", "dev/pts"),
)
STARTED = time.monotonic()


class NotHere(UserError):
    """This machine cannot make the chroot."""


def fresh(commands: list[str]) -> None:
    check_possible()
    folder = Path(tempfile.mkdtemp(prefix="fresh-", dir=ON_DISK))  # closed to others
    root = folder / "debian"
    root.mkdir()
    try:
        given = variables(os.environ)
        step(f"A bare Debian 12, made by debootstrap in {root}")
        bare_debian(root)
        clone(root)
        step(f"{versions(root)}; commit {commit()}")
        for command in commands:
            began = time.monotonic()
            step(f"$ {command}")
            status = inside(root, shlex.split(command), given)
            step(f"{command}: {'failed' if status else 'done'} after {time.monotonic() - began:.0f} s")
            if status:
                raise UserError(f"{command} fails on a bare Debian 12: mend what it says above")
    finally:
        subprocess.run(["rm", "-rf", "--one-file-system", folder], check=True)


def check_possible() -> None:
    if os.geteuid() != 0:
        raise NotHere("to make a chroot takes root: sudo make fresh")
    for program in ("debootstrap", "unshare"):
        if not shutil.which(program):
            raise NotHere(
                f"there is no {program} here: apt-get install {program.replace('unshare', 'util-linux')}"
            )
    terraform.check_installed()


def step(title: str) -> None:
    out.print(f"[bold cyan]{time.monotonic() - STARTED:5.0f} s[/]  [bold]{title}[/]", markup=True)


def bare_debian(root: Path) -> None:
    log = root / "debootstrap.log"
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", RELEASE, str(root)]
    with log.open("w") as written:
        done = subprocess.run([*PRIVATE, *command], stdout=written, stderr=subprocess.STDOUT)
    if done.returncode:
        said = [line for line in log.read_text().splitlines() if not line.startswith("I: ")]
        raise NotHere(
            f"debootstrap cannot make a Debian 12 here: {said[-1] if said else 'it does not say why'}"
        )
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n")  # as an installer writes it
    shutil.copy(terraform_program(), root / "usr/local/bin/terraform")
    within(root, "useradd", "--create-home", f"--uid={USER}", NAME)


def terraform_program() -> Path:
    return Path(shutil.which("terraform") or "").resolve()


def clone(root: Path) -> None:
    target = root / CLONE.lstrip("/")
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, target], check=True)
    within(root, "chown", "-R", f"{NAME}:", HOME)


def commit() -> str:
    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    changed = ", without what is not committed" if git("status", "--porcelain") else ""
    return git("rev-parse", "--short", "HEAD") + changed


def versions(root: Path) -> str:
    """What the chroot has of the programs that the README asks for."""
    debian = (root / "etc/debian_version").read_text().strip()
    said = [within(root, name, "--version") for name in ("python3", "git", "make", "terraform")]
    return f"Debian {debian}, " + ", ".join(text.splitlines()[0] for text in said)


def within(root: Path, *command: str) -> str:
    """Run one of the chroot's own programs as root; answer what it printed."""
    words = ["chroot", str(root), *command]
    return subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout


def variables(given: Mapping[str, str]) -> dict[str, str]:
    """What a runner would be given: pip's variables, PyTorch's index, and where the provider's mirror is."""
    mirror = terraform.find_mirror(given)
    settings = {name: value for name, value in given.items() if name.startswith(("PIP_", "PYTORCH_"))}
    return settings | ({"TF_PLUGIN_MIRROR": str(mirror)} if mirror else {})


def lent(given: Mapping[str, str]) -> Iterator[Path]:
    """The files and folders that those variables name."""
    words = (word for value in given.values() for word in value.split())
    yield from (Path(word) for word in words if word.startswith("/") and Path(word).exists())


def inside(root: Path, command: list[str], given: Mapping[str, str], folder: str = CLONE) -> int:
    """Run a command in the chroot as its user; answer its status. Nothing that it starts outlives it."""
    mounts = [
        ["mount", "-t", kind, "-o", options, kind, str(root / place)] for kind, options, place in KERNEL
    ]
    for path in lent(given):
        place = root / path.relative_to("/")
        if path.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
        mounts.append(["mount", "--bind", "-o", "ro", str(path), str(place)])
    settings = {"HOME": HOME, "PATH": PATH, "TERM": os.environ.get("TERM", "dumb"), "USER": NAME, **given}
    enter = ["chroot", f"--userspec={USER}:{USER}", str(root), "env", "-i", f"--chdir={folder}"]
    enter += [f"{name}={value}" for name, value in settings.items()] + command
    # The shell stays: as the first process in there it takes leave of every other, as an init does.
    script = " && ".join(map(shlex.join, [*mounts, enter])) + "; exit $?"
    return subprocess.run([*PRIVATE, "sh", "-c", script]).returncode


def main() -> None:
    parser = arguments.Parser(prog="operations.fresh")
    parser.add_argument("--only", choices=COMMANDS, help="one of the two commands (default: both)")
    parser.add_argument(
        "--if-possible", action="store_true", help="say so and succeed where there can be no chroot"
    )
    options = parser.parse_args()
    try:
        fresh([COMMANDS[options.only]] if options.only else list(COMMANDS.values()))
    except NotHere as reason:
        if not options.if_possible:
            raise
        out.print(f"left out: the README's commands on a bare Debian 12: {reason}")


if __name__ == "__main__":
    run(main)
