"""The API's function as API Gateway calls it, with tables as Terraform makes them, in the local cloud."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from core.contract import register
from lambdas import api

BUCKET = "scones-api-123456789012"
PROGRAM, DEVICE = "4program7client1id", "device-of-bay-2"
DAY = timedelta(days=1)
plain, attribute = TypeDeserializer().deserialize, TypeSerializer().serialize
REVIEWS: dict[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "photo", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("photo", "day")],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "day",
            "KeySchema": [
                {"AttributeName": "day", "KeyType": "HASH"},
                {"AttributeName": "photo", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["decided_by_sub"]},
        }
    ],
}


class Context:
    aws_request_id = "8f1f4f0a-4a0c-4a2c-8f52-0d4e9c1b7a11"

    def get_remaining_time_in_millis(self) -> int:
        return 10_000


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    json: Any

    @property
    def name(self) -> str:
        """A problem's."""
        return self.json["type"].rpartition(":")[2]


@dataclass(frozen=True)
class Who:
    """Somebody with a token: a program, or a person in these groups."""

    sub: str
    groups: tuple[str, ...] = ()

    def call(self, route: str, photo: str = "", number: object = "", body: Any = None, **more: Any) -> Answer:
        path = {"id": photo} if photo else {}
        path |= {"number": str(number)} if number != "" else {}
        text = json.dumps(body) if isinstance(body, dict) else body
        event = write_event(route, self.claims(), path, text, **more)
        told = api.handler(event, Context())
        return Answer(told["statusCode"], told["headers"], json.loads(told["body"]))

    def claims(self) -> dict[str, str]:
        """As API Gateway writes them: text, every one."""
        if not self.groups:
            return {"sub": self.sub, "client_id": self.sub, "scope": "scones/photos"}
        groups = f"[{' '.join(self.groups)}]"
        return {"sub": self.sub, "client_id": "people", "username": self.sub, "cognito:groups": groups}

    def lease(self, **body: Any) -> Any:
        told = self.call("POST /leases", body=body)
        assert told.status == 200, told
        return told.json

    def decide(self, photo: str, number: object, label: str, **more: Any) -> Answer:
        body = {"label": label, **more}
        return self.call("PUT /photos/{id}/decisions/{number}", photo, number, body)

    def withdraw(self, photo: str, number: int) -> Answer:
        return self.call("DELETE /photos/{id}/decisions/{number}", photo, number)

    def see(self, photo: str) -> Answer:
        return self.call("GET /photos/{id}", photo)

    def list(self, **query: str) -> Answer:
        return self.call("GET /photos", query=query)


def write_event(
    route: str,
    claims: dict[str, str],
    path: dict[str, str],
    body: str | None,
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    encoded: bool = False,
) -> dict[str, Any]:
    method, _, pattern = route.partition(" ")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": pattern.format(**{"id": "", "number": ""} | path),
        "headers": headers or {},
        "requestContext": {
            "authorizer": {"jwt": {"claims": claims, "scopes": None}},
            "http": {"method": method},
        },
        "isBase64Encoded": encoded,
    }
    event |= {"pathParameters": path} if path else {}
    event |= {"queryStringParameters": query} if query else {}
    return event | ({} if body is None else {"body": body})


def moment(ago: timedelta = timedelta()) -> str:
    return register.write_time(datetime.now(UTC) - ago)


def new_id(end: str = "ff") -> str:
    """A photo's, whose last two digits say whether it gets a second opinion."""
    return (uuid.uuid4().hex * 2)[:62] + end


@dataclass(frozen=True)
class Store:
    """The two tables, and the workflow's executions."""

    aws: Callable[[str], Any]
    table: str
    reviews: str
    machine: str

    def put(self, **item: Any) -> str:
        photo = {"id": new_id(), "s3_bucket": BUCKET, "version_id": "v1", "expires": 2_000_000_000, **item}
        photo.setdefault("s3_key", f"incoming/{photo['id']}.png")
        written = {name: attribute(value) for name, value in photo.items()}
        self.aws("dynamodb").put_item(TableName=self.table, Item=written)
        return photo["id"]

    def waiting(self, ago: timedelta = timedelta(), **more: Any) -> str:
        """A driver waits."""
        told = {"state": "waiting", "open": "waiting", "since": moment(ago), "source": "bay 2"}
        return self.put(**told | more)

    def archived(self, ago: timedelta = timedelta(), **more: Any) -> str:
        return self.waiting(**{"since": f"{register.ARCHIVE}{moment(ago)}", "source": "", **more})

    def routed(self, ago: timedelta = timedelta(), **more: Any) -> str:
        """The model has answered."""
        at = moment(ago)
        return self.put(
            **{
                "state": "routed",
                "label": "bicycle",
                "vehicle": "",
                "confidence": 1,
                "decided_by": "model",
                "assignment": {"loading_bay": "A", "max_distance_km": 5},
                "routed_at": at,
                "day": f"{at[:10]} model",
                "source": "bay 2",
                **more,
            }
        )

    def photo(self, photo: str) -> dict[str, Any]:
        return self._read(self.table, "id", photo)

    def review(self, photo: str) -> dict[str, Any]:
        return self._read(self.reviews, "photo", photo)

    def change(self, photo: str, **values: Any) -> None:
        """What the workflow would write."""
        self._write(self.table, "id", photo, values)

    def run_out(self, photo: str) -> None:
        """A minute later."""
        self.change_review(photo, until=moment(timedelta(seconds=1)))

    def change_review(self, photo: str, **values: Any) -> None:
        self._write(self.reviews, "photo", photo, values)

    def started(self, photo: str) -> dict[str, Any]:
        """What the workflow was started with for this photo, by the execution's name."""
        steps = self.aws("stepfunctions")
        found = steps.list_executions(stateMachineArn=self.machine)["executions"]
        return {
            it["name"]: json.loads(steps.describe_execution(executionArn=it["executionArn"])["input"])
            for it in found
            if it["name"].startswith(photo)
        }

    def _read(self, table: str, key: str, photo: str) -> dict[str, Any]:
        found = self.aws("dynamodb").get_item(TableName=table, Key={key: {"S": photo}}, ConsistentRead=True)
        return {name: plain(value) for name, value in found.get("Item", {}).items()}

    def _write(self, table: str, key: str, photo: str, values: dict[str, Any]) -> None:
        self.aws("dynamodb").update_item(
            TableName=table,
            Key={key: {"S": photo}},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
            ExpressionAttributeNames={f"#{name}": name for name in values},
            ExpressionAttributeValues={f":{name}": attribute(value) for name, value in values.items()},
        )
