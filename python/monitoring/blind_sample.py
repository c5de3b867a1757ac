"""The true accuracy of a week that is over, from the labels in the bucket and from how many photos the register routed.

    sample = BlindSample(s3, bucket, table, today)
    sample.look(model, until, expected, tolerated, before)  ->  Truth, or None without a register

Labels and days are read once, whichever models are asked about.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import chain
from typing import Any

import boto3

from core import label_store
from core.contract import answer_kinds, answered_items
from core.contract.labels import Label
from core.figures import true_accuracy
from core.figures.true_accuracy import DAYS, Truth

DAY = timedelta(days=1)
OBJECTED = answered_items.OBJECTED_AT


@dataclass(frozen=True)
class Routed:
    """Live photos of a day for which the model's answer stood."""

    accepted: int  # nobody objected to them: what the sample is drawn from
    objected: int


class BlindSample:
    def __init__(self, s3: Any, bucket: str, table: str, today: date) -> None:
        self.s3, self.bucket, self.table, self.today = s3, bucket, table, today
        self.labels_of, self.count = cache(self._labels_of), cache(self._count)

    def look(
        self, model: str, until: date, expected: float | None, tolerated: float, before: Truth | None = None
    ) -> Truth | None:
        """Of the complete days before that one; what an earlier look has counted of days long over stays."""
        if not self.table:
            return None
        days = [until - ago * DAY for ago in range(DAYS, 0, -1)]
        routed = {str(day): self.recall(day, until, before) for day in days}
        return true_accuracy.find(
            chain.from_iterable(self.labels_of(day) for day in self.said_since(days[0])),
            {day: it.accepted for day, it in routed.items()},
            model,
            expected,
            tolerated,
            {day: it.objected for day, it in routed.items() if it.objected},
        )

    def said_since(self, day: date) -> list[date]:
        """A day's photos are put before people when it is over."""
        return [day + ago * DAY for ago in range((self.today - day).days + 1)]

    def recall(self, day: date, until: date, before: Truth | None) -> Routed:
        """Yesterday is counted again: the index is a little behind, and drivers still object."""
        if before and str(day) in before.routed and day < until - DAY:
            return Routed(before.routed[str(day)], before.objected.get(str(day), 0))
        return self.count(day)

    def _labels_of(self, day: date) -> list[Label]:
        return label_store.read(self.s3, self.bucket, day, day).standing

    def _count(self, day: date) -> Routed:
        objected = accepted = 0
        names = {f":{kind}": {"S": answer_kinds.upload_to(kind) + "/"} for kind in answer_kinds.CHOSEN}
        pages = (
            boto3.client("dynamodb")
            .get_paginator("query")
            .paginate(
                TableName=self.table,
                IndexName=answered_items.BY_DAY,
                KeyConditionExpression="#day = :day",
                FilterExpression=" AND ".join(f"NOT begins_with(#s3_key, {name})" for name in names),
                ProjectionExpression=f"#{OBJECTED}",
                ExpressionAttributeNames={f"#{name}": name for name in ("day", "s3_key", OBJECTED)},
                ExpressionAttributeValues={":day": {"S": f"{day} model"}, **names},
            )
        )
        for page in pages:
            of_page = sum(map(bool, page["Items"]))  # the others have nothing of what is asked for
            objected, accepted = objected + of_page, accepted + page["Count"] - of_page
        return Routed(accepted, objected)
