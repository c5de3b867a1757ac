"""A role may do what its policies and its boundary say, and is refused anything else in AWS's words."""

import json
import uuid
from typing import Any
from urllib.request import urlopen

import pytest
from tests.builders import document, make_role
from tests.localcloud.sessions import allow, refusal

HERE = "us-east-1:123456789012"
ACCOUNT = "arn:aws:iam::123456789012"


@pytest.fixture
def photos(aws):
    name = f"photos-{uuid.uuid4()}"
    aws("s3").create_bucket(Bucket=name)
    aws("s3").put_object(Bucket=name, Key="incoming/a.png", Body=b"a")
    return name


def test_an_object_is_read_by_whom_a_policy_lets_and_by_nobody_else(session, photos):
    reader = session(allow("s3:GetObject", f"arn:aws:s3:::{photos}/incoming/*"))
    assert reader("s3").get_object(Bucket=photos, Key="incoming/a.png")["Body"].read() == b"a"
    code, status, message = refusal(reader("s3").put_object, Bucket=photos, Key="incoming/b.png", Body=b"b")
    assert (code, status) == ("AccessDenied", 403)
    assert message == (
        f"User: {reader.arn} is not authorized to perform: s3:PutObject "
        f'on resource: "arn:aws:s3:::{photos}/incoming/b.png" '
        "because no identity-based policy allows the s3:PutObject action"
    )


def test_that_an_object_is_not_there_is_said_only_to_those_who_may_list_the_bucket(session, photos):
    get = allow("s3:GetObject", f"arn:aws:s3:::{photos}/*")
    gone = {"Bucket": photos, "Key": "incoming/gone.png"}
    code, _, message = refusal(session(get)("s3").get_object, **gone)
    assert code == "AccessDenied"
    assert "s3:ListBucket" in message
    lister = session(get, allow("s3:ListBucket", f"arn:aws:s3:::{photos}"))
    assert refusal(lister("s3").get_object, **gone)[0] == "NoSuchKey"


def test_a_version_is_read_by_whom_a_policy_lets_read_versions(aws, session, photos):
    aws("s3").put_bucket_versioning(Bucket=photos, VersioningConfiguration={"Status": "Enabled"})
    named = {"Bucket": photos, "Key": "incoming/b.png"}
    version = {"VersionId": aws("s3").put_object(**named, Body=b"b")["VersionId"]}
    everything = f"arn:aws:s3:::{photos}/*"
    newest = session(allow("s3:GetObject", everything))
    assert newest("s3").get_object(**named)["Body"].read() == b"b"
    assert "s3:GetObjectVersion" in refusal(newest("s3").get_object, **named, **version)[2]
    versions = session(allow("s3:GetObjectVersion", everything))
    assert versions("s3").get_object(**named, **version)["Body"].read() == b"b"
    assert "s3:GetObject on" in refusal(versions("s3").get_object, **named)[2]


def test_that_a_version_is_not_there_is_said_only_to_those_who_may_list_the_bucket(aws, session, photos):
    aws("s3").put_bucket_versioning(Bucket=photos, VersioningConfiguration={"Status": "Enabled"})
    named = {"Bucket": photos, "Key": "incoming/a.png"}
    version = {"VersionId": aws("s3").put_object(**named, Body=b"b")["VersionId"]}
    aws("s3").delete_object(**named)
    get = allow(["s3:GetObject", "s3:GetObjectVersion"], f"arn:aws:s3:::{photos}/*")
    reader = session(get)("s3")
    lister = session(get, allow("s3:ListBucket", f"arn:aws:s3:::{photos}"))("s3")
    assert reader.get_object(**named, **version)["Body"].read() == b"b"
    aws("s3").delete_object(**named, **version)
    for asked, code in (({}, "NoSuchKey"), (version, "NoSuchVersion")):
        assert "s3:ListBucket" in refusal(reader.get_object, **named, **asked)[2]
        assert refusal(lister.get_object, **named, **asked)[0] == code


def test_a_version_needs_the_key_that_it_was_encrypted_with(aws, session, photos):
    aws("s3").put_bucket_versioning(Bucket=photos, VersioningConfiguration={"Status": "Enabled"})
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    named = {"Bucket": photos, "Key": "incoming/c.png"}
    encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    old, new = (aws("s3").put_object(**named, Body=b"c", **more)["VersionId"] for more in (encrypted, {}))
    reader = session(allow("s3:GetObjectVersion", "*"))("s3")
    assert f"kms:Decrypt on resource: {key}" in refusal(reader.get_object, **named, VersionId=old)[2]
    assert reader.get_object(**named, VersionId=new)["Body"].read() == b"c"


def test_a_list_is_limited_to_the_prefixes_of_its_condition(session, photos):
    condition = {"StringLike": {"s3:prefix": ["incoming/*"]}}
    reader = session(allow("s3:ListBucket", f"arn:aws:s3:::{photos}", Condition=condition))
    assert reader("s3").list_objects_v2(Bucket=photos, Prefix="incoming/")["KeyCount"] == 1
    assert refusal(reader("s3").list_objects_v2, Bucket=photos, Prefix="models/")[0] == "AccessDenied"


def test_a_bucket_s_policy_may_refuse_to_write_over_what_is_there(aws, session, photos):
    """As AWS's page on enforcing conditional writes has it."""
    objects = f"arn:aws:s3:::{photos}/records/*"
    denial = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": objects,
        "Condition": {"Null": {"s3:if-none-match": "true"}},
    }
    aws("s3").put_bucket_policy(Bucket=photos, Policy=document(denial))
    writer = session(allow("s3:PutObject", objects))("s3")
    record = {"Bucket": photos, "Key": "records/1.json", "Body": b"{}"}
    assert refusal(writer.put_object, **record)[0] == "AccessDenied"
    writer.put_object(**record, IfNoneMatch="*")
    assert refusal(writer.put_object, **record, IfNoneMatch="*")[:2] == ("PreconditionFailed", 412)


ENTRY = {"Source": "s", "DetailType": "d", "Detail": "{}", "EventBusName": "b"}
METRIC = {"Namespace": "N", "MetricData": [{"MetricName": "m", "Value": 1.0}]}
MACHINE = {"stateMachineArn": f"arn:aws:states:{HERE}:stateMachine:m"}
TOPIC = {"TopicArn": f"arn:aws:sns:{HERE}:t", "Message": "m"}
QUEUE = {"QueueUrl": "http://x/123456789012/q"}
ENDPOINT = {"EndpointName": "e", "Body": b""}
# By the service: a call that nobody may make here, its error's name and status, and which permission is missing.
REFUSALS: dict[str, Any] = {
    "apigatewayv2": (
        ("create_api", {"Name": "a", "ProtocolType": "HTTP"}),
        "AccessDeniedException",
        403,
        "apigateway:POST",
    ),
    "cloudwatch": (("put_metric_data", METRIC), "AccessDenied", 403, "cloudwatch:PutMetricData"),
    "cognito-idp": (
        ("create_group", {"UserPoolId": "us-east-1_a", "GroupName": "g"}),
        "AccessDeniedException",
        400,
        "cognito-idp:CreateGroup",
    ),
    "events": (("put_events", {"Entries": [ENTRY]}), "AccessDeniedException", 400, "events:PutEvents"),
    "iam": (("get_role", {"RoleName": "any"}), "AccessDenied", 403, "iam:GetRole"),
    "lambda": (("invoke", {"FunctionName": "f"}), "AccessDeniedException", 403, "lambda:InvokeFunction"),
    "logs": (
        ("create_log_group", {"logGroupName": "g"}),
        "AccessDeniedException",
        400,
        "logs:CreateLogGroup",
    ),
    "sagemaker-runtime": (
        ("invoke_endpoint", {**ENDPOINT, "Body": b"a photo"}),
        "AccessDeniedException",
        403,
        "sagemaker:InvokeEndpoint",
    ),
    "scheduler": (("get_schedule", {"Name": "s"}), "AccessDeniedException", 403, "scheduler:GetSchedule"),
    "sns": (("publish", TOPIC), "AuthorizationError", 403, "SNS:Publish"),
    "sqs": (("get_queue_attributes", QUEUE), "AccessDenied", 403, "sqs:getqueueattributes"),
    "stepfunctions": (("start_execution", MACHINE), "AccessDeniedException", 400, "states:StartExecution"),
}
RESOURCES = {
    "apigatewayv2": " on resource: arn:aws:apigateway:us-east-1::/apis",
    "cloudwatch": "",
    "cognito-idp": f" on resource: arn:aws:cognito-idp:{HERE}:userpool/us-east-1_a",
    "events": f" on resource: arn:aws:events:{HERE}:event-bus/b",
    "iam": f" on resource: {ACCOUNT}:role/any",
    "lambda": f" on resource: arn:aws:lambda:{HERE}:function:f",
    "logs": f" on resource: arn:aws:logs:{HERE}:log-group:g:log-stream:",
    "sagemaker-runtime": f" on resource: arn:aws:sagemaker:{HERE}:endpoint/e",
    "scheduler": f" on resource: arn:aws:scheduler:{HERE}:schedule/default/s",
    "sns": f" on resource: arn:aws:sns:{HERE}:t",
    "sqs": f" on resource: arn:aws:sqs:{HERE}:q",
    "stepfunctions": f" on resource: arn:aws:states:{HERE}:stateMachine:m",
}


@pytest.mark.parametrize("service", REFUSALS)
def test_every_service_refuses_by_its_own_name_and_words(session, service):
    nobody = session(allow("s3:GetObject", "*"))
    (call, asked), code, status, action = REFUSALS[service]
    assert refusal(getattr(nobody(service), call), **asked) == (
        code,
        status,
        f"User: {nobody.arn} is not authorized to perform: {action}{RESOURCES[service]} "
        f"because no identity-based policy allows the {action} action",
    )


def test_everybody_may_ask_who_he_is(session):
    nobody = session(allow("s3:GetObject", "*"))
    assert nobody("sts").get_caller_identity()["Arn"] == nobody.arn


def test_a_boundary_limits_a_role_that_may_do_all(aws, session):
    limits = aws("iam").create_policy(
        PolicyName=f"b-{uuid.uuid4()}", PolicyDocument=document(allow("sqs:*", "*"))
    )
    bounded = session(PermissionsBoundary=limits["Policy"]["Arn"])
    bounded("sqs").create_queue(QueueName="bounded")
    _, _, message = refusal(bounded("sns").create_topic, Name="bounded")
    assert message.endswith("because no permissions boundary allows the SNS:CreateTopic action")


def test_a_policy_that_changes_counts_from_the_next_request(aws, session):
    changing = session(allow("sqs:*", "*"))
    changing("sqs").create_queue(QueueName="changing")
    deny = {"Effect": "Deny", "Action": "sqs:CreateQueue", "Resource": "*"}
    aws("iam").put_role_policy(RoleName=changing.name, PolicyName="not", PolicyDocument=document(deny))
    _, _, message = refusal(changing("sqs").create_queue, QueueName="changing")
    assert message.endswith("with an explicit deny in an identity-based policy")


def test_the_session_of_a_role_that_is_gone_is_nobody(aws, session):
    gone = session()
    aws("iam").delete_role_policy(RoleName=gone.name, PolicyName="may")
    aws("iam").delete_role(RoleName=gone.name)
    assert refusal(gone("sns").create_topic, Name="x")[:2] == ("InvalidClientTokenId", 403)
    assert refusal(gone("logs").create_log_group, logGroupName="x")[0] == "UnrecognizedClientException"
    assert refusal(gone("s3").list_buckets)[0] == "InvalidAccessKeyId"


def test_a_role_is_handed_only_to_the_services_that_a_policy_names(aws, session):
    other = make_role(aws("iam"), f"handed-{uuid.uuid4().hex[:8]}")
    states = {"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}}
    giver = session(allow("iam:PassRole", other, Condition=states), allow(["states:*", "scheduler:*"], "*"))
    definition = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
    giver("stepfunctions").create_state_machine(name="handed", definition=definition, roleArn=other)
    target = {"Arn": f"arn:aws:lambda:{HERE}:function:f", "RoleArn": other}
    window = {"Mode": "OFF"}
    asked = {
        "Name": "handed",
        "ScheduleExpression": "rate(1 hour)",
        "FlexibleTimeWindow": window,
        "Target": target,
    }
    _, _, message = refusal(giver("scheduler").create_schedule, **asked)
    assert f"iam:PassRole on resource: {other} because no identity-based policy" in message


def test_a_customer_s_key_is_needed_for_what_is_encrypted_with_it(aws, session, photos):
    key = aws("kms").create_key(Tags=[{"TagKey": "Environment", "TagValue": "ours"}])["KeyMetadata"]["Arn"]
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    aws("s3").put_bucket_encryption(Bucket=photos, ServerSideEncryptionConfiguration={"Rules": [rule]})
    aws("s3").put_object(Bucket=photos, Key="b.png", Body=b"b")
    queue = aws("sqs").create_queue(QueueName=f"q-{uuid.uuid4()}", Attributes={"KmsMasterKeyId": key})[
        "QueueUrl"
    ]
    topic = aws("sns").create_topic(Name=f"t-{uuid.uuid4()}", Attributes={"KmsMasterKeyId": key})["TopicArn"]
    services = allow(["s3:*", "sqs:*", "sns:*"], "*")
    without = session(services)
    code, _, message = refusal(without("s3").get_object, Bucket=photos, Key="b.png")
    assert code == "AccessDenied"
    assert (
        f"kms:Decrypt on resource: {key} because no identity-based policy allows the kms:Decrypt action"
        in message
    )
    assert "kms:GenerateDataKey" in refusal(without("s3").put_object, Bucket=photos, Key="c", Body=b"c")[2]
    sent = refusal(without("sqs").send_message, QueueUrl=queue, MessageBody="m")
    assert sent[:2] == ("KMS.AccessDeniedException", 400)
    assert refusal(without("sns").publish, TopicArn=topic, Message="m")[0] == "KMSAccessDenied"

    ours = {"StringEquals": {"aws:ResourceTag/Environment": "ours"}}
    user = session(services, allow(["kms:Decrypt", "kms:GenerateDataKey"], "*", Condition=ours))
    assert user("s3").get_object(Bucket=photos, Key="b.png")["Body"].read() == b"b"
    user("sqs").send_message(QueueUrl=queue, MessageBody="m")
    user("sns").publish(TopicArn=topic, Message="m")


def test_a_key_s_policy_may_name_a_role_by_a_condition(aws, session):
    named = session(allow("sqs:*", "*"))
    condition = {
        "StringEquals": {
            "aws:PrincipalArn": f"{ACCOUNT}:role/{named.name}",
            "kms:CallerAccount": "123456789012",
        }
    }
    everybody = allow("kms:*", "*", Principal={"AWS": "*"}, Condition=condition)
    key = aws("kms").create_key(Policy=document(everybody))["KeyMetadata"]["Arn"]
    attributes = {"KmsMasterKeyId": key}
    queue = aws("sqs").create_queue(QueueName=f"q-{uuid.uuid4()}", Attributes=attributes)["QueueUrl"]
    named("sqs").send_message(QueueUrl=queue, MessageBody="m")
    other = session(allow(["sqs:*", "kms:*"], "*"))
    _, _, message = refusal(other("sqs").send_message, QueueUrl=queue, MessageBody="m")
    assert message.endswith("because no resource-based policy allows the kms:GenerateDataKey action")


def test_the_decisions_can_be_read_with_the_statements_that_allowed_them(cloud, session, photos):
    reader = session(allow("s3:GetObject", f"arn:aws:s3:::{photos}/*", Sid="Read"), allow("sqs:*", "*"))
    reader("s3").get_object(Bucket=photos, Key="incoming/a.png")
    refusal(reader("sns").create_topic, Name="x")
    with urlopen(f"{cloud}/_localcloud/decisions") as answer:
        decided = [it for it in json.load(answer) if it["role"].endswith(reader.name)]
    assert [(it["action"], it["allowed"], it["by"]) for it in decided] == [
        ("s3:GetObject", True, [f"{reader.name}/may/Read"]),
        ("sns:CreateTopic", False, []),
    ]


def test_an_api_and_a_pool_are_told_from_others_by_their_tags(aws, session):
    ours = {"StringEquals": {"aws:ResourceTag/Environment": "ours"}}
    made = {"StringEquals": {"aws:RequestTag/Environment": "ours"}}
    gateway, people = (
        "arn:aws:apigateway:us-east-1::",
        "arn:aws:cognito-idp:us-east-1:123456789012:userpool/*",
    )
    maker = session(
        allow("apigateway:POST", f"{gateway}/apis", Condition=made),
        allow("apigateway:*", f"{gateway}/apis/*", Condition=ours),
        allow("cognito-idp:CreateUserPool", "*", Condition=made),
        allow("cognito-idp:*", people, Condition=ours),
    )
    asked = {"Name": "a", "ProtocolType": "HTTP"}
    assert refusal(maker("apigatewayv2").create_api, **asked)[0] == "AccessDeniedException"
    api = maker("apigatewayv2").create_api(**asked, Tags={"Environment": "ours"})["ApiId"]
    other = aws("apigatewayv2").create_api(**asked)["ApiId"]
    maker("apigatewayv2").create_stage(ApiId=api, StageName="s")
    assert refusal(maker("apigatewayv2").create_stage, ApiId=other, StageName="s")[1] == 403
    assert refusal(maker("cognito-idp").create_user_pool, PoolName="p")[1] == 400
    pool = maker("cognito-idp").create_user_pool(PoolName="p", UserPoolTags={"Environment": "ours"})
    theirs = aws("cognito-idp").create_user_pool(PoolName="p")["UserPool"]["Id"]
    maker("cognito-idp").create_group(UserPoolId=pool["UserPool"]["Id"], GroupName="g")
    assert refusal(maker("cognito-idp").create_group, UserPoolId=theirs, GroupName="g")[1] == 400


def test_whoever_gives_a_stage_a_log_may_deliver_logs(aws, session):
    api = aws("apigatewayv2").create_api(Name="a", ProtocolType="HTTP")["ApiId"]
    maker = session(allow("apigateway:*", "*"))("apigatewayv2")
    log = {"DestinationArn": f"arn:aws:logs:{HERE}:log-group:g", "Format": "$context.status"}
    _, _, message = refusal(maker.create_stage, ApiId=api, StageName="s", AccessLogSettings=log)
    assert "logs:CreateLogDelivery because no identity-based policy" in message
    maker.create_stage(ApiId=api, StageName="s")
