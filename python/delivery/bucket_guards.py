"""The buckets that a plan leaves without something that keeps them, as what makes them private or encrypted.

That it stands in the code is not enough: with `count = 0` it is not there.
"""

import json
from collections.abc import Iterator
from typing import Any

from core.contract.shapes import Json
from delivery import modules, plan


def without(root: Json, after: list[Any], kind: str) -> Iterator[str]:
    """The buckets to which nothing of this kind refers; `after` is what is there after the plan."""
    for place, module in modules.walk(root):
        guards = [it for it in module.get("resources", []) if it["type"] == kind]
        buckets = (it for it in after if it["type"] == "aws_s3_bucket" and modules.path(it) == place)
        yield from (
            plan.address(it) for it in buckets if not any(guard(found, it, guards) for found in after)
        )


def guard(found: Any, bucket: Any, guards: list[Json]) -> bool:
    """Whether a resource is one of these, and of this very bucket, where there are several."""
    name, key = f"aws_s3_bucket.{bucket['name']}", bucket.get("index")
    own = name if key is None else f"{name}[{json.dumps(key)}]"
    if found.get("module_address") != bucket.get("module_address"):
        return False
    return any(
        (found["type"], f"{found['type']}.{found['name']}") == (it["type"], it["address"])
        and name in (references := it["expressions"].get("bucket", {}).get("references", []))
        and (own in references or found.get("index") == key)
        for it in guards
    )
