"""Let photos arrive as drivers' photos do, some of them poison, and count what comes out:
`python -m operations.loadgen ENV [--rate 5] [--duration 60s] [--pattern steady|bursts|diurnal] [--poison 0.05]`.

Ctrl-C ends the sending; what is under way is waited for, and the table is printed. A second Ctrl-C ends it all.

Each end is one request, and polling.py allows five of those a second for long: of more photos the ends are heard of
late. Their times are right all the same.
"""

import argparse
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from random import Random

from core import arguments
from core.console import UserError, out, run
from operations.arrivals import PATTERNS, arrivals
from operations.client import CONNECTIONS, LOST, POLL_SECONDS, Client, Photo, UnderWay
from operations.ends import GARBAGE, LoadTally, remarks, table
from training import dataset

FULL_SECONDS = 0.05
MOST_UNDER_WAY = 500  # photos; no more are kept in memory
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}

Arrival = tuple[float, Photo]


def main() -> int:
    options = parse()
    names = dataset.load(options.data, "test").names
    random = Random(options.seed)  # noqa: S311

    def photo() -> Photo:
        if random.random() < options.poison:
            return random.choice(GARBAGE)
        name = random.choice(names)
        return Photo(name, (options.data / "test" / name).read_bytes())

    moments = arrivals(options.pattern, options.rate, options.duration, random)
    tally = generate(Client(options.env), ((moment, photo()) for moment in moments))
    out.print(table(tally, options.rate))
    for remark in remarks(tally, options.rate):
        out.print(remark)
    return 1 if tally.count(LOST) or tally.nothing_good else 0


def parse() -> argparse.Namespace:
    parser = arguments.Parser(prog="operations.loadgen")
    parser.add_argument("env")
    parser.add_argument("--rate", type=positive, default=5.0, help="photos a second, on average")
    parser.add_argument("--duration", type=duration, default=60.0, help="as in 90, 60s, 5m or 2h")
    parser.add_argument("--pattern", choices=PATTERNS, default="steady")
    parser.add_argument("--poison", type=share, default=0.05, help="share of what is no photo")
    parser.add_argument("--data", type=Path, default=Path("build/data/sample"), help="a staged data set")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def positive(text: str) -> float:
    return number(text, lambda value: value > 0, "--rate takes photos a second, as in 5 or 0.5")


def share(text: str) -> float:
    return number(text, lambda value: 0 <= value <= 1, "--poison takes a share from 0 to 1, as in 0.05")


def number(text: str, fits: Callable[[float], bool], what: str) -> float:
    if not (re.fullmatch(r"\d*\.?\d+", text) and fits(float(text))):
        raise UserError(f"{what}, not {text!r}")
    return float(text)


def duration(text: str) -> float:
    found = re.fullmatch(r"(\d*\.?\d+)([smh]?)", text)
    if not found or not float(found[1]):
        raise UserError(f"--duration takes seconds, minutes or hours, as in 60s, 5m or 2h, not {text!r}")
    return float(found[1]) * UNITS[found[2]]


def generate(client: Client, load: Iterator[Arrival]) -> LoadTally:
    """Send each photo when it arrives, however the others fare, and follow all of them to their ends."""
    tally, under_way, stop = LoadTally(), UnderWay(), threading.Event()

    def interrupted(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop.set()

    before = signal.signal(signal.SIGINT, interrupted)
    with ThreadPoolExecutor(1) as pool, out.status("sending") as status:
        sending = pool.submit(send, client, load, under_way, tally, stop)
        try:
            while under_way or not sending.done():
                time.sleep(POLL_SECONDS)
                if sending.done():
                    sending.result()  # raises what went wrong with it
                for outcome in client.look(under_way):
                    tally.end(outcome)
                status.update(f"{tally.sent.total()} sent, {len(under_way)} under way")
            sending.result()
        finally:
            stop.set()
            signal.signal(signal.SIGINT, before)
    return tally


def send(
    client: Client, load: Iterator[Arrival], under_way: UnderWay, tally: LoadTally, stop: threading.Event
) -> None:
    """Upload the photos at their moments, many at once, and wait only where too many are under way."""
    started, uploads = time.monotonic(), set[Future[None]]()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for moment, photo in load:
            while len(uploads := check_done(uploads)) >= CONNECTIONS or len(under_way) >= MOST_UNDER_WAY:
                if stop.wait(FULL_SECONDS):
                    return
            if stop.wait(max(0.0, started + moment - time.monotonic())):
                return
            tally.send(photo, late=time.monotonic() - started - moment, under_way=len(under_way))
            uploads.add(pool.submit(client.upload, photo, under_way))
    check_done(uploads)


def check_done(uploads: set[Future[None]]) -> set[Future[None]]:
    """Those that are not done; what went wrong with one that is done, is raised."""
    done, rest = wait(uploads, timeout=0)
    for upload in done:
        upload.result()
    return rest


if __name__ == "__main__":
    run(main)
