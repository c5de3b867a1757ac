"""SQS: attributes of a queue, and sending to a long one.

AWS: `SetQueueAttributes` changes the attributes it names and no other; `RedriveAllowPolicy` is one of them.
AWS: a policy is shown in the text it was set with.
moto 5.2.5 drops a queue's `Policy` whenever any other attribute is set, never shows `RedriveAllowPolicy`, for which
Terraform's provider waits until it times out, and spaces out the JSON of `RedrivePolicy`, which shows as a change.
It counts all messages of a queue, three times, for each message that is sent to it.
"""

import threading

from moto.sqs.models import Message, Queue, SQSBackend

from core.contract.shapes import Json
from localcloud import gaps

_redrive_policies: dict[str, str] = {}
_sending = threading.local()


def install() -> None:
    """Fill the gaps."""
    Queue.BASE_ATTRIBUTES.append("RedriveAllowPolicy")
    Queue.redrive_allow_policy = None  # type: ignore[attr-defined]

    @gaps.wrap(Queue, "_set_attributes")
    def set_attributes(
        original: gaps.Original, self: gaps.Amended, attributes: Json, now: float | None = None
    ) -> None:
        original(self, {"Policy": getattr(self, "policy", None), **attributes}, now)
        self.redrive_allow_policy = self.redrive_allow_policy or None  # an empty text takes it away
        if "RedrivePolicy" in attributes:
            _redrive_policies[self.queue_arn] = attributes["RedrivePolicy"]

    shown = vars(Queue)["attributes"].fget

    def attributes(self: Queue) -> Json:
        if getattr(_sending, "now", False) and not self.fifo_queue:
            return {}  # it looks for one that only FIFO queues have
        every = shown(self)
        return {**every, "RedrivePolicy": _redrive_policies[self.queue_arn]} if self.redrive_policy else every

    Queue.attributes = property(attributes)  # type: ignore[assignment]

    @gaps.wrap(SQSBackend, "send_message")
    def send_message(original: gaps.Original, self: SQSBackend, *args: object, **more: object) -> Message:
        _sending.now = True
        try:
            return original(self, *args, **more)
        finally:
            _sending.now = False
