"""What Terraform's provider writes, it must read again: otherwise it plans the same change for ever."""

import json
from unittest.mock import create_autospec

from moto.iam.models import IAMBackend, Role

from localcloud import iam

ROLE = "arn:aws:iam::123456789012:role/any"


def test_a_queue_keeps_its_policies(aws):
    sqs = aws("sqs")
    sqs.create_queue(QueueName="dead")
    redrive = '{"maxReceiveCount":3,"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:dead"}'
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    attributes = {"Policy": json.dumps(policy), "RedrivePolicy": redrive}
    url = sqs.create_queue(QueueName="kept", Attributes=attributes)["QueueUrl"]
    allow = '{"redrivePermission":"denyAll"}'
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedriveAllowPolicy": allow})
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert json.loads(shown["Policy"]) == policy
    assert (shown["RedrivePolicy"], shown["RedriveAllowPolicy"]) == (redrive, allow)
    for name in ("Policy", "RedrivePolicy", "RedriveAllowPolicy"):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={name: ""})
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert not {"Policy", "RedrivePolicy", "RedriveAllowPolicy"} & set(shown)


def test_a_bucket_shows_its_events_and_takes_a_policy_against_plain_http(aws):
    s3 = aws("s3")
    s3.create_bucket(Bucket="with-a-policy")
    shown: dict[str, dict] = {"EventBridgeConfiguration": {}}
    s3.put_bucket_notification_configuration(Bucket="with-a-policy", NotificationConfiguration=shown)
    answer = s3.get_bucket_notification_configuration(Bucket="with-a-policy")
    assert answer["EventBridgeConfiguration"] == {}
    denial = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::with-a-policy/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [denial]}
    s3.put_bucket_policy(Bucket="with-a-policy", Policy=json.dumps(policy))
    s3.put_object(Bucket="with-a-policy", Key="x", Body=b"x")
    assert s3.get_object(Bucket="with-a-policy", Key="x")["Body"].read() == b"x"


def test_versions_of_keys_with_any_sign_are_listed_as_they_are(aws):
    s3, keys = aws("s3"), ["incoming/a b.png", "incoming/a%2Bb.png", "incoming/a+b.png", "incoming/ä.png"]
    s3.create_bucket(Bucket="with-versions")
    s3.put_bucket_versioning(Bucket="with-versions", VersioningConfiguration={"Status": "Enabled"})
    for key in keys:
        s3.put_object(Bucket="with-versions", Key=key)
    s3.delete_object(Bucket="with-versions", Key=keys[0])
    plain = s3.list_object_versions(Bucket="with-versions")
    assert [version["Key"] for version in plain["Versions"]] == keys
    assert [marker["Key"] for marker in plain["DeleteMarkers"]] == keys[:1]
    encoded = s3.list_object_versions(Bucket="with-versions", EncodingType="url", Prefix="incoming/a+")
    assert [version["Key"] for version in encoded["Versions"]] == ["incoming/a%2Bb.png"]


def test_a_budget_shows_who_is_told(aws):
    budgets, account = aws("budgets"), {"AccountId": "123456789012"}
    notification = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80}
    subscriber = {"SubscriptionType": "EMAIL", "Address": "a@example.com"}
    limit = {"Amount": "50", "Unit": "USD"}
    budget = {"BudgetName": "b", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit}
    told = [{"Notification": notification, "Subscribers": [subscriber]}]
    budgets.create_budget(Budget=budget, NotificationsWithSubscribers=told, **account)
    shown = budgets.describe_subscribers_for_notification(
        BudgetName="b", Notification=notification, **account
    )
    assert shown["Subscribers"] == [subscriber]


def test_a_scalable_target_has_tags(aws):
    scaling = aws("application-autoscaling")
    arn = scaling.register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId="endpoint/e/variant/AllTraffic",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        MinCapacity=1,
        MaxCapacity=2,
        Tags={"Project": "scones"},
    )["ScalableTargetARN"]
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"Project": "scones"}


def test_a_function_keeps_what_it_was_configured_with(aws, function):
    logging = {"LogFormat": "JSON", "ApplicationLogLevel": "INFO"}
    arn = function("def handler(event, context): pass\n", LoggingConfig=logging)
    aws("lambda").update_function_configuration(FunctionName=arn, TracingConfig={"Mode": "Active"})
    aws("lambda").put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=0)
    shown = aws("lambda").get_function(FunctionName=arn)
    assert logging.items() <= shown["Configuration"]["LoggingConfig"].items()
    assert shown["Configuration"]["TracingConfig"] == {"Mode": "Active"}
    assert shown["Concurrency"] == {"ReservedConcurrentExecutions": 0}


def test_a_role_is_allowed_whatever_is_asked(aws):
    results = aws("iam").simulate_principal_policy(
        PolicySourceArn=ROLE, ActionNames=["s3:GetObject", "s3:PutObject"]
    )
    assert [result["EvalDecision"] for result in results["EvaluationResults"]] == ["allowed", "allowed"]


def test_a_role_may_go_while_others_are_looked_up():
    iam.install()
    backend = IAMBackend("aws", "123456789012")
    role = create_autospec(Role, instance=True)
    backend.roles |= {"stays": role, "goes": role}
    for _ in backend.get_roles():
        backend.roles.pop("goes", None)


def test_a_bucket_with_photos_that_were_deleted_can_be_emptied(aws):
    s3 = aws("s3")
    s3.create_bucket(Bucket="with-markers")
    s3.put_bucket_versioning(Bucket="with-markers", VersioningConfiguration={"Status": "Enabled"})
    for key in ("a.png", "b.png"):
        s3.put_object(Bucket="with-markers", Key=key)
        s3.delete_object(Bucket="with-markers", Key=key)
    # As Terraform takes a bucket down: its versioning goes first.
    s3.put_bucket_versioning(Bucket="with-markers", VersioningConfiguration={"Status": "Suspended"})
    listed = s3.list_object_versions(Bucket="with-markers")
    for thing in (*listed["Versions"], *listed["DeleteMarkers"]):
        s3.delete_object(Bucket="with-markers", Key=thing["Key"], VersionId=thing["VersionId"])
    s3.delete_bucket(Bucket="with-markers")


def test_a_table_shows_what_it_was_made_and_changed_with(aws):
    dynamodb, key = aws("dynamodb"), aws("kms").create_key()["KeyMetadata"]["Arn"]
    index = {
        "IndexName": "open",
        "KeySchema": [
            {"AttributeName": "open", "KeyType": "HASH"},
            {"AttributeName": "since", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["error", "execution"]},
    }
    tags = [{"Key": "Project", "Value": "scones"}]
    arn = dynamodb.create_table(
        TableName="register",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("id", "open", "since")
        ],
        GlobalSecondaryIndexes=[index],
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
        DeletionProtectionEnabled=True,
        Tags=tags,
    )["TableDescription"]["TableArn"]
    dynamodb.update_time_to_live(
        TableName="register", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    dynamodb.update_continuous_backups(
        TableName="register", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    shown = dynamodb.describe_table(TableName="register")["Table"]
    assert shown["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert [{name: one[name] for name in index} for one in shown["GlobalSecondaryIndexes"]] == [index]
    assert shown["SSEDescription"]["KMSMasterKeyArn"] == key
    assert shown["DeletionProtectionEnabled"] is True
    assert dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == tags
    lives = dynamodb.describe_time_to_live(TableName="register")["TimeToLiveDescription"]
    assert lives == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    kept = dynamodb.describe_continuous_backups(TableName="register")["ContinuousBackupsDescription"]
    assert kept["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    dynamodb.update_table(TableName="register", DeletionProtectionEnabled=False)
    assert dynamodb.describe_table(TableName="register")["Table"]["DeletionProtectionEnabled"] is False
