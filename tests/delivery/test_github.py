"""GitHub's API, on a server that answers with its shapes: the calls themselves, and what goes wrong with them."""

import pytest

from core.console import UserError
from delivery import github as api


def test_a_call_says_who_asks_and_in_which_version(github):
    github.answer("GET", "actions/runs/7", {"id": 7})
    assert api.run("7") == {"id": 7}
    assert github.tokens == ["Bearer secret"]


def test_every_page_is_read(github):
    github.answer("GET", "issues/3/comments?per_page=100&page=1", [{"id": n} for n in range(100)])
    github.answer("GET", "issues/3/comments?per_page=100&page=2", [{"id": 100}])
    github.answer("GET", "issues/3/comments?per_page=100&page=3", [])
    assert len(list(api.comments(3))) == 101


def test_the_host_that_an_artefact_lies_with_does_not_learn_the_token(github, make_github):
    storage = make_github()
    storage.answer("GET", "/signed", b"a zip")
    github.answer("GET", "actions/artifacts/5/zip", f"{storage.url}/signed", status=302)
    assert api.download(5) == b"a zip"
    assert github.tokens == ["Bearer secret"]
    assert storage.tokens == [None]


def test_a_refusal_is_one_line_with_the_address_and_the_status(github):
    github.answer("GET", "actions/runs/7", {"message": "Resource not accessible by integration"}, status=403)
    with pytest.raises(UserError) as refused:
        api.run("7")
    assert str(refused.value) == (
        f"GitHub answers GET {github.url}/repos/scones-unlimited/driver-routing/actions/runs/7 with status 403: "
        f"Resource not accessible by integration"
    )


def test_an_answer_that_is_no_json_is_one_line_too(github):
    github.answer("GET", "actions/runs/7", b"<html>\n", status=502)
    with pytest.raises(UserError, match="status 502: Bad Gateway"):
        api.run("7")


def test_a_server_that_is_not_there_is_one_line_with_the_address(github, monkeypatch):  # noqa: ARG001
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    with pytest.raises(UserError, match=r"does not answer GET http://127\.0\.0\.1:9/repos/.*refused"):
        api.run("7")


def test_without_a_token_the_variable_is_named(github, monkeypatch):
    monkeypatch.delenv("GITHUB_TOKEN")
    with pytest.raises(UserError, match="GITHUB_TOKEN is not set"):
        api.run("7")
    assert github.asked == []
