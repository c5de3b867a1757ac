"""A program whose output goes into a pipe that nobody reads any more, as with `| head -1` later on."""

import os
import subprocess
from pathlib import Path


def read_by_nobody(*command: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    words = list(map(str, command))
    reads, writes = os.pipe()
    os.close(reads)
    try:
        return subprocess.run(words, cwd=cwd, env=own, stdout=writes, stderr=subprocess.PIPE, text=True)
    finally:
        os.close(writes)
