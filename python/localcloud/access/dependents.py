"""What a service asks of its caller besides the permission that is named like the call.

AWS: whoever reads or writes what is encrypted with a customer's key needs that key as well, through the service
(`kms:ViaService`); S3 says that an object is not there only to those who may list the bucket; a key and a table are
made with tags by those who may tag them, and an alias takes the permission on the key, too; whoever picks a customer's
key for a table needs all that DynamoDB does with it; whoever gives an API's stage a log may deliver logs; and
Application Auto Scaling looks whether its caller may scale the endpoint and keep the alarms.
Whoever gives a function or an endpoint a key lends it to the service by a grant, for as long as they last. Scheduler
takes no grants: it uses a schedule's key in the name of whoever makes or reads the schedule.
"""

import contextlib
from collections.abc import Callable, Iterator

from moto.awslambda.utils import get_backend
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import FakeBucket, FakeKey, s3_backends
from moto.sagemaker.models import sagemaker_backends
from moto.scheduler.exceptions import ScheduleNotFound
from moto.scheduler.models import scheduler_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from localcloud import permissions
from localcloud.access import resource_policies
from localcloud.access.context import Call
from localcloud.access.principals import PARTITION

READ, WRITE = ("kms:Decrypt",), ("kms:GenerateDataKey", "kms:Decrypt")
LEND = ("kms:CreateGrant",)
DELIVER = (
    "CreateLogDelivery",
    "DescribeLogGroups",
    "DescribeResourcePolicies",
    "GetLogDelivery",
    "ListLogDeliveries",
    "PutResourcePolicy",
    "UpdateLogDelivery",
)
CHECK = ("kms:DescribeKey",)  # whether it is one that encrypts
KEEP_A_TABLE = (
    *CHECK,
    *LEND,
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)

Needed = tuple[str, str]  # an action and a resource


def derive(call: Call) -> Iterator[Needed]:
    """The further permissions that a request needs, given what is there at the moment."""
    find = OPERATIONS.get((call.service, call.operation))
    if find:
        yield from find(call)


def _with_key(call: Call, key: str | None, actions: tuple[str, ...]) -> Iterator[Needed]:
    found = resource_policies.find_customer_key(call.place["region"], call.place["account"], key)
    if found:
        yield from ((action, found.arn) for action in actions)


def _bucket(call: Call) -> FakeBucket | None:
    return s3_backends[call.place["account"]][PARTITION].buckets.get(call.asked["Bucket"])


def _get_object(call: Call) -> Iterator[Needed]:
    bucket = _bucket(call)
    if bucket is None:
        return
    versions, wanted = bucket.keys.getlist(call.asked["Key"], []), call.asked.get("VersionId")
    named = [it for it in versions if it.version_id == wanted] if wanted else versions[-1:]
    thing = next(iter(named), None)
    if not isinstance(thing, FakeKey):  # nothing, or a mark that it was deleted
        yield "s3:ListBucket", f"arn:aws:s3:::{bucket.name}"
    elif call.operation == "GetObject":
        yield from _with_key(call, thing.kms_key_id, READ)


def _put_object(call: Call) -> Iterator[Needed]:
    bucket = _bucket(call)
    rule = (bucket.encryption or {}).get("Rule", {}) if bucket else {}
    default = rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
    if call.asked.get("ServerSideEncryption", "aws:kms") == "aws:kms":
        actions = WRITE[:1] if call.operation == "PutObject" else WRITE
        yield from _with_key(call, call.asked.get("SSEKMSKeyId") or default, actions)


def _queue(actions: tuple[str, ...]) -> Callable[[Call], Iterator[Needed]]:
    def find(call: Call) -> Iterator[Needed]:
        queues = sqs_backends[call.place["account"]][call.place["region"]].queues
        queue = queues.get(call.asked["QueueUrl"].rpartition("/")[2])
        yield from _with_key(call, getattr(queue, "kms_master_key_id", None), actions)

    return find


def _topic(call: Call) -> Iterator[Needed]:
    topic = sns_backends[call.place["account"]][call.place["region"]].topics.get(
        call.asked.get("TopicArn", "")
    )
    yield from _with_key(call, getattr(topic, "kms_master_key_id", None), WRITE)


def _function(call: Call) -> Iterator[Needed]:
    """A function that is given a key, or variables for the one it has."""
    key = call.asked.get("KMSKeyArn")
    if key is None and "Environment" in call.asked and call.operation == "UpdateFunctionConfiguration":
        functions = get_backend(call.place["account"], call.place["region"])
        key = functions.get_function(call.asked["FunctionName"]).kms_key_arn
    yield from _with_key(call, key, (*LEND, "kms:Encrypt"))


def _make_schedule(call: Call) -> Iterator[Needed]:
    yield from _with_key(call, call.asked.get("KmsKeyArn"), (*CHECK, *WRITE))


def _show_schedule(call: Call) -> Iterator[Needed]:
    group, name = call.asked.get("GroupName"), call.asked["Name"]
    with contextlib.suppress(ScheduleNotFound):
        backend = scheduler_backends[call.place["account"]][call.place["region"]]
        yield from _with_key(call, backend.get_schedule(group, name).kms_key_arn, READ)


def _make_table(call: Call) -> Iterator[Needed]:
    """A table that is made, or that is given another key."""
    if call.asked.get("Tags"):
        for arn in permissions.resources(call.service, call.operation, call.asked, call.place):
            yield "dynamodb:TagResource", arn
    key = (call.asked.get("SSESpecification") or {}).get("KMSMasterKeyId")
    yield from _with_key(call, key, KEEP_A_TABLE)


def _items(call: Call) -> Iterator[Needed]:
    """Items that are written are encrypted with a key which the table's own decrypts first."""
    tables = dynamodb_backends[call.place["account"]][call.place["region"]].tables
    asked = list(call.asked.get("RequestItems") or ())
    asked += [it["TableName"] for item in call.asked.get("TransactItems") or () for it in item.values()]
    asked += [call.asked["TableName"]] if "TableName" in call.asked else []
    for name in asked:
        table = tables.get(name.rpartition("/")[2])
        settings = table.sse_specification if table else None
        yield from _with_key(call, (settings or {}).get("KMSMasterKeyId"), READ)


def _endpoint(call: Call) -> Iterator[Needed]:
    """AWS's table of permissions names CreateEndpoint alone, its page on the key both: either makes instances."""
    configs = sagemaker_backends[call.place["account"]][call.place["region"]].endpoint_configs
    config = configs.get(call.asked["EndpointConfigName"])
    yield from _with_key(call, getattr(config, "kms_key_id", None), LEND)


def _tag_key(call: Call) -> Iterator[Needed]:
    """IAM policies alone decide, since the key is not there yet."""
    if call.asked.get("Tags"):
        yield "kms:TagResource", "arn:aws:kms:{region}:{account}:key/".format(**call.place)


def _alias(call: Call) -> Iterator[Needed]:
    for name in (call.asked["AliasName"], call.asked.get("TargetKeyId")):
        key = resource_policies.find_key(call.place["region"], call.place["account"], name) if name else None
        if key:
            yield f"kms:{call.operation}", key.arn


def _log_accesses(call: Call) -> Iterator[Needed]:
    """Whoever gives a stage an access log makes the log's delivery."""
    if call.asked.get("AccessLogSettings"):
        yield from ((f"logs:{action}", "*") for action in DELIVER)


def _scale(call: Call) -> Iterator[Needed]:
    endpoint = "/".join(call.asked["ResourceId"].split("/")[:2])
    here = "arn:aws:{{}}:{region}:{account}:{{}}".format(**call.place)
    if call.operation == "RegisterScalableTarget":
        for action in ("DescribeEndpoint", "UpdateEndpointWeightsAndCapacities"):
            yield f"sagemaker:{action}", here.format("sagemaker", endpoint)
        return
    alarm = here.format("cloudwatch", f"alarm:TargetTracking-{call.asked['ResourceId']}-AlarmHigh")
    yield "cloudwatch:DescribeAlarms", here.format("cloudwatch", "alarm:*")
    for action in ("PutMetricAlarm", "DeleteAlarms"):
        yield f"cloudwatch:{action}", alarm


OPERATIONS: dict[tuple[str, str], Callable[[Call], Iterator[Needed]]] = {
    ("apigateway", "CreateStage"): _log_accesses,
    ("apigateway", "UpdateStage"): _log_accesses,
    ("application-autoscaling", "PutScalingPolicy"): _scale,
    ("application-autoscaling", "RegisterScalableTarget"): _scale,
    ("dynamodb", "BatchGetItem"): _items,
    ("dynamodb", "BatchWriteItem"): _items,
    ("dynamodb", "CreateTable"): _make_table,
    ("dynamodb", "DeleteItem"): _items,
    ("dynamodb", "GetItem"): _items,
    ("dynamodb", "PutItem"): _items,
    ("dynamodb", "Query"): _items,
    ("dynamodb", "Scan"): _items,
    ("dynamodb", "TransactGetItems"): _items,
    ("dynamodb", "TransactWriteItems"): _items,
    ("dynamodb", "UpdateItem"): _items,
    ("dynamodb", "UpdateTable"): _make_table,
    ("kms", "CreateAlias"): _alias,
    ("kms", "CreateKey"): _tag_key,
    ("kms", "DeleteAlias"): _alias,
    ("kms", "UpdateAlias"): _alias,
    ("lambda", "CreateFunction"): _function,
    ("lambda", "UpdateFunctionConfiguration"): _function,
    ("s3", "CopyObject"): _put_object,
    ("s3", "CreateMultipartUpload"): _put_object,
    ("s3", "GetObject"): _get_object,
    ("s3", "HeadObject"): _get_object,
    ("s3", "PutObject"): _put_object,
    ("sagemaker", "CreateEndpoint"): _endpoint,
    ("sagemaker", "UpdateEndpoint"): _endpoint,
    ("scheduler", "CreateSchedule"): _make_schedule,
    ("scheduler", "GetSchedule"): _show_schedule,
    ("scheduler", "UpdateSchedule"): _make_schedule,
    ("sns", "Publish"): _topic,
    ("sqs", "ReceiveMessage"): _queue(READ),
    ("sqs", "SendMessage"): _queue(WRITE),
    ("sqs", "SendMessageBatch"): _queue(WRITE),
}
