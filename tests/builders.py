"""What tests hand in: pictures, archives, what an endpoint captures, and labels, as bytes; a role that may do all."""

import base64
import hashlib
import io
import json
import tarfile
import textwrap
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from core.contract import labels
from core.contract.labels import Label
from operations import roles

# Terraform that makes something, and then runs a command that takes its time.
SLOW_TO_APPLY = """
terraform {
  backend "s3" {}
}

variable "prefix" { type = string }

resource "terraform_data" "made" {
  input = var.prefix
}

resource "terraform_data" "slow" {
  depends_on = [terraform_data.made]
  provisioner "local-exec" {
    command = "%s"
  }
}
"""
IMAGE = bytes(range(256)) * 12  # of the size that a small photograph has


def png(pixels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def answering(work: str) -> str:
    """An inference.py that takes any body as it is; `work` is what its predict_fn does with it."""
    return f"""
def model_fn(folder):
    return None
def input_fn(body, content_type):
    return body
def predict_fn(body, model):
{textwrap.indent(work, "    ")}
def output_fn(answer, accept):
    return answer
"""


def pack(members: dict[str, bytes]) -> bytes:
    """The bytes of a .tar.gz."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def captured(
    time: str = "2024-10-16T09:36:38Z",
    output: str = "[0.94, 0.06]",
    encoding: str = "JSON",
    image: bytes | None = IMAGE,
    unlikeness: float | None = None,
    **metadata: Any,
) -> bytes:
    """One line of a capture file."""
    kind = {"JSON": "application/json", "CSV": "text/csv"}.get(encoding, "application/octet-stream")
    if unlikeness is not None:
        kind += f"; unlikeness={unlikeness:.4f}"
    data = {
        "endpointOutput": {
            "observedContentType": kind,
            "mode": "OUTPUT",
            "data": output,
            "encoding": encoding,
        }
    }
    if image is not None:
        text = base64.b64encode(image).decode()
        data["endpointInput"] = {
            "observedContentType": "image/png",
            "mode": "INPUT",
            "data": text,
            "encoding": "BASE64",
        }
    event = {"eventId": "3f495fda-5c9e-410c-b736-a472cea3a65e", "inferenceTime": time, **metadata}
    line = {"captureData": data, "eventMetadata": event, "eventVersion": "0"}
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


# The register of photos, as Terraform makes it: what CreateTable takes beside the name.
REGISTER: dict[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"}
        for name in (
            *("id", "open", "since", "camera", "first_at"),
            *("owner", "asked_at", "day", "labelling", "labelling_at"),
        )
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "open",
            "KeySchema": [
                {"AttributeName": "open", "KeyType": "HASH"},
                {"AttributeName": "since", "KeyType": "RANGE"},
            ],
            "Projection": {
                "ProjectionType": "INCLUDE",
                "NonKeyAttributes": ["error", "execution", "expires", "s3_key"],
            },
        },
        {
            "IndexName": "source",
            "KeySchema": [
                {"AttributeName": "camera", "KeyType": "HASH"},
                {"AttributeName": "first_at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["waiting_at"]},
        },
        {
            "IndexName": "owner",
            "KeySchema": [
                {"AttributeName": "owner", "KeyType": "HASH"},
                {"AttributeName": "asked_at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
        {
            "IndexName": "day",
            "KeySchema": [
                {"AttributeName": "day", "KeyType": "HASH"},
                {"AttributeName": "id", "KeyType": "RANGE"},
            ],
            "Projection": {
                "ProjectionType": "INCLUDE",
                "NonKeyAttributes": ["blind", "objected_at", "s3_key"],
            },
        },
        {
            "IndexName": "labelling",
            "KeySchema": [
                {"AttributeName": "labelling", "KeyType": "HASH"},
                {"AttributeName": "labelling_at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
    ],
}


def make_label(photo: str = "a" * 64, number: int = 1, **more: Any) -> Label:
    """What a person said of a photo of the blind sample, whose answer was right, unless told otherwise."""
    told: dict[str, Any] = {
        "at": "2026-11-27T09:00:00.000Z",
        "label": "bicycle",
        "vehicle": "",
        "seconds": 2.5,
        "blind": True,
        "assisted": False,
        "known": "",
        "kind": "live",
        "source": "bay 2",
        "came_at": "2026-11-26T08:00:00.000Z",
        "routed_day": "2026-11-26",
        "model": "0123456789abcdef",
        "answer": "bicycle",
        "confidence": 0.97,
    }
    return Label(photo, number, **{**told, "picture": "", "sha256": ""} | more)


def put_label(s3: Any, bucket: str, label: Label, picture: bytes = b"", withdrawn: str = "") -> Label:
    """Write it as the function `label` does, its picture beside it, and why it counts no more; the label then."""
    if picture:
        ending = ".png" if picture.startswith(b"\x89PNG") else ".jpg"
        key, digest = labels.place(label.at, label.name, ending), hashlib.sha256(picture).hexdigest()
        s3.put_object(Bucket=bucket, Key=key, Body=picture, IfNoneMatch="*")
        label = replace(label, picture=key, sha256=digest)
    s3.put_object(Bucket=bucket, Key=label.key, Body=label.write(), IfNoneMatch="*")
    if withdrawn:
        marker = json.dumps({"at": label.at, "reason": withdrawn}).encode()
        key = labels.place(label.at, label.name, labels.WITHDRAWN)
        s3.put_object(Bucket=bucket, Key=key, Body=marker, IfNoneMatch="*")
    return label


def make_role(iam: Any, name: str, *allowed: dict[str, Any], **more: Any) -> str:
    """A role that services and the account may take, with these statements or else all permissions; its ARN."""
    services = ["events", "lambda", "sagemaker", "scheduler", "states"]
    principal = {"AWS": "*", "Service": [f"{service}.amazonaws.com" for service in services]}
    trust = [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(*trust), **more)
    statements = allowed or ({"Effect": "Allow", "Action": "*", "Resource": "*"},)
    iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=document(*statements))
    return made["Role"]["Arn"]


def make_queue(sqs: Any, name: str) -> str:
    """A queue that EventBridge may send to; its URL."""
    send = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = document({**send, "Resource": f"arn:aws:sqs:*:*:{name}"})
    return sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]


def token(issuer: str, **claims: str) -> str:
    """A JSON Web Token that claims this; nobody has signed it."""
    payload = json.dumps({"iss": f"https://{issuer}", **claims}).encode()
    return f"e30.{base64.urlsafe_b64encode(payload).decode().rstrip('=')}.none"


def take_role(sts: Any, role: str, session: str = "GitHubActions", **claims: str) -> dict[str, str]:
    """The variables of a job that takes the role of this ARN by GitHub's token, which claims this."""
    taken = sts.assume_role_with_web_identity(
        RoleArn=role,
        RoleSessionName=session,
        WebIdentityToken=token(roles.ISSUER, **{"aud": "sts.amazonaws.com", **claims}),
    )["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": taken["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": taken["SecretAccessKey"],
        "AWS_SESSION_TOKEN": taken["SessionToken"],
    }


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
