"""Run the local cloud in the foreground: `python -m localcloud [--port 4577] [--pace 60]`.

Ctrl-C ends it and all it started. With a pace of 60, what is a minute to CloudWatch's alarms takes a second.
"""

import os
import tempfile
from pathlib import Path

from core import arguments
from core.console import UserError, run
from localcloud import server

DEFAULT_PORT = 4577
FASTEST = 600  # a minute takes a tenth of a second
LOG = Path(tempfile.gettempdir(), f"localcloud-{os.getpid()}.log")


def main() -> None:
    parser = arguments.Parser(prog="python -m localcloud", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="0 takes any free port (default: %(default)s)"
    )
    parser.add_argument("--log", type=Path, default=LOG, help="for defects of its own (default: %(default)s)")
    parser.add_argument(
        "--pace",
        type=float,
        default=1,
        help="how many times as fast CloudWatch's alarms are (default: %(default)s)",
    )
    parser.add_argument(
        "--owned", action="store_true", help="Ctrl-C does not end it: who has started it does, by SIGTERM"
    )
    options = parser.parse_args()
    port = options.port
    if not 0 <= port <= server.LAST_PORT:
        raise UserError(f"--port {port} is not a port: give a number from 0 to {server.LAST_PORT}")
    if not 0 < options.pace <= FASTEST:
        raise UserError(f"--pace {options.pace} is no pace: give a number above 0, at most {FASTEST}")
    server.serve(port, options.log, options.pace, owned=options.owned)


if __name__ == "__main__":
    run(main)
