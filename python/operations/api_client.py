"""Print what a program needs to call the API, for a shell: `python -m operations.api_client ENV [--who PROGRAM]`.

    eval "$(make client ENV=staging)"

sets what the client of docs/api.md reads. The last of the lines is a secret: it goes into no file that is committed.
"""

import shlex

from core import arguments
from core.console import out, run
from operations import api_access
from operations.api_access import Access


def main() -> None:
    parser = arguments.Parser("operations.api_client", __doc__)
    parser.add_argument("env", help="the environment: local, staging or prod")
    parser.add_argument("--who", default="", help="the program, if there are several")
    options = parser.parse_args()
    out.print(write(api_access.find(options.env, options.who)))


def write(access: Access) -> str:
    names = {
        "SCONES_API": access.url,
        "SCONES_TOKEN_URL": access.token_url,
        "SCONES_CLIENT_ID": access.client_id,
        "SCONES_CLIENT_SECRET": access.client_secret,
    }
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in names.items())


if __name__ == "__main__":
    run(main)
