"""The files of one job, in s3://<bucket>/results/transform/<job>/:

listing.jsonl   what was listed: a line for each object, without an error if it is sent to the model
gate.json       by what the answers are judged: model, labels, threshold
manifest.json   what is sent, as SageMaker reads it
answers/        what the model said, as SageMaker writes it: <key>.out
results.jsonl   the listed lines again, with what became of them, and summary.json
"""

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from core.console import UserError
from core.contract.lines import Line, join

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

RESULTS = "results/transform"
CONNECTIONS = 32


class Archive:
    def __init__(self, bucket: str, name: str) -> None:
        retries = {"mode": "standard", "max_attempts": 8}
        self.s3: S3Client = boto3.client(
            "s3", config=Config(retries=retries, max_pool_connections=CONNECTIONS)
        )
        self.bucket, self.name = bucket, name
        self.folder = f"{RESULTS}/{name}"
        self.answers = f"{self.folder}/answers/"

    def uri(self, file: str) -> str:
        return f"s3://{self.bucket}/{self.folder}/{file}"

    def write(self, file: str, text: str) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=f"{self.folder}/{file}", Body=text.encode())

    def write_lines(self, file: str, lines: Iterable[Line]) -> None:
        self.write(file, join(lines))

    def write_manifest(self, keys: list[str]) -> None:
        """The bucket is the common start of the names, so that an answer is named like its photo's whole key."""
        self.write("manifest.json", json.dumps([{"prefix": f"s3://{self.bucket}/"}, *keys]))

    def read(self, file: str) -> bytes:
        try:
            return self.s3.get_object(Bucket=self.bucket, Key=f"{self.folder}/{file}")["Body"].read()
        except self.s3.exceptions.NoSuchKey as error:
            raise UserError(
                f"{self.name} is no job of this command: {self.uri(file)} is not there"
            ) from error

    def listing(self) -> list[Line]:
        return [Line.from_json(text) for text in self.read("listing.jsonl").splitlines()]

    def objects(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Keys and sizes of what lies below the prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return ((it["Key"], it["Size"]) for page in pages for it in page.get("Contents", []))

    def list_answered(self) -> set[str]:
        """The keys of the photos that have an answer."""
        return {key.removeprefix(self.answers).removesuffix(".out") for key, _ in self.objects(self.answers)}

    def answer(self, key: str) -> bytes:
        return self.read(f"answers/{key}.out")
