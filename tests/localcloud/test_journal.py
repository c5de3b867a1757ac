"""The local cloud's journal: what was called, by whom, as IAM names it."""

import json
from urllib.request import urlopen

import boto3
import pytest


@pytest.fixture
def caller(cloud):
    """Make a client that signs with a key of its own: `caller("s3")`."""
    keys = {"aws_access_key_id": "somebody", "aws_secret_access_key": "local", "region_name": "us-east-1"}
    return lambda service: boto3.client(service, endpoint_url=cloud, **keys)


@pytest.fixture
def calls(cloud):
    """What that key has called so far, as pairs of action and resource."""

    def read() -> set[tuple[str, str]]:
        with urlopen(f"{cloud}/_localcloud/calls") as answer:
            noted = json.load(answer)
        return {(call["action"], call["resource"]) for call in noted if call["key"] == "somebody"}

    return read


def test_calls_have_the_names_of_their_permissions(caller, calls):
    s3 = caller("s3")
    s3.create_bucket(Bucket="noted")
    s3.head_bucket(Bucket="noted")
    s3.put_bucket_notification_configuration(Bucket="noted", NotificationConfiguration={})
    s3.put_object(Bucket="noted", Key="a/b c.png", Body=b"\x89PNG")
    s3.head_object(Bucket="noted", Key="a/b c.png")
    s3.delete_objects(Bucket="noted", Delete={"Objects": [{"Key": "a/b c.png"}, {"Key": "d"}]})
    assert calls() >= {
        ("s3:CreateBucket", "arn:aws:s3:::noted"),
        ("s3:ListBucket", "arn:aws:s3:::noted"),
        ("s3:PutBucketNotification", "arn:aws:s3:::noted"),
        ("s3:PutObject", "arn:aws:s3:::noted/a/b c.png"),
        ("s3:GetObject", "arn:aws:s3:::noted/a/b c.png"),
        ("s3:DeleteObject", "arn:aws:s3:::noted/a/b c.png"),
        ("s3:DeleteObject", "arn:aws:s3:::noted/d"),
    }


def test_calls_of_every_protocol_are_told_with_their_resource(caller, calls):
    here = "us-east-1:123456789012"
    url = caller("sqs").create_queue(QueueName="noted")["QueueUrl"]
    caller("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    caller("sqs").send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "m"}])
    caller("sns").create_topic(Name="noted")
    caller("cloudwatch").describe_alarms(AlarmNames=["noted"])
    caller("events").create_event_bus(Name="noted")
    budgets = caller("budgets")
    with pytest.raises(budgets.exceptions.NotFoundException):
        budgets.describe_budget(AccountId="123456789012", BudgetName="noted")
    budget = "arn:aws:budgets::123456789012:budget/tagged"
    made = {"BudgetName": "tagged", "BudgetType": "COST", "TimeUnit": "MONTHLY"}
    limit = {"Amount": "1", "Unit": "USD"}
    budgets.create_budget(AccountId="123456789012", Budget={**made, "BudgetLimit": limit})
    budgets.untag_resource(ResourceARN=budget, ResourceTagKeys=["Owner"])
    assert calls() >= {
        ("sqs:CreateQueue", f"arn:aws:sqs:{here}:noted"),
        ("sqs:GetQueueAttributes", f"arn:aws:sqs:{here}:noted"),
        ("sqs:SendMessage", f"arn:aws:sqs:{here}:noted"),
        ("sns:CreateTopic", f"arn:aws:sns:{here}:noted"),
        ("cloudwatch:DescribeAlarms", f"arn:aws:cloudwatch:{here}:alarm:*"),
        ("events:CreateEventBus", f"arn:aws:events:{here}:event-bus/noted"),
        ("budgets:ViewBudget", "arn:aws:budgets::123456789012:budget/noted"),
        ("budgets:UntagResource", budget),
    }


def test_handing_a_role_to_a_service_is_a_permission_too(caller, calls):
    role = "arn:aws:iam::123456789012:role/any"
    definition = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
    caller("stepfunctions").create_state_machine(name="noted", definition=definition, roleArn=role)
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:noted"
    assert {("states:CreateStateMachine", machine), ("iam:PassRole", role)} <= calls()


def test_calls_of_api_gateway_are_methods_on_paths(caller, calls):
    gateway = caller("apigatewayv2")
    api = gateway.create_api(Name="noted", ProtocolType="HTTP", Tags={"Of": "us"})["ApiId"]
    gateway.create_stage(ApiId=api, StageName="$default")
    gateway.update_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    stage = f"arn:aws:apigateway:us-east-1::/apis/{api}/stages/$default"
    gateway.tag_resource(ResourceArn=stage, Tags={"Of": "us"})
    gateway.untag_resource(ResourceArn=stage, TagKeys=["Of"])
    gateway.delete_api(ApiId=api)
    here = "arn:aws:apigateway:us-east-1::"
    tags = f"{here}/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fapis%2F{api}%2Fstages%2F$default"
    assert calls() >= {
        ("apigateway:POST", f"{here}/apis"),
        ("apigateway:POST", f"{here}/apis/{api}/stages"),
        ("apigateway:PATCH", f"{here}/apis/{api}/stages/$default"),
        ("apigateway:POST", tags),
        ("apigateway:DELETE", tags),
        ("apigateway:DELETE", f"{here}/apis/{api}"),
    }


def test_calls_of_a_pool_are_about_the_pool(caller, calls):
    people = caller("cognito-idp")
    pool = people.create_user_pool(PoolName="noted")["UserPool"]
    people.create_group(UserPoolId=pool["Id"], GroupName="leads")
    people.describe_user_pool_domain(Domain="noted")
    people.list_tags_for_resource(ResourceArn=pool["Arn"])
    assert calls() >= {
        ("cognito-idp:CreateUserPool", "*"),
        ("cognito-idp:CreateGroup", pool["Arn"]),
        ("cognito-idp:DescribeUserPoolDomain", "*"),
        ("cognito-idp:ListTagsForResource", pool["Arn"]),
    }


def test_a_transaction_needs_what_it_does(caller, calls, table):
    other = f"arn:aws:dynamodb:us-east-1:123456789012:table/{table}"
    key = {"id": {"S": "1"}}
    items = [
        {"Put": {"TableName": table, "Item": key}},
        {
            "ConditionCheck": {
                "TableName": table,
                "Key": {"id": {"S": "2"}},
                "ConditionExpression": "attribute_not_exists(id)",
            }
        },
    ]
    caller("dynamodb").transact_write_items(TransactItems=items)
    caller("dynamodb").transact_get_items(TransactItems=[{"Get": {"TableName": table, "Key": key}}])
    noted = {action for action, resource in calls() if resource == other}
    assert noted == {"dynamodb:PutItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem"}
