"""What people who decide are shown of each class."""

import json

import pytest
from tests.api_tables import BUCKET, DEVICE, PROGRAM, Who

from lambdas.calls import api_settings

KEY = "models/0123456789abcdef/guideline.json"
EXAMPLES = {"classes": {"bicycle": {"good": ["data:image/png;base64,AAAA"], "bad": []}}}
reviewer, lead = Who("anna", ("reviewers",)), Who("lead-1", ("leads",))
GUIDELINE = "GET /guideline"


@pytest.fixture
def shown(store, monkeypatch):
    """Have the live model's guideline be this."""

    def put(content):
        s3 = store.aws("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=content)
        monkeypatch.setenv("GUIDELINE", KEY)
        api_settings.settings.cache_clear()

    return put


def test_people_who_decide_see_photographs_of_each_class(shown):
    shown(json.dumps(EXAMPLES))
    for who in (reviewer, lead):
        told = who.call(GUIDELINE)
        assert (told.status, told.json) == (200, EXAMPLES)


@pytest.mark.usefixtures("store")
def test_a_model_without_a_guideline_shows_none():
    told = reviewer.call(GUIDELINE)
    assert (told.status, told.json) == (200, {"classes": {}})


def test_nobody_else_sees_them(shown):
    shown(json.dumps(EXAMPLES))
    for who in (Who(PROGRAM), Who(DEVICE, ("arrivals",)), Who("x", ("guests",))):
        assert who.call(GUIDELINE).name == "NotAllowed"


@pytest.mark.parametrize("content", ["", "{", '{"classes": {"a": {"good": ["javascript:x"], "bad": []}}}'])
def test_what_is_none_is_shown_to_nobody_and_said_in_the_log(shown, content, capsys):
    shown(content)
    with pytest.raises(ValueError, match=r".+"):
        reviewer.call(GUIDELINE)
    assert json.loads(capsys.readouterr().out)["status"] == 500


def test_a_storage_that_does_not_answer_is_said(shown, monkeypatch):
    shown(json.dumps(EXAMPLES))
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    api_settings.client.cache_clear()
    told = reviewer.call(GUIDELINE)
    assert (told.status, told.name) == (503, "Unavailable")
