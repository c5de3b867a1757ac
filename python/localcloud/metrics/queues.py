"""SQS's metrics, measured each minute: how many messages a queue has, and how old the oldest one is, in seconds.

AWS: a queue of which nobody wants anything for six hours is measured no more; here it always is.
"""

import time

from moto.sqs.models import Queue, sqs_backends

from localcloud.metrics import pace, series
from localcloud.metrics.series import Place


def measure() -> None:
    """Publish the metrics of every queue."""
    backends = [backend for regions in list(sqs_backends.values()) for backend in list(regions.values())]
    for backend in backends:
        place = Place(backend.account_id, backend.region_name)
        for queue in list(backend.queues.values()):
            named = {"QueueName": queue.name}
            series.publish(place, "AWS/SQS", named, _count(queue))
            series.publish(place, "AWS/SQS", named, {"ApproximateAgeOfOldestMessage": _age(queue)}, "Seconds")


def _count(queue: Queue) -> dict[str, float]:
    return {
        "ApproximateNumberOfMessagesVisible": queue.approximate_number_of_messages,
        "ApproximateNumberOfMessagesNotVisible": queue.approximate_number_of_messages_not_visible,
        "ApproximateNumberOfMessagesDelayed": queue.approximate_number_of_messages_delayed,
    }


def _age(queue: Queue) -> float:
    """Where CloudWatch's time passes faster, messages are as much older."""
    sent = min((message.sent_timestamp or 0 for message in list(queue._messages)), default=0)
    return (time.time() - sent / 1000) * pace.get_pace() if sent else 0.0
