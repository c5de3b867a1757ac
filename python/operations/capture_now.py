"""Print what an environment's endpoint has captured, a line of JSON for each record: `python -m operations.capture_now
ENV [--from FOLDER|s3://...] [--since 24h]`.

With --from it is what lies there instead, of whatever endpoint.
"""

from core import arguments, environment
from core.console import run
from monitoring.capture import print_records


def main() -> None:
    parser = arguments.Parser("operations.capture_now", __doc__)
    parser.add_argument("env")
    parser.add_argument("--from", dest="place", help="a folder, a file, or s3://bucket/prefix")
    parser.add_argument("--since", metavar="TIME", help="leave out what is older: 24h, 7d, or a time")
    options = parser.parse_args()
    place = options.place or f"s3://{environment.outputs(options.env)['bucket']}/captures"
    print_records(place, options.since, None)


if __name__ == "__main__":
    run(main)
