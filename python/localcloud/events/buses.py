"""EventBridge: `UpdateEventBus`.

AWS: the bus has from then on what the request says, and nothing of what it leaves out.
moto 5.2.5 does not implement it; Terraform's provider calls it where a bus's description, key or queue changes.
"""

import json
from typing import Any

from moto.core.utils import unix_time
from moto.events.responses import EventsHandler

from localcloud import gaps


def install() -> None:
    """Fill the gap."""

    @gaps.add(EventsHandler)
    def update_event_bus(self: EventsHandler) -> tuple[str, dict[str, Any]]:
        bus = self.events_backend.describe_event_bus(self._get_param("Name"))
        bus.description = self._get_param("Description")
        bus.kms_key_identifier = self._get_param("KmsKeyIdentifier")
        bus.dead_letter_config = self._get_param("DeadLetterConfig")
        bus.last_modified_time = unix_time()
        said = {
            "Name": bus.name,
            "Arn": bus.arn,
            "Description": bus.description,
            "KmsKeyIdentifier": bus.kms_key_identifier,
            "DeadLetterConfig": bus.dead_letter_config,
        }
        shown = {name: value for name, value in said.items() if value}
        return json.dumps(shown), self.response_headers
