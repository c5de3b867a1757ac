"""A program of another team, by the lines of docs/api.md as they stand there, in the deployed environment.

It sorts behind those files of this folder that need the model of drawn photos.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from tests.pipeline.conftest import until
from tests.pipeline.scripted_photos import UNSURE, photo

from operations import signed_in
from operations.api_access import Access
from operations.api_calls import Caller, fill_form
from operations.client import Photo

PAGE = (Path(__file__).resolve().parents[2] / "docs/api.md").read_text()
CODE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXPORT = re.compile(r"^export (SCONES_\w+)=(\S+)$", re.MULTILINE)
PROGRAMS = {"python": (sys.executable, "-c"), "bash": ("bash", "-euc")}
ABSENT = [name for name in ("curl", "jq") if not shutil.which(name)]
needs_programs = pytest.mark.skipif(bool(ABSENT), reason=f"needs Debian's package {' and '.join(ABSENT)}")
LANGUAGES = ("python", pytest.param("bash", marks=needs_programs))


def lines(language: str) -> str:
    return "\n".join(code for written, code in CODE.findall(PAGE) if written == language)


@pytest.fixture(scope="module")
def variables(workflow) -> dict[str, str]:
    """What `make client` prints."""
    return dict(EXPORT.findall(workflow.project.run("operations.api_client", "local")))


@pytest.fixture(scope="module")
def caller(variables) -> Caller:
    names = ("SCONES_API", "SCONES_TOKEN_URL", "SCONES_CLIENT_ID", "SCONES_CLIENT_SECRET")
    return Caller.program(Access("program", *(variables[name] for name in names)))


def test_the_client_of_the_page_has_ten_lines_but_for_what_it_is_used_for():
    client, _ = (code for language, code in CODE.findall(PAGE) if language == "python")
    assert len([line for line in client.splitlines() if line.strip()]) <= 10
    assert len([line for line in lines("bash").splitlines() if line.strip()]) <= 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lines_of_the_page_have_a_photo_routed(workflow, variables, tmp_path, language):
    (tmp_path / "photo.png").write_bytes(photo())
    command = [*PROGRAMS[language], lines(language)]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | variables, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert (said["state"], said["label"], said["decided_by"]) == ("routed", "bicycle", "model")
    assert said["source"] == "gate-1"
    (told,) = workflow.routed.about(id=said["id"])
    assert (told["source"], told["assignment"]) == ("gate-1", said["assignment"])
    item = workflow.item(f"incoming/api/{said['id']}")
    assert (item["id"], item["camera"]) == (said["id"], "source=gate-1")


def test_make_token_prints_a_token_that_is_taken(workflow, variables):
    token = workflow.project.run("operations.api_token", "local").strip()
    asked = Request(f"{variables['SCONES_API']}/photos", headers={"Authorization": f"Bearer {token}"})
    with urlopen(asked) as answer:
        assert answer.status == 200
        assert {"photos"} <= json.load(answer).keys()


def test_nobody_is_answered_without_a_token(variables):
    with pytest.raises(HTTPError) as refused:
        urlopen(f"{variables['SCONES_API']}/photos")
    assert (refused.value.code, json.load(refused.value)) == (401, {"message": "Unauthorized"})


def test_a_program_may_not_decide(caller):
    answer = caller.call("POST", "/leases")
    assert (answer.status, answer.body) == (403, {"message": "Forbidden"})


def test_a_photo_that_the_model_is_not_sure_of_waits_and_an_objection_makes_a_driver_wait_again(
    workflow, caller
):
    unsure = caller.send(Photo("photo.png", photo(UNSURE)), source="gate-2")
    waits = caller.follow(unsure, 60)
    assert (waits.body["state"], waits.headers["Retry-After"]) == ("waiting", "1")
    assert "label" not in waits.body
    item = workflow.item(f"incoming/api/{unsure}", state="waiting")
    workflow.end(workflow.decide(item, "motorcycle"))
    routed = caller.call("GET", f"/photos/{unsure}")
    assert (routed.body["state"], routed.body["label"], routed.body["decided_by"]) == (
        "routed",
        "motorcycle",
        "person",
    )
    objected = caller.call("POST", f"/photos/{unsure}/objection")
    assert objected.status == 202
    now = caller.call("GET", f"/photos/{unsure}")
    assert (now.body["state"], now.body["objection"]) == ("routed", "waiting")
    assert workflow.item(f"incoming/api/{unsure}", open="waiting")["state"] == "routed"
    workflow.end(workflow.decide(workflow.item(f"incoming/api/{unsure}"), "bicycle"))
    (corrected,) = workflow.corrected.about(id=unsure)
    assert corrected["label"] == caller.call("GET", f"/photos/{unsure}").body["label"] == "bicycle"


def test_the_same_key_is_the_same_photo_and_two_uploads_route_one_driver(workflow, caller):
    body = {"file_name": "photo.png", "content_type": "image/png", "source": "gate-3"}
    key = {"Idempotency-Key": "order-1"}
    first, again = (caller.call("POST", "/photos", body, key) for _ in range(2))
    assert (first.status, again.status, first.body["id"]) == (201, 201, again.body["id"])
    assert caller.call("POST", "/photos", body | {"source": "gate-4"}, key).status == 422
    for asked in (first, again):
        fill_form(asked.body["upload"]["url"], asked.body["upload"]["fields"], photo())
    ended = workflow.end_of(f"incoming/api/{first.body['id']}")
    until(
        lambda: len(workflow.executions_of(f"incoming/api/{first.body['id']}")) == 2,
        "the second upload's end",
    )
    assert all(it["status"] == "SUCCEEDED" for it in ended)
    assert len(workflow.routed.about(id=first.body["id"])) == 1


@pytest.fixture(scope="module")
def lead(workflow, variables) -> Iterator[Caller]:
    """Somebody who was invited, has signed in at the pool's pages, and may correct what others decided."""
    api = workflow.outputs["api"]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in workflow.project.variables.items():
            patch.setenv(name, value)
        token = signed_in.sign_in(api, "lead", signed_in.invite(api, "lead", "leads")).token
    yield Caller(variables["SCONES_API"], lambda: token)


def test_a_correction_is_taken_back_and_another_one_is_told_and_nobody_is_named(workflow, caller, lead):
    sent = caller.send(Photo("photo.png", photo()), source="gate-5")
    assert caller.follow(sent, 60).body["label"] == "bicycle"
    first, second = (f"/photos/{sent}/decisions/{number}" for number in (1, 2))
    decided = lead.call("PUT", first, {"label": "motorcycle", "seconds": 3})
    assert (decided.status, lead.call("PUT", first, {"label": "motorcycle", "seconds": 3}).body) == (
        202,
        decided.body,
    )
    withdrawn = lead.call("DELETE", first)
    assert (withdrawn.status, withdrawn.body["withdrawn"]) == (200, True)
    assert lead.call("PUT", second, {"label": "motorcycle"}).status == 202
    (told,) = workflow.corrected.about(id=sent)
    assert (told["label"], told["decided_by"]) == ("motorcycle", "person")
    item = workflow.item(f"incoming/api/{sent}", label="motorcycle")
    assert {"decision_1", "decision_2"} & item.keys() == {"decision_2"}
    sub = json.loads(base64.urlsafe_b64decode(lead.token.split(".")[1] + "=="))["sub"]
    for execution in workflow.executions_of(f"incoming/api/{sent}"):
        assert sub not in execution["input"]
    assert sub not in str(item)
