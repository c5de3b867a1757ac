"""Everything that a report is made from: what was read, what the monitor had counted before, and when."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from monitoring.capture import Capture, Unreadable
from monitoring.past import Past
from report import workflow_facts
from report.answered import Answers
from report.executions import Machine
from report.trend import DAY, choose_step
from report.workflow_facts import WorkflowFacts


@dataclass(frozen=True)
class Content:
    title: str
    capture: Capture
    since: datetime | None
    until: datetime | None
    now: datetime
    answers: Sequence[Answers]
    live: str | None = None  # the live model's id; unless it is known, that of the one that answered last
    machine: Machine | None = None
    past: Past | None = None  # the hours before those whose records were read
    environment: str | None = None

    @property
    def window(self) -> tuple[datetime, datetime]:
        """Of what was read one by one: as it was asked for, or from the first record until now."""
        first = min((each.first for each in self.answers if each.n), default=self.now)
        return (self.past.until if self.past else self.since) or first, self.until or self.now

    @cached_property
    def workflow(self) -> WorkflowFacts | None:
        return workflow_facts.gather(self.machine) if self.machine else None

    @cached_property
    def step(self) -> timedelta:
        """Of the trends: as the answers are spread, whatever was asked for."""
        found = [each for each in self.answers if each.n]
        times = [time for each in found for time in (each.first, each.last)]
        return choose_step(min(times), max(times)) if times else DAY

    @property
    def records(self) -> int:
        return self.capture.records + (self.past.records if self.past else 0)

    @property
    def unreadable(self) -> Counter[str]:
        """Lines that are no records, by reason."""
        past = self.past.results if self.past else ()
        return sum((Counter(each.unreadable_reasons) for each in past), self.capture.unreadable)

    @property
    def examples(self) -> list[Unreadable]:
        past = self.past.results if self.past else ()
        return [*self.capture.examples, *(line for each in past for line in each.unreadable_examples)]
