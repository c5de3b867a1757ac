"""Addresses that somebody signed beforehand: for whom they answer, and how long."""

import re
import uuid
from urllib.parse import quote

import pytest
from tests.builders import document
from tests.localcloud.apis import ask
from tests.localcloud.sessions import allow
from tests.localcloud.test_post_forms import signing, version_4


@pytest.fixture
def photo(aws):
    """A photo's bucket and key."""
    name = f"photos-{uuid.uuid4()}"
    aws("s3").create_bucket(Bucket=name)
    aws("s3").put_object(Bucket=name, Key="incoming/ä b+c.png", Body=b"a photo", ContentType="image/png")
    return {"Bucket": name, "Key": "incoming/ä b+c.png"}


def code(said):
    return said.status, re.findall("<Code>(.*)</Code>", said.body.decode())[0]


def test_whoever_has_the_address_gets_the_photo(cloud, photo):
    said = ask(version_4(cloud).generate_presigned_url("get_object", photo))
    assert (said.status, said.body, said.headers["content-type"]) == (200, b"a photo", "image/png")


def test_an_address_may_say_how_the_answer_is_shown(cloud, photo):
    shown = {**photo, "ResponseContentType": "image/x-other"}
    said = ask(version_4(cloud).generate_presigned_url("get_object", shown))
    assert (said.status, said.headers["content-type"]) == (200, "image/x-other")


def test_an_address_is_good_for_its_time(cloud, photo, until):
    url = version_4(cloud).generate_presigned_url("get_object", photo, ExpiresIn=1)
    said = until(lambda: ask(url), lambda it: it.status != 200)
    assert code(said) == (403, "AccessDenied")
    assert b"<Message>Request has expired</Message><X-Amz-Expires>1</X-Amz-Expires>" in said.body


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("c.png", "d.png"),
        ("X-Amz-Expires=60", "X-Amz-Expires=6000"),
        ("X-Amz-Signature=", "X-Amz-Signature=0"),
    ],
)
def test_an_address_that_was_changed_is_none(cloud, photo, old, new):
    url = version_4(cloud).generate_presigned_url("get_object", photo, ExpiresIn=60)
    assert old in url
    assert code(ask(url.replace(old, new))) == (403, "SignatureDoesNotMatch")


def test_an_address_is_for_one_method(cloud, photo):
    url = version_4(cloud).generate_presigned_url("get_object", photo)
    assert code(ask(url, "PUT", b"another")) == (403, "SignatureDoesNotMatch")


def test_an_address_that_lacks_something_is_refused(cloud, photo):
    url = version_4(cloud).generate_presigned_url("get_object", photo)
    assert code(ask(url.replace("X-Amz-Date", "X-Date"))) == (400, "AuthorizationQueryParametersError")


def test_an_address_shows_what_its_signer_may_see(aws, cloud, photo, session):
    reader = session(allow("s3:GetObject", f"arn:aws:s3:::{photo['Bucket']}/*"))
    url = signing(cloud, reader).generate_presigned_url("get_object", photo)
    assert ask(url).status == 200
    aws("iam").delete_role_policy(RoleName=reader.name, PolicyName="may")
    assert code(ask(url)) == (403, "AccessDenied")


def test_a_session_s_token_belongs_to_its_key(cloud, photo, session):
    url = signing(cloud, session()).generate_presigned_url("get_object", photo)
    changed = re.sub("X-Amz-Security-Token=[^&]*", "X-Amz-Security-Token=other", url)
    assert code(ask(changed)) == (400, "InvalidToken")
    nobody = re.sub("X-Amz-Credential=[A-Z0-9]+", "X-Amz-Credential=ASIANOBODY", url)
    assert code(ask(nobody)) == (403, "InvalidAccessKeyId")


def test_what_a_key_encrypts_needs_version_4(aws, photo):
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    aws("s3").put_object(**photo, Body=b"c", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    url = aws("s3").generate_presigned_url("get_object", photo)
    assert "AWSAccessKeyId" in url
    said = ask(url)
    assert code(said) == (400, "InvalidArgument")
    assert b"require AWS Signature Version 4" in said.body


def test_nobody_sees_what_a_bucket_s_policy_does_not_show(aws, cloud, photo):
    url = f"{cloud}/{photo['Bucket']}/{quote(photo['Key'])}"
    for method in ("GET", "PUT", "DELETE"):
        assert code(ask(url, method)) == (403, "AccessDenied")
    shown = allow("s3:GetObject", f"arn:aws:s3:::{photo['Bucket']}/incoming/*", Principal="*")
    aws("s3").put_bucket_policy(Bucket=photo["Bucket"], Policy=document(shown))
    assert ask(url).status == 200
    assert code(ask(url, "DELETE")) == (403, "AccessDenied")
