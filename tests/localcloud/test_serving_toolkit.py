"""AWS's own serving toolkit, in process, and the local model server give the same answers from the same artefact.

The toolkit is what SageMaker's PyTorch container calls for each request; TorchServe, which carries requests to it, is
left out: `test_torchserve` has it. Of a traceback the frames differ, since each has its own below the artefact's code.
"""

import json
import logging
import re
from pathlib import Path

import pytest
from tests.localcloud.model_requests import REQUESTS, name_headers, without_frames, write_artefact
from tests.localcloud.served import Served

from training.inference import ATTRIBUTES

toolkit = pytest.importorskip(
    "sagemaker_pytorch_serving_container.handler_service", reason="needs sagemaker-pytorch-inference"
)


class Context:
    """What TorchServe hands to the toolkit: one for the worker, which each request makes its own."""

    def __init__(self, directory: Path) -> None:
        self.model_name, self.system_properties = "model", {"model_dir": str(directory)}
        self.request_processor = [self]
        self.begin({})

    def begin(self, headers: dict[str, str]) -> None:
        self.headers, self.told = headers, dict[str, str]()
        self.status, self.phrase, self.content_type = 200, "", ""

    def get_all_request_header(self, _index: int) -> dict[str, str]:
        return self.headers

    def set_response_header(self, _index: int, name: str, value: str) -> None:
        self.told[name] = value

    def get_request_properties(self) -> dict[str, str]:
        return self.headers

    def set_response_status(self, code: int, phrase: str) -> None:
        self.status, self.phrase = code, phrase

    def set_response_content_type(self, _index: int, content_type: str) -> None:
        self.content_type = content_type


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return write_artefact(tmp_path_factory.mktemp("artefact"))


@pytest.fixture(scope="module")
def ask_toolkit(directory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", "")  # the toolkit sets it
        patch.syspath_prepend(directory / "code")
        service = toolkit.HandlerService()
        context = Context(directory)
        service.initialize(context)

        def ask(body: bytes, headers: dict[str, str]) -> Served:
            context.begin(headers)
            (answer,) = service.handle([{"body": body}], context)
            content = answer.encode() if isinstance(answer, str) else answer
            attributes = context.told.get(ATTRIBUTES, "")
            return Served(context.status, context.phrase, context.content_type, content, attributes)

        yield ask


@pytest.fixture(scope="module")
def ask_here(directory, serve):
    return serve(directory)


def test_they_agree_on_every_request(ask_toolkit, ask_here, subtests, caplog):
    caplog.set_level(logging.CRITICAL)  # the toolkit logs each traceback
    statuses = set()
    for name, (body, content_type, accept) in REQUESTS.items():
        headers = name_headers(content_type, accept)
        expected = ask_toolkit(body, headers)
        served = ask_here("POST", "/invocations", body, **headers)
        with subtests.test(name):
            assert served.status == expected.status
            assert served.content_type == expected.content_type
            assert without_frames(served.body) == without_frames(expected.body)
            assert served.attributes == expected.attributes
            if served.status != 200:
                assert served.phrase == expected.phrase
                assert served.phrase.isascii()
        statuses.add(served.status)
    assert statuses == {200, 400, 500}, "the requests are of all kinds"


def test_both_say_how_unlike_its_photographs_a_picture_is(ask_toolkit, ask_here):
    body, content_type, accept = REQUESTS["a png"]
    headers = name_headers(content_type, accept) | {ATTRIBUTES: "kind=live,id=7"}
    for served in (ask_toolkit(body, headers), ask_here("POST", "/invocations", body, **headers)):
        assert re.fullmatch(r"kind=live,id=7,unlikeness=[01]\.\d{4}", served.attributes)
        assert served.content_type == f"application/json; {served.attributes.split(',')[-1]}"
        assert len(json.loads(served.body)) == 2
