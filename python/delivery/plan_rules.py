"""What no plan may do: each rule is a function over the plan, which says in a sentence what breaks it.

What a label on the pull request allows is meant; nothing allows the others. They see every resource, also those that a
plan does not touch. Of a policy that is known only after apply they see the code that makes it.
"""

from collections.abc import Callable, Iterator, Set
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.contract.shapes import Json
from cost.bill import Bill
from delivery import (
    beside_plan,
    bucket_guards,
    expressions,
    matters,
    modules,
    open_api,
    open_later,
    openness,
    plan,
    policies,
    policy_code,
    policy_places,
)
from delivery.policies import Unreadable
from delivery.policy_code import Named
from operations import terraform

MAY_REPLACE = "may-replace"
MAY_COST_MORE = "may-cost-more"
MORE_USD = 200  # a month: two of the smallest instances are less
LASTING = ("aws_cognito_user_pool", "aws_dynamodb_table", "aws_s3_bucket", "aws_sagemaker_endpoint")
# The attribute by which each kind of store is encrypted.
ENCRYPTION = {
    "aws_cloudwatch_log_group": "kms_key_id",
    "aws_db_instance": "storage_encrypted",
    "aws_dynamodb_table": "server_side_encryption[0].enabled",
    "aws_ebs_volume": "encrypted",
    "aws_efs_file_system": "encrypted",
    "aws_sagemaker_endpoint_configuration": "kms_key_arn",
    "aws_sns_topic": "kms_master_key_id",
    "aws_sqs_queue": "kms_master_key_id",
}
# Kinds that may be encrypted by a key of the service's instead.
BY_THEMSELVES = {"aws_sqs_queue": "sqs_managed_sse_enabled"}
BLOCKS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


@dataclass(frozen=True)
class Planned:
    shown: Json  # the plan, as Terraform's JSON
    code: dict[str, str]  # Terraform's files, by their paths, without comments
    bill: Bill

    @property
    def root(self) -> Json:
        return self.shown["configuration"]["root_module"]

    @cached_property
    def named(self) -> Named:
        return policy_code.name(self.code, self.shown.get("variables", {}))


@dataclass(frozen=True)
class Broken:
    sentence: str
    label: str | None = None  # which allows it

    def __str__(self) -> str:
        allows = f", or give the pull request the label {self.label} if it is meant" if self.label else ""
        return self.sentence + allows


Rule = Callable[[Planned], Iterator[Broken]]


def nothing_public(planned: Planned) -> Iterator[Broken]:
    """Nothing is public: no bucket, function, database or network, and of the API's routes the console's alone."""
    for address, kind, values in resources(planned):
        if kind == "aws_s3_bucket_public_access_block":
            for name in BLOCKS:
                if values.get(name) is not True:
                    yield Broken(f"{address} lets its bucket be public: set {name} = true")
        for path, value in plan.leaves(values).items():
            if openness.is_open(kind, path, value):
                yield Broken(f"{address} is open to the public by {path} = {value}: name who may reach it")
    for said in open_api.find(list(managed(planned))):
        yield Broken(f"{said}: name who may reach it")
    for change, path, code in open_later.find(planned.root, list(managed(planned)), planned.named):
        yield Broken(
            f"{plan.address(change)} could be open to the public by {path} = {code}, which is known only after apply: "
            f"name who may reach it, or give it an attribute that AWS makes"
        )
    for address in bucket_guards.without(
        planned.root, list(managed(planned)), "aws_s3_bucket_public_access_block"
    ):
        yield Broken(f"{address} could become public: give it an aws_s3_bucket_public_access_block")


def no_wildcard_principal(planned: Planned) -> Iterator[Broken]:
    """No policy allows anybody something, unless a condition says whose they are."""
    mend = "name who may, or say in a condition whose they are"
    for address, kind, values in resources(planned):
        for path, value in plan.leaves(values).items():
            if kind in policies.NARROWING:
                continue
            if policies.allows_anybody(value) or openness.is_anybody(path, value, values):
                yield Broken(f"{address} allows anybody something by its {path}: {mend}")
    for change in planned.shown.get("resource_changes", []):
        if change["type"] == "aws_iam_policy_document" and any(
            map(policies.is_open, policies.read_document(change["change"].get("after") or {}))
        ):
            yield Broken(f"{plan.address(change)} allows anybody something: {mend}")
    for path in policy_code.find_open(planned.code, planned.named):
        yield Broken(f"{path} has a statement that allows anybody something: {mend}")
    for it in policy_places.find(planned.shown, list(managed(planned))):
        with suppress(Unreadable):
            if it.kind not in policies.NARROWING and any(
                policy_code.is_open(statement, planned.named) for statement in it.read()
            ):
                yield Broken(f"{it.address} allows anybody something by its {it.path}: {mend}")


def each_policy_is_told(planned: Planned) -> Iterator[Broken]:
    """A policy that is known only after apply is put together by nothing that could make it another one"""
    for it in policy_places.find(planned.shown, list(managed(planned))):
        try:
            it.read()
        except Unreadable as code:
            yield Broken(
                f"{it.address} has a {it.path} that is known only after apply, and nobody can tell what it allows from "
                f"{code}: write it as jsonencode({{ Statement = [...] }}), each key as it stands; concat, flatten, "
                f"merge, for, conditions and names are read, and nothing else"
            )


def nothing_that_matters_hidden(planned: Planned) -> Iterator[Broken]:
    """Who may do what is not hidden: no policy is marked as sensitive"""
    for change in there(planned):
        marks = plan.leaves(change["change"].get("after_sensitive") or {})
        hidden = {
            matters.names(path)[0]
            for path, mark in marks.items()
            if mark is True and (not path or (matters.matters(path) and not matters.is_secret(path)))
        }
        for name in sorted(hidden):
            yield Broken(
                f"{plan.address(change)} hides its {name or 'values'}, and nobody could read whom that lets in: "
                f"make it of nothing that is sensitive"
            )


def nothing_beside_the_plan(planned: Planned) -> Iterator[Broken]:
    """Nothing is done that no plan says: there is no provisioner, and no provider but AWS's"""
    yield from map(Broken, beside_plan.find(planned.shown["configuration"], planned.code))


def no_role_without_boundary(planned: Planned) -> Iterator[Broken]:
    """Each role and user is held by the environment's boundary, and nobody is in a group."""
    prefix = planned.shown.get("variables", {}).get("prefix", {}).get("value")
    for address, kind, values in resources(planned):
        if kind in ("aws_iam_role", "aws_iam_user") and not str(values.get("permissions_boundary")).endswith(
            f":policy/{prefix}-boundary"
        ):
            yield Broken(
                f"{address} is not held by the boundary: set permissions_boundary = local.boundary_arn"
            )
        if kind.startswith("aws_iam_group"):
            yield Broken(f"{address} is held by no boundary, as no group can be: give a role what it may do")


def no_unencrypted_store(planned: Planned) -> Iterator[Broken]:
    """Whatever stores something is encrypted by a key."""
    for change in managed(planned):
        path = ENCRYPTION.get(change["type"])
        if (
            path
            and not plan.leaves(change["change"]["after"]).get(path)
            and not is_set(planned, change, path)
            and change["change"]["after"].get(BY_THEMSELVES.get(change["type"])) is not True
        ):
            yield Broken(f"{plan.address(change)} is not encrypted by a key: set {path}")
    for address in bucket_guards.without(
        planned.root, list(managed(planned)), "aws_s3_bucket_server_side_encryption_configuration"
    ):
        yield Broken(f"{address} is not encrypted by a key: give it a server-side encryption configuration")


def nothing_that_lasts_replaced(planned: Planned) -> Iterator[Broken]:
    """No pool of people, table, bucket or endpoint is replaced, destroyed or forgotten."""
    for change in planned.shown.get("resource_changes", []):
        actions = change["change"]["actions"]
        if change["type"] in LASTING and {"delete", "forget"} & set(actions):
            how = "replaced" if "create" in actions else "destroyed" if "delete" in actions else "forgotten"
            yield Broken(
                f"{plan.address(change)} is {how}, with what is in it and what relies on it: keep it",
                MAY_REPLACE,
            )


def no_leap_in_cost(planned: Planned) -> Iterator[Broken]:
    """A month costs at most 200 dollars more than before."""
    if planned.bill.more > MORE_USD:
        yield Broken(
            f"a month costs {planned.bill.more:,.2f} dollars more, and the limit is {MORE_USD}: make it cheaper",
            MAY_COST_MORE,
        )


RULES: tuple[Rule, ...] = (
    nothing_public,
    no_wildcard_principal,
    each_policy_is_told,
    nothing_that_matters_hidden,
    nothing_beside_the_plan,
    no_role_without_boundary,
    no_unencrypted_store,
    nothing_that_lasts_replaced,
    no_leap_in_cost,
)


def check(planned: Planned, labels: Set[str]) -> tuple[list[str], list[str]]:
    """The sentences of what is broken, and the labels without which there would be more."""
    broken = [it for rule in RULES for it in rule(planned)]
    refused = [str(it) for it in broken if it.label not in labels]
    return refused, sorted({it.label for it in broken if it.label and it.label in labels})


def managed(planned: Planned) -> Iterator[Any]:
    """What is there after the plan."""
    return (it for it in there(planned) if it["mode"] == "managed")


def there(planned: Planned) -> Iterator[Any]:
    """The same, and the data that is read when it is applied."""
    return (it for it in planned.shown.get("resource_changes", []) if it["change"].get("after") is not None)


def resources(planned: Planned) -> Iterator[tuple[str, str, Json]]:
    for change in managed(planned):
        yield plan.address(change), change["type"], change["change"]["after"]


def is_set(planned: Planned, change: Any, path: str) -> bool:
    """Whether the code sets an attribute that is known only after apply: the provider may fill in others."""
    unknown = plan.leaves(change["change"].get("after_unknown") or {}).get(path)
    place = modules.locate(terraform.CONFIGURATION, planned.root, change)
    expressed = expressions.express(place, change)
    return unknown is True and path.partition("[")[0] in expressed
