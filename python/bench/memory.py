"""The most memory that this process has held."""

import re
import resource
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")
MEGABYTE = 1024**2


def peak() -> float:
    """Megabytes."""
    if STATUS.exists():
        # Begun anew with each program. ru_maxrss is not: a child that was forked inherits the peak of its parent there.
        found = re.search(r"^VmHWM:\s+(\d+) kB", STATUS.read_text(), re.MULTILINE)
        assert found, f"{STATUS} has no VmHWM"
        return int(found[1]) * 1024 / MEGABYTE
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, and each program by itself
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE
