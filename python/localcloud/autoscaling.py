"""Application Auto Scaling: tags of a scalable target.

AWS: `ListTagsForResource`, `TagResource` and `UntagResource` work on the ARN of a scalable target, and
`RegisterScalableTarget` takes tags.
moto 5.2.5 implements none of the three and drops the tags; Terraform's provider asks for them on each read.
"""

import json
from collections import defaultdict

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

from localcloud import gaps

_tags: dict[str, dict[str, str]] = defaultdict(dict)


def install() -> None:
    """Fill the gap."""

    @gaps.wrap(ApplicationAutoScalingResponse, "register_scalable_target")
    def register_scalable_target(original: gaps.Original, self: ApplicationAutoScalingResponse) -> str:
        answer = original(self)
        _tags[json.loads(answer)["ScalableTargetARN"]].update(self._get_param("Tags") or {})
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
