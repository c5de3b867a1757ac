"""Application Auto Scaling: tags of a scalable target.

AWS: `ListTagsForResource`, `TagResource` and `UntagResource` work on the ARN of a scalable target, and
`RegisterScalableTarget` takes tags where it makes one.
moto 5.2.5 implements none of the three and drops the tags; Terraform's provider asks for them on each read.
"""

import json
from collections import defaultdict

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

from localcloud import gaps

_tags: dict[str, dict[str, str]] = defaultdict(dict)


def install() -> None:
    """Fill the gap."""

    @gaps.wrap(ApplicationAutoScalingResponse, "register_scalable_target")
    def register_scalable_target(original: gaps.Original, self: ApplicationAutoScalingResponse) -> str:
        answer = original(self)
        _tags.setdefault(json.loads(answer)["ScalableTargetARN"], dict(self._get_param("Tags") or {}))
        return answer

    @gaps.add(ApplicationAutoScalingResponse)
    def list_tags_for_resource(self: ApplicationAutoScalingResponse) -> str:
        return json.dumps({"Tags": _tags[self._get_param("ResourceARN")]})

    @gaps.add(ApplicationAutoScalingResponse)
    def tag_resource(self: ApplicationAutoScalingResponse) -> str:
        _tags[self._get_param("ResourceARN")].update(self._get_param("Tags"))
        return "{}"

    @gaps.add(ApplicationAutoScalingResponse)
    def untag_resource(self: ApplicationAutoScalingResponse) -> str:
        for key in self._get_param("TagKeys"):
            _tags[self._get_param("ResourceARN")].pop(key, None)
        return "{}"


def read_tags(account: str, region: str, resource: str) -> dict[str, str]:
    """The tags of a scalable target, by its ARN or by one that ends with what it scales, which requests name."""
    name = resource.partition(":scalable-target/")[2]
    by_dimension = applicationautoscaling_backends[account][region].targets.values()
    targets = [target for targets in by_dimension for target in targets.values()]
    return next((_tags[it.arn] for it in targets if resource == it.arn or name == it.resource_id), {})
