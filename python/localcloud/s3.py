"""S3: a bucket's notification configuration and policy, and its list of versions.

AWS: `GetBucketNotificationConfiguration` shows whether events go to EventBridge; a statement of a bucket's policy
applies where its condition holds; `ListObjectVersions` with `encoding-type=url` answers encoded keys;
a version that is named is deleted alone, whatever became of versioning since; it is not read if it is the mark of a
deletion, nor if its name is none that S3 gives; a key has 1,024 bytes at most; an object that comes without tags is
one event, of an object.
moto 5.2.5 keeps the first but does not show it, so that every plan of Terraform switches it on again; it applies
each statement without a look at its condition, so that a policy against plain HTTP denies everything; and it answers
versions' keys as they are, so that Terraform's provider, which decodes them, never empties a bucket with a `+` in it;
and when versioning was switched off, it deletes all versions for one, and breaks at a delete marker; of any version
that cannot be read it says that it is not there; a key may have any length; each object is an event of tags too.
"""

import functools
import json
import re
from collections.abc import Callable
from typing import cast
from urllib.parse import quote

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.exceptions import InvalidVersion, MethodNotAllowed, S3ClientError
from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, S3Backend
from moto.s3.responses import S3Response

from core.contract.shapes import Json
from localcloud import gaps

LONGEST_KEY = 1024  # bytes
VERSION = re.compile(r"null|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # as moto names them
NO_POLICY = '{"Version": "2012-10-17", "Statement": []}'
POLICIES = 64  # that are kept as they were read
ENCODED = ("Delimiter", "KeyMarker", "NextKeyMarker", "Prefix")
LISTS = {"CommonPrefixes": "Prefix", "DeleteMarkers": "Key", "Versions": "Key"}


def install() -> None:
    """Fill the gaps."""

    @gaps.wrap(FakeBucket, "get_permission")
    def get_permission(
        _original: gaps.Original, self: FakeBucket, action: str, resource: str
    ) -> PermissionResult:
        return _read_policy(self.policy or NO_POLICY).is_action_permitted(action, resource)

    @gaps.wrap(S3Backend, "put_object")
    def put_object(
        original: gaps.Original,
        self: S3Backend,
        bucket_name: str,
        key_name: str,
        *more: object,
        **options: object,
    ) -> FakeKey:
        if len(key_name.encode()) > LONGEST_KEY:
            raise S3ClientError("KeyTooLongError", "Your key is too long")
        return original(self, bucket_name, key_name, *more, **options)

    @gaps.wrap(S3Backend, "put_object_tagging")
    def put_object_tagging(
        original: gaps.Original, self: S3Backend, key: FakeKey, tags: dict[str, str] | None
    ) -> FakeKey:
        if tags:
            return original(self, key, tags)
        self.tagger.delete_all_tags_for_resource(key.arn)
        return key

    @gaps.wrap(S3Backend, "delete_object")
    def delete_object(
        original: gaps.Original,
        self: S3Backend,
        bucket_name: str,
        key_name: str,
        version_id: str | None = None,
        **options: object,
    ) -> tuple[bool, dict[str, object]]:
        bucket = self.get_bucket(bucket_name)
        status = bucket.versioning_status
        if version_id and status == "Suspended":
            bucket.versioning_status = "Enabled"
        try:
            return original(self, bucket_name, key_name, version_id=version_id, **options)
        finally:
            bucket.versioning_status = status

    @gaps.wrap(S3Response, "get_object")
    def get_object(original: gaps.Original, self: S3Response) -> TYPE_RESPONSE:
        version = self.querystring.get("versionId", [None])[0]
        if version is not None:
            if not VERSION.fullmatch(version):
                raise InvalidVersion(version)
            named = self.backend.get_object(
                self.bucket_name, self.parse_key_name(), version, return_delete_marker=True
            )
            if isinstance(named, FakeDeleteMarker):
                raise MethodNotAllowed(method="GET", resource_type="DeleteMarker")
        return original(self)

    @gaps.wrap(S3Response, "get_bucket_notification")
    def get_bucket_notification(original: gaps.Original, self: S3Response) -> TYPE_RESPONSE:
        configuration = self.backend.get_bucket_notification_configuration(self.bucket_name)
        if configuration is not None and configuration.event_bridge is not None:
            _amend(self, lambda result: {**result, "EventBridgeConfiguration": {}})
        return original(self)

    @gaps.wrap(S3Response, "list_object_versions")
    def list_object_versions(original: gaps.Original, self: S3Response) -> TYPE_RESPONSE:
        if self.querystring.get("encoding-type") == ["url"]:
            _amend(self, _encode)
        return original(self)


@functools.lru_cache(POLICIES)
def _read_policy(text: str | bytes) -> IAMPolicy:
    """Conditions are beyond moto: a denial with one is taken as not meant for requests from this machine."""
    policy = json.loads(text)
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    policy["Statement"] = [s for s in statements if s["Effect"] == "Allow" or "Condition" not in s]
    return IAMPolicy(json.dumps(policy))


def _amend(response: gaps.Amended, change: Callable[[Json], Json]) -> None:
    """Change what this one response is about to answer."""

    def serialized(answer: ActionResult) -> TYPE_RESPONSE:
        return S3Response.serialized(response, ActionResult(change(cast(Json, answer.result))))

    response.serialized = serialized


def _encode(result: Json) -> Json:
    encoded = {name: quote(value) if name in ENCODED and value else value for name, value in result.items()}
    for name, key in LISTS.items():
        encoded[name] = [{**thing, key: quote(thing[key])} for thing in result.get(name, [])]
    return {**encoded, "EncodingType": "url"}
