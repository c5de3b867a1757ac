"""Uploads by a form that somebody signed: what S3 takes, and in which words it refuses the rest."""

import base64
import hmac
import json
import re
import time
import uuid
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.config import Config
from tests.localcloud.apis import ask
from tests.localcloud.sessions import allow

KEY = "incoming/api/1"
LIMITS = [["content-length-range", 1, 100], {"Content-Type": "image/png"}]
PNG = {"Content-Type": "image/png"}


@pytest.fixture
def photos(aws):
    name = f"photos-{uuid.uuid4()}"
    aws("s3").create_bucket(Bucket=name)
    aws("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def version_4(cloud, **keys):
    keys = keys or {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    config = Config(signature_version="s3v4")
    return boto3.client("s3", endpoint_url=cloud, region_name="us-east-1", config=config, **keys)


@pytest.fixture
def form(cloud, photos):
    """A form for one photo, signed by an administrator."""

    def make(key=KEY, conditions=LIMITS, fields=PNG, seconds=300, s3=None):
        return (s3 or version_4(cloud)).generate_presigned_post(
            photos, key, Fields=dict(fields), Conditions=list(conditions), ExpiresIn=seconds
        )

    return make


def upload(form, file=b"a photo", name="a.png", after=(), **changes):
    """Send the form, its fields changed like this; `after` comes behind the file."""
    fields = {**form["fields"], **{key.replace("_", "-"): it for key, it in changes.items()}}
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
        if value is not None
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    tail = "".join(
        f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}'
        for key, value in after
    )
    body = "".join(parts).encode() + head.encode() + file + f"{tail}\r\n--{boundary}--\r\n".encode()
    return ask(form["url"], "POST", body, Content_Type=f"multipart/form-data; boundary={boundary}")


def refused(said, status, code, message):
    text = said.body.decode()
    assert said.status == status
    assert re.findall("<Code>(.*)</Code>", text) == [code]
    assert message in text.replace("&quot;", '"')


def test_a_photo_is_uploaded(aws, photos, form):
    said = upload(form())
    assert (said.status, said.body) == (204, b"")
    found = aws("s3").get_object(Bucket=photos, Key=KEY)
    assert (found["Body"].read(), found["ContentType"]) == (b"a photo", "image/png")
    assert said.headers["x-amz-version-id"] == found["VersionId"]
    assert said.headers["etag"] == found["ETag"]
    assert said.headers["location"].endswith(f"/{photos}/{KEY}")


def test_a_form_says_what_is_answered(form):
    created = form(
        conditions=[*LIMITS, {"success_action_status": "201"}], fields=PNG | {"success_action_status": "201"}
    )
    said = upload(created)
    assert said.status == 201
    assert f"<Key>{KEY}</Key>" in said.body.decode()
    to = {"success_action_redirect": "http://localhost/done?a=1"}
    said = upload(form(conditions=[*LIMITS, to], fields=PNG | to))
    assert said.status == 303
    assert said.headers["location"].startswith("http://localhost/done?a=1&bucket=photos-")


def test_what_is_too_large_or_too_small_is_refused(aws, photos, form):
    large = upload(form(), b"a" * 101)
    refused(large, 400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
    assert b"<ProposedSize>101</ProposedSize><MaxSizeAllowed>100</MaxSizeAllowed>" in large.body
    refused(upload(form(), b""), 400, "EntityTooSmall", "<MinSizeAllowed>1</MinSizeAllowed>")
    assert upload(form(), b"a" * 100).status == 204
    assert aws("s3").list_object_versions(Bucket=photos)["Versions"][0]["Size"] == 100


def test_what_is_of_another_type_is_refused(form):
    said = upload(form(), Content_Type="text/html")
    message = 'Invalid according to Policy: Policy Condition failed: ["eq", "$Content-Type", "image/png"]'
    refused(said, 403, "AccessDenied", message)
    refused(upload(form(), Content_Type=None), 403, "AccessDenied", message)


def test_what_goes_to_another_key_is_refused(form):
    said = upload(form(), key="models/live.tar.gz")
    refused(said, 403, "AccessDenied", f'Policy Condition failed: ["eq", "$key", "{KEY}"]')


def test_a_form_that_is_for_another_bucket_is_refused(aws, form):
    other = f"other-{uuid.uuid4()}"
    aws("s3").create_bucket(Bucket=other)
    made = form()
    moved = made | {"url": made["url"].rpartition("/")[0] + f"/{other}"}
    refused(upload(moved), 403, "AccessDenied", 'Policy Condition failed: ["eq", "$bucket", ')


def test_a_field_that_nobody_signed_is_refused(form):
    refused(
        upload(form(), x_amz_meta_note="hello"), 403, "AccessDenied", "Extra input fields: x-amz-meta-note"
    )
    refused(upload(form(), acl="public-read"), 403, "AccessDenied", "Extra input fields: acl")
    assert upload(form(), x_ignore_note="hello").status == 204


def test_a_form_is_good_for_its_time(form, until):
    made = form(seconds=1)
    said = until(lambda: upload(made), lambda it: it.status == 403)
    refused(said, 403, "AccessDenied", "Invalid according to Policy: Policy expired.")


def sign(policy, credential, secret="local"):
    """The signature of version 4, as AWS describes it."""
    key = f"AWS4{secret}".encode()
    for part in credential.split("/")[1:]:
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, policy.encode(), "sha256").hex()


def test_a_policy_that_was_changed_has_no_signature(form):
    made = form()
    policy = json.loads(base64.b64decode(made["fields"]["policy"]))
    policy["conditions"] = [it for it in policy["conditions"] if "content-length-range" not in it]
    changed = base64.b64encode(json.dumps(policy).encode()).decode()
    refused(upload(made, policy=changed), 403, "SignatureDoesNotMatch", "The request signature we calculated")
    guessed = sign(changed, made["fields"]["x-amz-credential"], secret="guessed")
    said = upload(made, policy=changed, x_amz_signature=guessed)
    refused(said, 403, "SignatureDoesNotMatch", "Check your key and signing method.")


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ([["starts-with", "$bucket", "p"]], 'Policy Condition failed: ["starts-with", "$bucket", "p"]'),
        ([["ends-with", "$key", "1"]], 'Policy Condition failed: ["ends-with", "$key", "1"]'),
        ([["starts-with", "$Content-Type", "image/"]], "Extra input fields: "),
    ],
)
def test_a_condition_that_cannot_hold_does_not(form, conditions, message):
    made = form()
    until = (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    policy = json.dumps({"expiration": until, "conditions": conditions})
    encoded = base64.b64encode(policy.encode()).decode()
    signed = sign(encoded, made["fields"]["x-amz-credential"])
    refused(upload(made, policy=encoded, x_amz_signature=signed), 403, "AccessDenied", message)


def test_a_prefix_leaves_the_rest_to_the_page(aws, photos, form):
    conditions = [["starts-with", "$Content-Type", "image/"], ["starts-with", "$x-amz-meta-note", ""]]
    made = form(key="incoming/${filename}", conditions=conditions, fields={})
    said = upload(made, name="pictures/b.png", Content_Type="image/jpeg", x_amz_meta_note="hello")
    assert said.status == 204
    found = aws("s3").get_object(Bucket=photos, Key="incoming/b.png")
    assert (found["ContentType"], found["Metadata"]) == ("image/jpeg", {"note": "hello"})
    refused(upload(made, Content_Type="text/html"), 403, "AccessDenied", "Policy Condition failed")


def test_what_stands_behind_the_file_does_not_count(form):
    assert upload(form(), after=[("acl", "public-read")]).status == 204


@pytest.mark.parametrize(
    "field", ["x-amz-signature", "x-amz-credential", "x-amz-date", "x-amz-algorithm", "key"]
)
def test_a_form_without_a_field_is_told_which(form, field):
    refused(upload(form(), **{field: None}), 400, "InvalidArgument", f"must contain a field named '{field}'")


def test_nobody_uploads_without_a_policy(photos, cloud):
    bare = {"url": f"{cloud}/{photos}", "fields": {"key": KEY}}
    refused(upload(bare), 403, "AccessDenied", "Access Denied")


def test_what_is_no_form_is_refused(photos, cloud):
    said = ask(f"{cloud}/{photos}", "POST", b"no form", Content_Type="multipart/form-data; boundary=x")
    refused(said, 400, "MalformedPOSTRequest", "not well-formed")


def test_a_signer_has_to_be_there(form):
    made = form()
    credential = made["fields"]["x-amz-credential"].replace("local", "ASIANOBODY")
    refused(upload(made, x_amz_credential=credential), 403, "InvalidAccessKeyId", "does not exist")


def signing(cloud, session):
    given = session.given
    return version_4(
        cloud,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


def test_a_form_may_do_what_its_signer_may(cloud, photos, form, session):
    writer = session(allow("s3:PutObject", f"arn:aws:s3:::{photos}/incoming/api/*"))
    made = form(s3=signing(cloud, writer))
    assert upload(made).status == 204
    elsewhere = form(key="models/x", s3=signing(cloud, writer))
    refused(upload(elsewhere), 403, "AccessDenied", "is not authorized to perform: s3:PutObject")
    without = upload(made, x_amz_security_token=None)
    refused(without, 400, "InvalidToken", "The provided token is malformed")


def test_a_form_needs_the_key_of_its_bucket(aws, cloud, photos, form, session):
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    aws("s3").put_bucket_encryption(Bucket=photos, ServerSideEncryptionConfiguration={"Rules": [rule]})
    put = allow("s3:PutObject", f"arn:aws:s3:::{photos}/*")
    without = upload(form(s3=signing(cloud, session(put))))
    refused(without, 403, "AccessDenied", "kms:GenerateDataKey")
    having = session(put, allow("kms:GenerateDataKey", key))
    assert upload(form(s3=signing(cloud, having))).status == 204
    assert aws("s3").head_object(Bucket=photos, Key=KEY)["SSEKMSKeyId"] == key


def older(cloud, photos, secret="local"):
    """A form that is signed by version 2."""
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 300))
    conditions = [{"bucket": photos}, {"key": KEY}]
    policy = base64.b64encode(json.dumps({"expiration": until, "conditions": conditions}).encode()).decode()
    signature = base64.b64encode(hmac.digest(secret.encode(), policy.encode(), "sha1")).decode()
    fields = {"key": KEY, "AWSAccessKeyId": "local", "policy": policy, "signature": signature}
    return {"url": f"{cloud}/{photos}", "fields": fields}


def test_an_older_signature_does_not_do_where_a_key_encrypts(aws, cloud, photos):
    assert upload(older(cloud, photos)).status == 204
    refused(upload(older(cloud, photos, "guessed")), 403, "SignatureDoesNotMatch", "The request signature")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    aws("s3").put_bucket_encryption(Bucket=photos, ServerSideEncryptionConfiguration={"Rules": [rule]})
    message = "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4."
    refused(upload(older(cloud, photos)), 400, "InvalidArgument", message)


def test_an_upload_is_an_event_like_any_other(aws, cloud, bucket, until):
    queue, name = f"q-{uuid.uuid4().hex}", f"r-{uuid.uuid4().hex}"
    url = aws("sqs").create_queue(QueueName=queue)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:123456789012:{queue}"
    send = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**send, "Resource": arn}]})
    aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    key = f"incoming/{uuid.uuid4()}"
    pattern = {"source": ["aws.s3"], "detail": {"object": {"key": [key]}}}
    aws("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
    aws("events").put_targets(Rule=name, Targets=[{"Id": "q", "Arn": arn}])
    assert upload(version_4(cloud).generate_presigned_post(bucket, key)).status == 204
    found = until(lambda: aws("sqs").receive_message(QueueUrl=url).get("Messages"), bool)
    event = json.loads(found[0]["Body"])
    assert event["detail-type"] == "Object Created"
    assert (event["detail"]["reason"], event["detail"]["object"]["size"]) == ("POST Object", 7)
    aws("events").remove_targets(Rule=name, Ids=["q"])
    aws("events").delete_rule(Name=name)


RULES = [
    {
        "AllowedOrigins": ["http://localhost:4577"],
        "AllowedMethods": ["POST"],
        "AllowedHeaders": ["content-*"],
    },
    {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60},
]


def preflight(url, method, origin="http://localhost:4577", **headers):
    return ask(url, "OPTIONS", Origin=origin, Access_Control_Request_Method=method, **headers)


def test_a_browser_is_told_what_the_bucket_s_rules_say(aws, cloud, photos):
    url = f"{cloud}/{photos}"
    refused(preflight(url, "POST"), 403, "AccessForbidden", "CORS is not enabled for this bucket.")
    aws("s3").put_bucket_cors(Bucket=photos, CORSConfiguration={"CORSRules": RULES})
    told = preflight(url, "POST", Access_Control_Request_Headers="Content-Type")
    assert told.status == 200
    assert told.headers["access-control-allow-origin"] == "http://localhost:4577"
    assert told.headers["access-control-allow-methods"] == "POST"
    assert told.headers["access-control-allow-headers"] == "content-type"
    assert preflight(f"{url}/a/b", "GET", "http://other").headers["access-control-allow-origin"] == "*"
    for asked in (("POST", "http://other"), ("DELETE", "http://localhost:4577")):
        refused(preflight(url, *asked), 403, "AccessForbidden", "This CORS request is not allowed.")
    more = preflight(url, "POST", Access_Control_Request_Headers="x-own")
    refused(more, 403, "AccessForbidden", "This CORS request is not allowed.")


def test_a_page_may_read_what_the_bucket_s_rules_say(aws, photos, cloud):
    aws("s3").put_object(Bucket=photos, Key="a", Body=b"a")
    url = version_4(cloud).generate_presigned_url("get_object", {"Bucket": photos, "Key": "a"})
    assert "access-control-allow-origin" not in ask(url, Origin="http://other").headers
    aws("s3").put_bucket_cors(Bucket=photos, CORSConfiguration={"CORSRules": RULES})
    told = ask(url, Origin="http://other")
    assert (told.status, told.body) == (200, b"a")
    assert told.headers["access-control-allow-origin"] == "*"
    assert told.headers["access-control-expose-headers"] == "ETag"
