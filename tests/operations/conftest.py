"""Where bulk runs are tried, and commands on the register of photos."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from tests.builders import REGISTER, make_role
from tests.localcloud.apis import Pool
from tests.operations.bulk_place import Place
from tests.waiting import until

from core.contract.events import Pointer
from operations import bulk_progress, invite
from operations.bulk_run import Run

KEY = "incoming/photo.png"  # of a photo that `put` writes down
CONSOLE = "http://localhost:4577/_aws/execute-api/abc/"
MACHINE = {"StartAt": "ClaimPhoto", "States": {"ClaimPhoto": {"Type": "Pass", "End": True}}}


@pytest.fixture
def place(
    aws: Callable[[str], Any], cloud_variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Place:
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(bulk_progress, "LOOK_SECONDS", 0.05)
    made = Place(aws, monkeypatch)
    made.deploy()
    return made


@pytest.fixture
def asked() -> Callable[[Run], list[str]]:
    """Note the requests of a run's clients: `noted = asked(run)`."""

    def note(run: Run) -> list[str]:
        noted: list[str] = []
        for client in (run.s3, run.steps):
            client.meta.events.register("before-call", lambda model, **_: noted.append(model.name))
        return noted

    return note


@pytest.fixture
def prefix() -> str:
    return f"p{uuid.uuid4().hex[:8]}"


@pytest.fixture
def bucket(aws, prefix) -> str:
    name = f"{prefix}-123456789012"
    aws("s3").create_bucket(Bucket=name)
    aws("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture
def table(aws, prefix) -> str:
    """The register, as Terraform makes it."""
    aws("dynamodb").create_table(TableName=f"{prefix}-photos", **REGISTER)
    return f"{prefix}-photos"


@pytest.fixture
def reviews(aws, prefix):
    """Put down who looks at a photo, `reviews(photo, until=...)`: answer how to see which photos are there."""
    dynamodb, name = aws("dynamodb"), f"{prefix}-reviews"
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "photo", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "photo", "AttributeType": "S"}],
    )

    def write(photo: str, **texts: str) -> Callable[[], list[str]]:
        item = {name: {"S": text} for name, text in {"photo": photo, "by": "a-sub", **texts}.items()}
        dynamodb.put_item(TableName=name, Item=item)
        return lambda: [it["photo"]["S"] for it in dynamodb.scan(TableName=name)["Items"]]

    return write


@pytest.fixture
def change(aws, table):
    """Change a photo's item by an expression, with these numbers, as `N` of one and `NS` of several, texts and maps."""

    def update(photo: str, expression: str, **values: Any) -> None:
        aws("dynamodb").update_item(
            TableName=table,
            Key={"id": {"S": photo}},
            UpdateExpression=expression,
            ExpressionAttributeValues={f":{name}": write_value(value) for name, value in values.items()},
        )

    return update


def write_value(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"M": {name: write_value(it) for name, it in value.items()}}
    if isinstance(value, set):
        return {"NS": [str(it) for it in value]}
    return {"S": value} if isinstance(value, str) else {"N": str(value)}


@pytest.fixture
def execution(aws, prefix) -> str:
    """One that has ended."""
    steps = aws("stepfunctions")
    machine = steps.create_state_machine(
        name=prefix, definition=json.dumps(MACHINE), roleArn=make_role(aws("iam"), prefix)
    )["stateMachineArn"]
    arn = steps.start_execution(stateMachineArn=machine)["executionArn"]
    until(lambda: steps.describe_execution(executionArn=arn)["status"], lambda it: it == "SUCCEEDED")
    return arn


@pytest.fixture
def put(aws, table, bucket, execution):
    """Write down a photo; texts are texts, attempts and expires numbers, maps as AWS has them, and None is left out."""

    def write(
        version: str = "",
        key: str = KEY,
        assignment: bool = False,
        decisions: Iterable[dict[str, str]] = (),
        **more: str | dict[str, dict[str, str]] | None,
    ) -> str:
        photo = Pointer(bucket, key, version).id
        item = {
            "id": photo,
            "state": "claimed",
            "execution": execution,
            "s3_bucket": bucket,
            "s3_key": key,
            "version_id": version,
            "source": "",
            "reference": "",
            "first_at": "2026-11-26T12:00:00.000Z",
            "claimed_at": "2026-11-26T12:00:00.000Z",
            "attempts": "1",
        } | more
        numbers = ("attempts", "confidence", "expires")
        written: dict[str, Any] = {
            name: {"M" if isinstance(it, dict) else "N" if name in numbers else "S": it}
            for name, it in item.items()
            if it is not None
        }
        for number, made in enumerate(decisions, start=1):
            written["decided"] = {"N": str(number)}
            written[f"decision_{number}"] = {"M": {name: {"S": it} for name, it in made.items()}}
        if decisions:
            written["confidence"] = {"NULL": True}
        if assignment:
            written["assignment"] = {"M": {"loading_bay": {"S": "3"}, "max_distance_km": {"N": "10"}}}
        aws("dynamodb").put_item(TableName=table, Item=written)
        return photo

    return write


@pytest.fixture
def run(prefix, tmp_path, cloud_variables):
    (tmp_path / "terraform/envs").mkdir(parents=True)
    (tmp_path / "terraform/envs/any.tfvars").write_text(f'prefix = "{prefix}"\n')

    def command(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", f"operations.{module}", "any", *arguments],
            cwd=tmp_path,
            env=os.environ | cloud_variables,
            capture_output=True,
            text=True,
        )

    return command


@pytest.fixture
def people(aws, cloud, cloud_variables, monkeypatch) -> Pool:
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    policy = {"MinimumLength": 12, "RequireLowercase": True, "RequireUppercase": True, "RequireNumbers": True}
    made = Pool(aws, cloud, Policies={"PasswordPolicy": policy}, AliasAttributes=["email"])
    for group in invite.ROLES.values():
        made.idp.create_group(UserPoolId=made.id, GroupName=group)
    return made


@pytest.fixture
def api(people) -> dict:
    """The output `api` of an environment whose console is at home."""
    client = people.idp.create_user_pool_client(
        UserPoolId=people.id,
        ClientName="people",
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid", "scones/photos", "scones/review"],
        CallbackURLs=[CONSOLE, f"{CONSOLE}review"],
        SupportedIdentityProviders=["COGNITO"],
    )["UserPoolClient"]["ClientId"]
    return {"pool_id": people.id, "people": client, "console": CONSOLE}
