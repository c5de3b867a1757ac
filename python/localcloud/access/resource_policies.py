"""The policies of what requests are about: buckets, queues, topics, functions, keys, and whom a role trusts."""

import json
from collections.abc import Callable

from moto.awslambda.utils import get_backend
from moto.kms.models import Key, kms_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from localcloud.access import role_policies, statements
from localcloud.access.decisions import Policy
from localcloud.access.principals import PARTITION

OF_SERVICES = "alias/aws/"


def read(arn: str, account: str) -> Policy | None:
    """The statements of the policy that the thing with this ARN has."""
    parts = arn.split(":", 5)
    find = FINDERS.get(parts[2]) if len(parts) == 6 else None
    text = find(parts[3], account, parts[5]) if find else None
    return statements.read(arn, text) if text else None


def find_key(region: str, account: str, name: str) -> Key | None:
    """A KMS key by its id, its ARN, its alias or its alias's ARN."""
    backend = kms_backends[account][region]
    try:
        return backend.keys.get(backend.any_id_to_key_id(name))
    except AttributeError:  # an alias of nothing
        return None


def find_customer_key(region: str, account: str, name: str | None) -> Key | None:
    """The key that has this name, if it is there and a customer's: a service's own is nobody else's to allow."""
    key = find_key(region, account, name) if name else None
    if key is None or key.key_manager != "CUSTOMER":
        return None
    # moto makes a service's own key as it makes anybody's.
    return None if any(alias.startswith(OF_SERVICES) for alias in key.aliases) else key


def _bucket(_region: str, account: str, name: str) -> str | None:
    bucket = s3_backends[account][PARTITION].buckets.get(name.partition("/")[0])
    return bucket.policy.decode() if bucket and bucket.policy else None


def _function(region: str, account: str, name: str) -> str | None:
    function = get_backend(account, region)._lambdas._arns.get(f"arn:aws:lambda:{region}:{account}:{name}")
    return (
        json.dumps({"Statement": function.policy.statements})
        if function and function.policy.statements
        else None
    )


def _key(region: str, account: str, name: str) -> str | None:
    """What may be done with an alias is not the key's policy to say."""
    key = find_key(region, account, name.removeprefix("key/")) if name.startswith("key/") else None
    return key.policy if key else None


def _role(_region: str, account: str, name: str) -> str | None:
    role = role_policies.find(f"arn:aws:iam::{account}:{name}") if name.startswith("role/") else None
    return role.assume_role_policy_document if role else None


def _queue(region: str, account: str, name: str) -> str | None:
    queue = sqs_backends[account][region].queues.get(name)
    return queue.policy if queue else None


def _topic(region: str, account: str, name: str) -> str | None:
    topic = sns_backends[account][region].topics.get(f"arn:aws:sns:{region}:{account}:{name}")
    return topic.policy if topic else None


FINDERS: dict[str, Callable[[str, str, str], str | None]] = {
    "iam": _role,
    "kms": _key,
    "lambda": _function,
    "s3": _bucket,
    "sns": _topic,
    "sqs": _queue,
}
