"""Budgets: who is told, and tags.

AWS: `DescribeSubscribersForNotification` lists a notification's subscribers; budgets have tags and can be updated.
moto 5.2.5 implements none of it, though it keeps the subscribers; Terraform's provider asks for them on each read.
"""

import json

from moto.budgets.models import Budget
from moto.budgets.responses import BudgetsResponse

from localcloud import gaps

_tags: dict[str, list[dict[str, str]]] = {}


def install() -> None:
    """Fill the gaps."""

    @gaps.add(BudgetsResponse)
    def describe_subscribers_for_notification(self: BudgetsResponse) -> str:
        wanted = self._get_param("Notification")
        notifications = _budget(self).notifications
        found = [n for n in notifications if wanted.items() <= n.details.items()]
        return json.dumps({"Subscribers": [who for n in found for who in n.subscribers]})

    @gaps.add(BudgetsResponse)
    def update_budget(self: BudgetsResponse) -> str:
        changed = self._get_param("NewBudget")
        self.backend.budgets[self._get_param("AccountId")][changed["BudgetName"]].budget.update(changed)
        return "{}"

    @gaps.wrap(BudgetsResponse, "create_budget")
    def create_budget(original: gaps.Original, self: BudgetsResponse) -> str:
        answer = original(self)
        arn = f"arn:aws:budgets::{self._get_param('AccountId')}:budget/{self._get_param('Budget')['BudgetName']}"
        _tags[arn] = self._get_param("ResourceTags") or []
        return answer

    @gaps.add(BudgetsResponse)
    def list_tags_for_resource(self: BudgetsResponse) -> str:
        return json.dumps({"ResourceTags": _tags[self._get_param("ResourceARN")]})

    @gaps.add(BudgetsResponse)
    def tag_resource(self: BudgetsResponse) -> str:
        new = {tag["Key"]: tag for tag in self._get_param("ResourceTags")}
        old = _tags[self._get_param("ResourceARN")]
        _tags[self._get_param("ResourceARN")] = [tag for tag in old if tag["Key"] not in new] + [
            *new.values()
        ]
        return "{}"

    @gaps.add(BudgetsResponse)
    def untag_resource(self: BudgetsResponse) -> str:
        old = _tags[self._get_param("ResourceARN")]
        keys = self._get_param("ResourceTagKeys")
        _tags[self._get_param("ResourceARN")] = [tag for tag in old if tag["Key"] not in keys]
        return "{}"


def _budget(response: BudgetsResponse) -> Budget:
    return response.backend.budgets[response._get_param("AccountId")][response._get_param("BudgetName")]
