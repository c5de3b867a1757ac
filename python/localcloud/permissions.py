"""Which permission an API call needs: IAM's name of the action, and the ARNs of what it is about.

Most actions are named like the operation; API Gateway's are its methods, and what they are about is the path. Where an
ARN cannot be told from the request, the resource is "*".
"""

import re
from urllib.parse import quote

import jmespath
from moto.core.utils import get_service_model

from core.contract.shapes import Json

PREFIXES = {
    "monitoring": "cloudwatch",
    "tagging": "tag",
}  # where it is not the name that requests are signed for
ACTIONS = {
    "lambda:Invoke": "InvokeFunction",
    "s3:CompleteMultipartUpload": "PutObject",
    "s3:CopyObject": "PutObject",
    "s3:CreateMultipartUpload": "PutObject",
    "s3:DeleteBucketCors": "PutBucketCORS",
    "s3:DeleteBucketEncryption": "PutEncryptionConfiguration",
    "s3:DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "s3:DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "s3:DeleteBucketTagging": "PutBucketTagging",
    "s3:DeleteObjects": "DeleteObject",
    "s3:DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "s3:GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "s3:GetBucketCors": "GetBucketCORS",
    "s3:GetBucketEncryption": "GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "s3:GetBucketNotificationConfiguration": "GetBucketNotification",
    "s3:GetBucketReplication": "GetReplicationConfiguration",
    "s3:GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "s3:HeadBucket": "ListBucket",
    "s3:HeadObject": "GetObject",
    "s3:ListBuckets": "ListAllMyBuckets",
    "s3:ListObjectVersions": "ListBucketVersions",
    "s3:ListObjects": "ListBucket",
    "s3:ListObjectsV2": "ListBucket",
    "s3:ListParts": "ListMultipartUploadParts",
    "s3:PutBucketCors": "PutBucketCORS",
    "s3:PutBucketEncryption": "PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "s3:PutBucketNotificationConfiguration": "PutBucketNotification",
    "s3:PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "s3:UploadPart": "PutObject",
    "sqs:ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "DeleteMessage",
    "sqs:SendMessageBatch": "SendMessage",
}

# Where a request names what it is about, the first that is there: a JMESPath expression, and the ARN's last part.
HERE, GLOBAL, AS_IT_IS = "arn:aws:{service}:{region}:{account}:", "arn:aws:{service}::{account}:", "{name}"
RESOURCES = {
    "application-autoscaling": {
        "ResourceARN": AS_IT_IS,
        "ResourceId": HERE + "scalable-target/{name}",
    },
    "budgets": {
        "ResourceARN": AS_IT_IS,
        "BudgetName || Budget.BudgetName || NewBudget.BudgetName": GLOBAL + "budget/{name}",
    },
    "cloudwatch": {
        "ResourceARN": AS_IT_IS,
        "AlarmName || AlarmNames": HERE + "alarm:{name}",
        "DashboardName || DashboardNames": GLOBAL + "dashboard/{name}",
    },
    "cloudwatch:DescribeAlarms": {"`*`": HERE + "alarm:*"},  # whichever alarms it names
    "cognito-idp": {
        "ResourceArn": AS_IT_IS,
        "UserPoolId": HERE + "userpool/{name}",
    },
    "dynamodb": {
        "ResourceArn": AS_IT_IS,
        "IndexName && join('/index/', [TableName, IndexName])": HERE + "table/{name}",
        "TableName": HERE + "table/{name}",
        "RequestItems && keys(RequestItems)": HERE + "table/{name}",
    },
    "events": {
        "ResourceARN": AS_IT_IS,
        "Rule": HERE + "rule/{name}",
        "Name": HERE + "rule/{name}",
        "Entries[].EventBusName": HERE + "event-bus/{name}",
    },
    "iam": {
        "RoleName": GLOBAL + "role/{name}",
        "PolicyArn || OpenIDConnectProviderArn": AS_IT_IS,
        "PolicyName": GLOBAL + "policy/{name}",
    },
    "kms": {
        "AliasName": HERE + "{name}",
        "KeyId": HERE + "key/{name}",
    },
    "lambda": {
        "Resource": AS_IT_IS,
        "FunctionName": HERE + "function:{name}",
    },
    "logs": {
        "resourceArn": AS_IT_IS,
        "logGroupName": HERE + "log-group:{name}:log-stream:",
    },
    "s3": {
        "Key && join('/', [Bucket, Key])": "arn:aws:s3:::{name}",
        "Delete.Objects[].Key": "arn:aws:s3:::{bucket}/{name}",
        "Bucket": "arn:aws:s3:::{name}",
    },
    "sagemaker": {
        "ResourceArn": AS_IT_IS,
        "EndpointName": HERE + "endpoint/{name}",
        "EndpointConfigName": HERE + "endpoint-config/{name}",
        "TransformJobName": HERE + "transform-job/{name}",
        "ModelName": HERE + "model/{name}",
        "TrainingJobName": HERE + "training-job/{name}",
    },
    "scheduler": {
        "Name": HERE + "schedule/default/{name}",
        "ResourceArn": AS_IT_IS,
    },
    "sns": {
        "ResourceArn || TopicArn": AS_IT_IS,
        "Name": HERE + "{name}",
    },
    "sqs": {
        "QueueName || QueueUrl": HERE + "{name}",
    },
    "sts": {
        "RoleArn": AS_IT_IS,
    },
    "states": {
        "resourceArn || stateMachineArn || executionArn || mapRunArn": AS_IT_IS,
        "name": HERE + "stateMachine:{name}",
    },
}
HAND_NO_ROLES = ("dynamodb", "iam", "sts")  # a role's ARN is what they are about, or a value in an item
BUSES = re.compile("(Create|Delete|Describe|Update)EventBus")
ROLE = re.compile(r"arn:aws:iam::\d+:role/")


def derive(signed_for: str, operation: str, request: Json, place: dict[str, str]) -> list[tuple[str, str]]:
    """The permissions as pairs of action and resource; `place` has the region and the account."""
    service = PREFIXES.get(signed_for, signed_for)
    if service == "apigateway":
        return [_derive_by_path(operation, request, place)]
    if service == "dynamodb" and "TransactItems" in request:
        return _derive_transaction(request, place)
    action = f"{service}:{ACTIONS.get(f'{service}:{operation}', operation)}"
    if service == "budgets" and "tag" not in operation.lower():
        action = "budgets:ViewBudget" if operation.startswith("Describe") else "budgets:ModifyBudget"
    if service == "s3" and jmespath.search("Key && VersionId || Delete.Objects[].VersionId", request):
        action += "Version"
    pairs = [(action, arn) for arn in resources(service, operation, request, place)]
    if service not in HAND_NO_ROLES:
        pairs += [("iam:PassRole", text) for text in texts(request) if ROLE.match(text)]
    return pairs


def _derive_by_path(operation: str, request: Json, place: dict[str, str]) -> tuple[str, str]:
    """AWS: the version of the API is no part of the ARN, which has no account either."""
    model = get_service_model("apigatewayv2").operation_model(operation)
    path = model.http["requestUri"].removeprefix("/v2")
    for member, shape in model.input_shape.members.items():
        if shape.serialization.get("location") == "uri" and member in request:
            path = path.replace(f"{{{shape.serialization['name']}}}", quote(request[member], safe="$"))
    return f"apigateway:{model.http['method']}", f"arn:aws:apigateway:{place['region']}::{path}"


def _derive_transaction(request: Json, place: dict[str, str]) -> list[tuple[str, str]]:
    """AWS: there is no permission for transactions, but for what they do."""
    named = {"ConditionCheck": "ConditionCheckItem"}
    found = [
        (f"dynamodb:{named.get(what, f'{what}Item')}", resource)
        for item in request["TransactItems"]
        for what, asked in item.items()
        for resource in resources("dynamodb", what, asked, place)
    ]
    return list(dict.fromkeys(found))


def resources(service: str, operation: str, request: Json, place: dict[str, str]) -> list[str]:
    if BUSES.fullmatch(operation):
        return [f"{HERE}event-bus/{{name}}".format(service=service, name=request["Name"], **place)]
    known = RESOURCES.get(f"{service}:{operation}") or RESOURCES.get(service, {})
    for expression, template in known.items():
        found = jmespath.search(expression, request)
        if found:
            names = found if isinstance(found, list) else [found]
            return [arn(template, name, service, request, place) for name in names]
    return ["*"]


def arn(template: str, name: str, service: str, request: Json, place: dict[str, str]) -> str:
    if name.startswith("arn:"):
        return name
    if service == "sqs":
        name = name.rsplit("/", 1)[-1]  # a queue's URL ends with its name
    return template.format(service=service, name=name, bucket=request.get("Bucket"), **place)


def texts(value: object) -> list[str]:
    """Every text in a request, however deep."""
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in texts(part)]
