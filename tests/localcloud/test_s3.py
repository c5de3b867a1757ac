"""Versions of an object, as S3 reads them."""

from tests.localcloud.sessions import refusal


def test_a_version_is_read_unless_it_is_a_mark_of_a_deletion_or_none_of_s3_s(aws):
    s3, named = aws("s3"), {"Bucket": "with-readers", "Key": "a.png"}
    s3.create_bucket(Bucket="with-readers")
    s3.put_object(**named, Body=b"before")
    s3.put_bucket_versioning(Bucket="with-readers", VersioningConfiguration={"Status": "Enabled"})
    first, second = (s3.put_object(**named, Body=body)["VersionId"] for body in (b"first", b"second"))
    marker = s3.delete_object(**named)["VersionId"]
    read = {it: s3.get_object(**named, VersionId=it)["Body"].read() for it in ("null", first, second)}
    assert read == {"null": b"before", first: b"first", second: b"second"}
    s3.delete_object(**named, VersionId=first)
    refused = {
        first: ("NoSuchVersion", 404),
        marker: ("MethodNotAllowed", 405),
        "v1": ("InvalidArgument", 400),
    }
    for version, said in refused.items():
        assert refusal(s3.get_object, **named, VersionId=version)[:2] == said
