"""EventBridge: an event reaches the targets of each rule that matches it, some moments later.

AWS: a rule's target gets the event, or what its `Input`, `InputPath` or `InputTransformer` makes of it; a delivery
that fails is retried as its `RetryPolicy` says and ends in its dead-letter queue, with the reason beside it, and in the
rule's metric `FailedInvocations`.
moto 5.2.5 delivers while the sender waits; it starts no state machine or Lambda function, publishes to no topic,
transforms no event of S3, quotes no string that a template inserts, sends every event to a rule that has a schedule
and no pattern, and knows neither retries nor dead letters.
"""

import copy
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from botocore.exceptions import ClientError
from moto.core.utils import unix_time
from moto.events.models import Rule, events_backends
from moto.events.utils import EventMessageType
from moto.s3 import notifications
from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey
from moto.s3.notifications import S3NotificationEvent

from core.contract.shapes import Json
from localcloud import clients, gaps
from localcloud.access import principals
from localcloud.access.principals import Credentials
from localcloud.errands import Errand
from localcloud.events import delay, templates
from localcloud.metrics import series

DELIVERED = ("lambda", "logs", "sns", "sqs", "states")
RETRIES = 185
RETRY_SECONDS = 0.2  # doubled with each attempt
LONGEST_PAUSE = 10.0
SESSION = "EventBridge"
REASONS = {
    "s3:ObjectCreated:Put": "PutObject",
    "s3:ObjectCreated:Post": "POST Object",
    "s3:ObjectCreated:Copy": "CopyObject",
    "s3:ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
}


def install(url: str) -> None:
    """Fill the gaps."""

    @gaps.wrap(Rule, "send_to_targets")
    def send_to_targets(
        original: gaps.Original, self: Rule, event: EventMessageType, transform_input: bool = True
    ) -> None:
        if self.state != "ENABLED" or not self.event_pattern.get_pattern():
            return
        ours = [target for target in self.targets if target["Arn"].split(":")[2] in DELIVERED]
        rest = copy.copy(self)
        rest.targets = [target for target in self.targets if target not in ours]
        original(rest, event, transform_input)
        if ours and self.event_pattern.matches_event(event):
            for target in ours:
                deliver(url, target, templates.render(target, self, event), make_sender(self, target))

    def send_from_s3(
        account: str, bucket: FakeBucket, event_name: S3NotificationEvent, key: FakeKey | FakeDeleteMarker
    ) -> None:
        if not delay.is_over(bucket.name):
            return
        name = event_name.value
        thing: Json = {"key": key.name, "sequencer": f"{time.time_ns():X}"}
        if not isinstance(key, FakeDeleteMarker):
            thing |= {"size": key.size, "etag": key.etag.strip('"')}
        if bucket.is_versioned:
            thing["version-id"] = key.version_id
        detail = {
            "version": "0",
            "bucket": {"name": bucket.name},
            "object": thing,
            "request-id": uuid.uuid4().hex[:16].upper(),
            "requester": account,
            "source-ip-address": "127.0.0.1",
            "reason": REASONS.get(name, "DeleteObject"),
        }
        kind = notifications._detail_type(name)
        emit(account, bucket.region_name, "aws.s3", kind, [bucket.arn], detail)

    notifications._send_event_bridge_message = send_from_s3  # type: ignore[assignment]


def emit(account: str, region: str, source: str, kind: str, resources: list[str], detail: Json) -> None:
    """Put an event of an AWS service on the default bus."""
    event: EventMessageType = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": kind,
        "source": source,
        "account": account,
        "time": unix_time(),
        "region": region,
        "resources": resources,
        "detail": detail,
        "ingestion-time": unix_time(),
    }
    for rule in list(events_backends[account][region].event_buses["default"].rules.values()):
        rule.send_to_targets(event)


@dataclass(frozen=True)
class Sender:
    """Who delivers: what dead letters say of it, and as whom it calls the target and the dead-letter queue."""

    said: Mapping[str, str]
    to_target: Credentials
    to_dead_letters: Credentials


def make_sender(rule: Rule, target: Json) -> Sender:
    """A rule calls its target as the role that it was given for it, or in EventBridge's own name."""
    known = (("aws:sourcearn", rule.arn), ("aws:sourceaccount", rule.arn.split(":")[4]))
    service = principals.act_as("events.amazonaws.com", known)
    role = target.get("RoleArn")
    return Sender({"RULE_ARN": rule.arn}, principals.assume(role, SESSION) if role else service, service)


def deliver(url: str, target: Json, text: str, sender: Sender) -> None:
    """Send it to the target, some moments later; what cannot be sent is buried with what is said of the sender."""
    Errand(_deliver, args=(url, target, text, sender)).start()


def _deliver(url: str, target: Json, text: str, sender: Sender) -> None:
    policy = target.get("RetryPolicy", {})
    retries = policy.get("MaximumRetryAttempts", RETRIES)
    deadline = time.monotonic() + policy.get("MaximumEventAgeInSeconds", 86400)
    for attempt in range(retries + 1):
        try:
            return _send(url, target, text, sender.to_target)
        except ClientError as error:
            failure = error
            if not _passes(error) or time.monotonic() > deadline:
                break
        if attempt < retries:
            time.sleep(min(RETRY_SECONDS * 2**attempt, LONGEST_PAUSE))
    if rule := sender.said.get("RULE_ARN"):
        region, account, name = rule.split(":", 5)[3:]
        named = {"RuleName": name.rpartition("/")[2]}
        series.publish(series.Place(account, region), "AWS/Events", named, {"FailedInvocations": 1})
    if "DeadLetterConfig" in target:
        _bury(url, target, text, sender, failure, attempt)
    return None


def _passes(error: ClientError) -> bool:
    """Whether trying again can help: a fault of the service or throttling, not a mistake in the request."""
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status >= 500 or status == 429 or "Throttl" in error.response["Error"]["Code"]


def _send(url: str, target: Json, text: str, caller: Credentials) -> None:
    arn = target["Arn"]
    service, region, account, resource = arn.split(":", 5)[2:]
    if service == "states":
        clients.client("stepfunctions", region, url, caller).start_execution(stateMachineArn=arn, input=text)
    elif service == "lambda":
        function = clients.client("lambda", region, url, caller)
        function.invoke(FunctionName=arn, InvocationType="Event", Payload=text)
    elif service == "sns":
        clients.client("sns", region, url, caller).publish(TopicArn=arn, Message=text)
    elif service == "sqs":
        group = target.get("SqsParameters", {})
        queue = f"{url}/{account}/{resource}"
        clients.client("sqs", region, url, caller).send_message(QueueUrl=queue, MessageBody=text, **group)
    else:
        logs = clients.client("logs", region, url)  # nobody looks at the resource policies of logs here
        group, stream = resource.removeprefix("log-group:").removesuffix(":*"), str(uuid.uuid4())
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        entry = {"timestamp": int(time.time() * 1000), "message": text}
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[entry])


def _bury(
    url: str,
    target: Json,
    text: str,
    sender: Sender,
    failure: ClientError,
    retries: int,
) -> None:
    reasons = {
        **sender.said,
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": failure.response["Error"]["Code"],
        "ERROR_MESSAGE": str(failure),
        "RETRY_ATTEMPTS": str(retries),
    }
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in reasons.items()}
    region, account, queue = target["DeadLetterConfig"]["Arn"].split(":")[3:]
    clients.client("sqs", region, url, sender.to_dead_letters).send_message(
        QueueUrl=f"{url}/{account}/{queue}", MessageBody=text, MessageAttributes=attributes
    )
