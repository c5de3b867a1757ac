"""The sweep's own zip, called by its rule, with a role that may do what the sweep needs and no more."""

import json
import uuid

from tests.builders import REGISTER, make_role
from tests.localcloud.sessions import allow
from tests.waiting import until

from core import closure
from core.contract.events import Pointer

PHOTO = Pointer("scones", "incoming/a.png", "v1")
HERE = "us-east-1:123456789012"


def test_an_execution_that_is_stopped_leaves_a_photo_that_can_be_sent_again(aws, function, machine):
    name = f"photos-{uuid.uuid4()}"
    dynamodb, events, steps = aws("dynamodb"), aws("events"), aws("stepfunctions")
    dynamodb.create_table(TableName=name, **REGISTER)
    table = f"arn:aws:dynamodb:{HERE}:table/{name}"
    role = make_role(
        aws("iam"),
        f"r-{uuid.uuid4().hex[:8]}",
        allow("dynamodb:Query", f"{table}/index/open"),
        allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], table),
        allow("states:DescribeExecution", f"arn:aws:states:{HERE}:execution:*"),
        allow("events:PutEvents", f"arn:aws:events:{HERE}:event-bus/default"),
    )
    packages = {
        str(file): (closure.PYTHON / file).read_text() for file in sorted(closure.find("lambdas.sweep"))
    }
    settings = {"TABLE": name, "BUS_NAME": "default", "RETENTION_DAYS": "90"}
    sweep = function(
        "from lambdas.sweep import handler\n",
        packages,
        Role=role,
        Timeout=50,
        Environment={"Variables": settings},
    )

    waits = machine({"Wait": {"Type": "Wait", "Seconds": 60, "End": True}})
    rule = f"ended-{uuid.uuid4()}"
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [waits], "status": ["ABORTED", "TIMED_OUT"]},
    }
    arn = events.put_rule(Name=rule, EventPattern=json.dumps(pattern))["RuleArn"]
    aws("lambda").add_permission(
        FunctionName=sweep,
        StatementId="ended",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=arn,
    )
    events.put_targets(Rule=rule, Targets=[{"Id": "sweep", "Arn": sweep}])

    start = json.dumps({"s3_bucket": PHOTO.bucket, "s3_key": PHOTO.key, "version_id": PHOTO.version})
    execution = steps.start_execution(stateMachineArn=waits, input=start)["executionArn"]
    claim = {"id": PHOTO.id, "state": "claimed", "open": "claimed", "since": "now", "execution": execution}
    route = {"id": "untold", "state": "routed", "open": "untold", "since": "now", "execution": "another"}
    route |= {"s3_bucket": PHOTO.bucket, "s3_key": "incoming/b.png", "label": "bicycle"}
    numbers = {"confidence": {"N": "0.98"}, "assignment": {"M": {"max_distance_km": {"N": "5"}}}}
    for item, more in ((claim, {}), (route, numbers)):
        dynamodb.put_item(TableName=name, Item={it: {"S": text} for it, text in item.items()} | more)
    steps.stop_execution(executionArn=execution)

    def read():
        return {item["id"]["S"]: item for item in dynamodb.scan(TableName=name)["Items"]}

    items = until(read, lambda found: "told_at" in found["untold"])
    failed = items[PHOTO.id]
    assert (failed["state"], failed["error"]) == ({"S": "failed"}, {"S": "ExecutionAborted"})
    assert "open" not in items["untold"]
