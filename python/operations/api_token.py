"""Print a token by which a program calls the API: `python -m operations.api_token ENV [--who PROGRAM]`.

It is good for an hour, and nothing else is printed, so that a shell can take it. Cognito charges for each: what a
program does by itself keeps its token, as the client of docs/api.md does.
"""

from core import arguments
from core.console import out, run
from operations import api_access


def main() -> None:
    parser = arguments.Parser("operations.api_token", __doc__)
    parser.add_argument("env", help="the environment: local, staging or prod")
    parser.add_argument("--who", default="", help="the program, if there are several")
    options = parser.parse_args()
    out.print(api_access.take_token(api_access.find(options.env, options.who)))


if __name__ == "__main__":
    run(main)
