"""The only reader of what an endpoint captured: every line of every file, streamed as records.

    python -m monitoring.capture SOURCE [--since 24h|7d|TIME] [--until TIME]

SOURCE is a folder, a file, or s3://bucket/prefix; a file may be compressed with gzip. It prints one JSON object
for each record on standard output, and the counts of files, records and unreadable lines on standard error.
A line that cannot be read is counted with its file, line and reason, and never stops the rest.
"""

import functools
import gzip
import io
import json
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.contract import model_id
from monitoring import places
from monitoring.record import LONGEST, BadLine, Record, read_record, read_time

LAYOUT = re.compile(rf"(?:(?:^|/)({model_id.PATTERN}))?(?:^|/)([^/]+)/([^/]+)/20\d\d/\d\d/\d\d/\d\d$")
EXAMPLES = 100
GZIP = b"\x1f\x8b"
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


class SourceError(Exception):
    """The source is not there, or may not be read. The text names it."""


@dataclass(frozen=True)
class Unreadable:
    file: str
    line: int
    reason: str


class Capture:
    """The records from `since` until just before `until`, streamed; while that goes on, the counts grow."""

    def __init__(
        self, source: str | Path, since: datetime | None = None, until: datetime | None = None
    ) -> None:
        self.source, self.period = str(source), places.Period(since, until)
        self._start()

    def _start(self) -> None:
        self.files = self.records = 0
        self.unreadable: Counter[str] = Counter()  # by reason
        self.examples: list[Unreadable] = []

    @property
    def unreadable_count(self) -> int:
        return self.unreadable.total()

    def __iter__(self) -> Iterator[Record]:
        self._start()
        try:
            for name, file in places.open_files(self.source, self.period):
                self.files += 1
                yield from self._read(name, file)
        except places.FAULTS as error:
            problem = f"{self.source} cannot be read as a folder, a file or s3://bucket/prefix: {error}"
            raise SourceError(problem) from error

    def _read(self, name: str, file: io.BufferedReader) -> Iterator[Record]:
        origin = find_origin(name.rpartition("/")[0])
        number = 0
        try:
            for number, line in enumerate(read_lines(file), start=1):
                if line.isspace():
                    continue
                try:
                    record = read_record(line, name, number, origin)
                except BadLine as reason:
                    self._note(name, number, str(reason))
                    continue
                if self.period.holds(record.time):
                    self.records += 1
                    yield record
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self._note(name, number + 1, "gzip breaks off or is damaged")

    def _note(self, name: str, number: int, reason: str) -> None:
        # A line without a time belongs to its folder's hour, or each of the windows around it would count it.
        if self.period.meets(name.rpartition("/")[0]):
            self.unreadable[reason] += 1
            if len(self.examples) < EXAMPLES:
                self.examples.append(Unreadable(name, number, reason))


@functools.lru_cache(maxsize=1)  # files come folder by folder
def find_origin(folder: str) -> tuple[str, str, str]:
    """Model, endpoint and variant, as far as <model>/<endpoint>/<variant>/yyyy/mm/dd/hh says them."""
    match = LAYOUT.search(folder)
    return (match[1] or "", match[2], match[3]) if match else ("", "", "")


def read_lines(file: io.BufferedReader | gzip.GzipFile) -> Iterator[bytes]:
    """The file's lines, decompressed if need be. Of a line without end only the beginning is kept."""
    if file.peek(2)[:2] == GZIP:
        file = gzip.GzipFile(fileobj=file)
    while line := file.readline(LONGEST):
        yield line
        while len(line) == LONGEST and not line.endswith(b"\n"):
            line = file.readline(LONGEST)


def parse_moment(text: str, now: datetime) -> datetime:
    """The time that an option names: so many minutes, hours or days ago, or itself in ISO 8601."""
    if match := re.fullmatch(r"(\d{1,5})([mhd])", text):
        return now - int(match[1]) * UNITS[match[2]]
    try:
        return read_time(text)
    except BadLine:
        raise SourceError(f"{text} is not a time: give 90m, 24h, 7d, or 2024-10-16T09:00:00Z") from None


def as_json(record: Record) -> str:
    """What is not known, as the model of a file that lies in no model's folder, is null."""
    names = ("event_id", "probabilities", "content_type", "image_bytes", "file", "line")
    time = record.time.isoformat().replace("+00:00", "Z")
    known = {"time": time} | {name: getattr(record, name) for name in names}
    known |= {"model": record.model or None, "kind": record.kind, "s3_key": record.key}
    known |= {"photo_id": record.photo_id, "source": record.source, "unlikeness": record.unlikeness}
    return json.dumps(known)


def main() -> None:
    from core import arguments

    parser = arguments.Parser("monitoring.capture", __doc__)
    parser.add_argument("source", help="a folder, a file, or s3://bucket/prefix")
    parser.add_argument("--since", metavar="TIME", help="leave out what is older: 24h, 7d, or a time")
    parser.add_argument("--until", metavar="TIME", help="leave out that time and what is newer")
    args = parser.parse_args()
    print_records(args.source, args.since, args.until)


def print_records(source: str, since: str | None, until: str | None) -> None:
    from core.console import UserError

    now = datetime.now(UTC)
    try:
        first, last = (parse_moment(text, now) if text else None for text in (since, until))
        capture = Capture(source, first, last)
        for record in capture:
            print(as_json(record))
        sys.stdout.flush()
    except SourceError as error:
        raise UserError(str(error)) from error
    for bad in capture.examples:
        print(f"{bad.file}:{bad.line}: {bad.reason}", file=sys.stderr)
    print(
        f"{capture.files} files, {capture.records} records, {capture.unreadable_count} unreadable lines",
        *(f"{count} {reason}" for reason, count in capture.unreadable.most_common()),
        sep="\n  ",
        file=sys.stderr,
    )


if __name__ == "__main__":
    from core.console import run

    run(main)
