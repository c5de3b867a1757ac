"""What the monitor has found out about an endpoint, in S3: a JSON file per hour and model, and the hour it has come to.

<prefix>/<endpoint>/last.json                              {"until": the end of the last hour that is closed}
<prefix>/<endpoint>/<model>/yyyy/mm/dd/hhmmss.json         see monitoring.watch
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Self

from core.contract.shapes import Json
from core.figures.drift import Assessment
from core.figures.tally import Tally
from core.figures.true_accuracy import Truth
from monitoring.capture import Unreadable
from monitoring.repeats import unpack

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

RESULTS = "results/monitor"  # a prefix in the bucket, unless a setting says otherwise
LAST = "last.json"


@dataclass(frozen=True)
class Result:
    """What a model's captures of an hour say, and those of the 24 hours until its end."""

    since: str
    until: str
    endpoint: str
    model: str
    records: int
    unreadable: int
    unreadable_reasons: dict[str, int]
    unreadable_examples: list[Unreadable]
    undecodable_images: int
    other_number_of_classes: int
    tally: Tally
    hour: Assessment
    day: Assessment
    not_live: dict[str, int] = field(default_factory=dict)  # of the records, by kind: they are in no figure
    threshold: float | None = None  # from which an answer counts as accepted; results of before do not say it
    truth: Truth | None = None  # of what was accepted in the week before its day, by the blind sample
    counted: str = ""  # the hashes of the pictures in the figures, see monitoring.repeats

    @property
    def repeats(self) -> int:
        """Of the records: their picture was counted within a day, so they are in no figure."""
        return self.tally.repeats

    @classmethod
    def from_json(cls, content: Json) -> Self:
        parts = {
            "unreadable_examples": [Unreadable(**line) for line in content["unreadable_examples"]],
            "tally": Tally(**content["tally"]),
            **{name: Assessment.from_json(content[name]) for name in ("hour", "day")},
            "truth": Truth.from_json(truth) if (truth := content.get("truth")) else None,
        }
        return cls(**content | parts)


class Results:
    """The results of one endpoint; each is read once."""

    def __init__(self, s3: "S3Client", bucket: str, prefix: str) -> None:
        self.s3 = s3
        self.bucket = bucket
        self.prefix = prefix
        self.known: dict[str, Json | None] = {}

    def read_closed(self) -> datetime | None:
        """The end of the last hour that needs no further look."""
        last = self._read(LAST)
        return datetime.fromisoformat(last["until"]) if last else None

    def close(self, until: datetime) -> None:
        self._write(LAST, {"until": until.isoformat()})

    def read(self, model: str, since: datetime) -> Result | None:
        found = self._read(_name(model, since))
        return None if found is None else Result.from_json(found)

    def write(self, model: str, since: datetime, result: Result) -> None:
        self._write(_name(model, since), asdict(result))

    def _read(self, name: str) -> Json | None:
        if name not in self.known:
            try:
                answer = self.s3.get_object(Bucket=self.bucket, Key=f"{self.prefix}/{name}")
            except self.s3.exceptions.NoSuchKey:
                self.known[name] = None
            else:
                self.known[name] = json.loads(answer["Body"].read())
        return self.known[name]

    def _write(self, name: str, value: Json) -> None:
        body = json.dumps(value, indent=1, allow_nan=False).encode() + b"\n"
        self.s3.put_object(
            Bucket=self.bucket, Key=f"{self.prefix}/{name}", Body=body, ContentType="application/json"
        )
        self.known[name] = json.loads(body)


def list_counted(results: Iterable[Result]) -> dict[int, list[int]]:
    """The pictures that are in the figures, by hour since 1970, as monitoring.repeats remembers them."""
    hours = ((int(datetime.fromisoformat(it.since).timestamp() // 3600), it) for it in results)
    return {hour: unpack(it.counted) for hour, it in hours}


def whole_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _name(model: str, since: datetime) -> str:
    return f"{model}/{since:%Y/%m/%d/%H%M%S}.json"
