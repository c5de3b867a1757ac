"""Labels as people say them, one after the other, for tests of what is made of them."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.builders import make_label

from core.contract import register
from core.contract.labels import Label
from core.figures.agreement import FEW_LABELS
from core.label_store import Labels
from operations import labelled_people
from operations.labelled_people import judge

B, M = "bicycle", "motorcycle"
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def photo(n: object) -> str:
    return hashlib.sha256(str(n).encode()).hexdigest()


@dataclass
class Book:
    """Labels as they were said, one after the other, and who said them."""

    said: list[Label] = field(default_factory=list)
    who: dict[str, str] = field(default_factory=dict)
    withdrawn: dict[str, str] = field(default_factory=dict)
    now: datetime = NOW
    counts: Counter[str] = field(default_factory=Counter)  # of a photo's labels

    def say(self, person: str, of: object, label: str = B, **more: Any) -> str:
        one = photo(of)
        self.counts[one] += 1
        number = self.counts[one]
        at = register.write_time(self.now - timedelta(days=2) + timedelta(seconds=len(self.said)))
        told = {"at": at, "blind": False, "picture": f"labels/2026/11/25/{one}-{number}.jpg", **more}
        made = make_label(one, number, label=label, **told)
        self.said.append(made)
        if person:
            self.who[made.name] = person
        return made.name

    def work(self, person: str, n: int = FEW_LABELS) -> None:
        """Enough of others for this person's labels to count."""
        for it in range(n):
            self.say(person, f"{person}'s {it}")

    def judge(self, *exclude: str) -> labelled_people.Judged:
        return judge(Labels(self.said, self.withdrawn), self.who, exclude)

    def verdict(self, of: object, *exclude: str) -> str:
        """The photo's class, or why it has none."""
        one, judged = photo(of), self.judge(*exclude)
        return judged.standing[one].cls if one in judged.standing else judged.reasons[one]
