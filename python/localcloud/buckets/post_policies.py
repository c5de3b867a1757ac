"""The policy of an upload's form: whether what is uploaded is what was signed.

AWS: each condition has to hold, and each field has to have one, but those that carry the signature and those that are
to be ignored; the bucket is a field, whether or not the form has it. Names know no upper and lower case. Exact values
may be written as an object or as `eq`; `starts-with` is for fields whose values a page may know better than the signer.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from localcloud.buckets.bucket_errors import Refused, deny

UNSIGNED = ("awsaccesskeyid", "file", "policy", "signature", "x-amz-signature")
IGNORED = "x-ignore-"
FAILED = "Invalid according to Policy: "
BY_PREFIX = (
    *("acl", "cache-control", "content-disposition", "content-encoding", "content-type", "expires", "key"),
    *("redirect", "success_action_redirect"),
)
META = "x-amz-meta-"
LENGTH = "content-length-range"
TOO_SMALL = "Your proposed upload is smaller than the minimum allowed size"
TOO_LARGE = "Your proposed upload exceeds the maximum allowed size"


def check(policy: str, fields: Mapping[str, str], size: int) -> None:
    """Raise S3's refusal of an upload that the policy does not have. Names of fields are in lower case."""
    read = _read(policy)
    if _read_time(read) <= datetime.now(UTC):
        raise deny(f"{FAILED}Policy expired.")
    named = set()
    for condition in _read_conditions(read):
        if str(condition[0]).lower() == LENGTH:
            _check_length(condition, size)
        else:
            named.add(_check_field(condition, fields))
    extra = [it for it in fields if it not in (*UNSIGNED, *named) and not it.startswith(IGNORED)]
    if extra:
        raise deny(f"{FAILED}Extra input fields: {', '.join(extra)}")


def _read(policy: str) -> dict[str, Any]:
    try:
        read = json.loads(base64.b64decode(policy))
    except (binascii.Error, ValueError) as error:
        raise _malformed("Invalid JSON.") from error
    if not isinstance(read, dict):
        raise _malformed("Invalid JSON.")
    return read


def _read_time(policy: dict[str, Any]) -> datetime:
    if "expiration" not in policy:
        raise _malformed("Missing expiration.")
    try:
        found = datetime.fromisoformat(str(policy["expiration"]))
    except ValueError as error:
        raise _malformed("Invalid expiration.") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _read_conditions(policy: dict[str, Any]) -> list[list[Any]]:
    """Each as a list that begins with its word."""
    found = policy.get("conditions")
    if not isinstance(found, list):
        raise _malformed("Missing conditions.")
    conditions = []
    for it in found:
        if isinstance(it, dict):
            if len(it) != 1:
                raise _malformed(
                    "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."
                )
            ((name, value),) = it.items()
            conditions.append(["eq", f"${name}", value])
        elif isinstance(it, list) and len(it) == 3:
            conditions.append(it)
        else:
            raise _malformed("Invalid condition.")
    return conditions


def _check_length(condition: list[Any], size: int) -> None:
    try:
        least, most = (int(it) for it in condition[1:])
    except (TypeError, ValueError) as error:
        raise _malformed("Invalid content-length-range.") from error
    if size < least:
        raise Refused(400, "EntityTooSmall", TOO_SMALL, {"ProposedSize": size, "MinSizeAllowed": least})
    if size > most:
        raise Refused(400, "EntityTooLarge", TOO_LARGE, {"ProposedSize": size, "MaxSizeAllowed": most})


def _check_field(condition: list[Any], fields: Mapping[str, str]) -> str:
    """The name of the field that meets its condition."""
    word, dollar, wanted = condition
    name = str(dollar).removeprefix("$").lower()
    given = fields.get(name)
    if given is None and wanted == "" and word == "starts-with":
        given = ""
    by_prefix = name in BY_PREFIX or name.startswith(META)
    met = (
        isinstance(wanted, str)
        and str(dollar).startswith("$")
        and given is not None
        and (
            (word == "eq" and given == wanted)
            or (word == "starts-with" and by_prefix and _all_start(name, given, wanted))
        )
    )
    if not met:
        raise deny(f"{FAILED}Policy Condition failed: {json.dumps(condition, ensure_ascii=False)}")
    return name


def _all_start(name: str, given: str, wanted: str) -> bool:
    """A list of types has to begin so in each of its parts."""
    parts = given.split(",") if name == "content-type" else [given]
    return all(part.strip().startswith(wanted) for part in parts)


def _malformed(message: str) -> Refused:
    return Refused(400, "InvalidPolicyDocument", f"Invalid Policy: {message}")
