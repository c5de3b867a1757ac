"""The local runtime answers and logs as AWS's own runtime client does, on the same small functions and events."""

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("awslambdaric", reason="awslambdaric, AWS's runtime client, is installed on Linux only")
from tests.localcloud import handlers
from tests.localcloud.pairs import Pair, check

HERE = Path(__file__).parent
CONTEXT = {
    "custom": {"driver": "é"},
    "env": {"locale": "en"},
    "client": {"installation_id": "i", "app_title": "t"},
}
MODULES = {
    "wrong.py": "def handler(event, context):\n    return (1\n",
    "lacking.py": "import no_such_module\n",
    "half.py": "from os import no_such_name\n",
    "failing.py": "import json\nBAYS = json.loads('[')\n",
    "failing_silently.py": "raise ValueError\n",
    "ending.py": "import sys\nsys.exit(7)\n",
    "talking.py": (
        "import logging\nprint('imported')\nlogging.warning('imported')\n\n\n"
        "def handler(event, context):\n    logging.warning('invoked')\n"
    ),
    "folder/inner.py": "def handler(event, context):\n    return __name__\n",
    "attributes.py": "def __getattr__(name):\n    raise AttributeError(name)\n",
}

Runtimes = Callable[..., Pair]


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("code")
    (folder / "folder").mkdir()
    for name, text in {**MODULES, "handlers.py": (HERE / "handlers.py").read_text()}.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def runtimes(code: Path) -> Iterator[Runtimes]:
    """Both runtimes of a handler, started once: `runtimes("handlers.echo")`."""
    pairs: list[Pair] = []

    @functools.cache
    def make(handler: str, **environment: str) -> Pair:
        pairs.append(Pair(code, handler, **environment))
        return pairs[-1]

    yield make
    for pair in pairs:
        pair.stop()


JSON = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
FORMATS = pytest.mark.parametrize("settings", [{}, JSON], ids=["text", "JSON"])

EVENTS = {
    "null": b"null",
    "true": b"true",
    "an integer": b"42",
    "a float": b"0.1",
    "a text": b'"bicycle"',
    "a list": b'[1, "two", [3.0], null]',
    "an object": b'{"s3_key": "incoming/x.png", "inferences": [0.9969, 0.0031], "nested": {"a": {}}}',
    "unicode": '{"ключ": "é 🚲 \u2028"}'.encode(),
    "escapes": b'"\\u00e9\\ud83d\\udeb2\\n\\/"',
    "a key twice": b'{"a": 1, "a": 2}',
    "great numbers": b"[1000000000000000000000000000000, 1e400, -1e400, 1e-400, -0, -0.0, 1E5]",
    "space around": b" \r\n\t{} \n",
    "NaN": b"NaN",
    "infinities": b"[Infinity, -Infinity]",
    "NaN inside": b'{"inferences": [NaN, 0.5]}',
    "no JSON": b"{'a': 1}",
    "nothing": b"",
    "more behind": b"{} {}",
    "no UTF-8": b'"\xff"',
    "a lone surrogate": b'"photo\\ud800.png"',
    "too great a number": b"1" * 5000,
}


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_an_event_comes_back_as_the_same_text(runtimes, event):
    check(runtimes("handlers.echo"), event)


@pytest.mark.parametrize("event", [b'"caf\\u00e9"', b'"photo\\ud800.png"'], ids=ascii)
def test_an_older_python_answers_in_ascii(runtimes, event):
    answer = check(runtimes("handlers.echo", AWS_EXECUTION_ENV="AWS_Lambda_python3.11"), event)
    assert answer.payload == event


@pytest.mark.parametrize("name", handlers.values())
def test_a_result_is_written_as_the_same_text_or_refused_in_the_same_words(runtimes, name):
    check(runtimes("handlers.handler"), {"call": "value", "with": name})


@FORMATS
@pytest.mark.parametrize("name", handlers.failures())
def test_an_exception_is_named_and_logged_alike(runtimes, name, settings):
    assert check(runtimes("handlers.handler", **settings), {"call": "fail", "with": name}).kind == "error"


CALLS = (
    "pixels",
    "text_in_bytes",
    "fail_below",
    "fail_deep",
    "no_such_call",
    "see_context",
    "see_environment",
    "see_trace",
    "see_place",
    "see_logging",
    "prints",
    "print_and_log",
    "log_each_level",
    "log_with_extra",
    "log_with_taken_extra",
    "log_an_exception",
    "log_no_exception",
    "log_where_from",
    "log_a_dictionary",
    "log_several_lines",
    "log_at_the_root",
    "log_what_does_not_fit",
    "log_a_surrogate",
    "log_by_the_context",
)


@FORMATS
@pytest.mark.parametrize("name", CALLS)
def test_a_function_answers_and_logs_alike(runtimes, name, settings):
    check(runtimes("handlers.handler", **settings), {"call": name})


HANDLERS = (
    "handlers.takes_one",
    "handlers.not_callable",
    "handlers.surrogate",
    "handlers.wordless",
    "handlers.interrupt",
    "handlers.cancel",
    "handlers.vanish",
    "handlers.fail_with_surrogate",
    "handlers.close_output",
    "handlers.no_such_handler",
    "handlers",
    "no_such_file.handler",
    "wrong.handler",
    "lacking.handler",
    "half.handler",
    "failing.handler",
    "failing_silently.handler",
    "ending.handler",
    "talking.handler",
    "folder/inner.handler",
    "folder.inner.handler",
    "attributes.handler",
    "time.handler",
    "sys.handler.deeper",
    ".handler",
)


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_that_cannot_serve_ends_alike(runtimes, handler):
    check(runtimes(handler), {})


@pytest.mark.parametrize(
    "handler",
    [
        "handlers.takes_one",
        "handlers.fail_with_surrogate",
        "lacking.handler",
        "wrong.handler",
        "talking.handler",
    ],
)
def test_its_end_is_logged_alike_as_json(runtimes, handler):
    check(runtimes(handler, **JSON), {})


@pytest.mark.parametrize("level", ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"])
def test_a_level_keeps_the_same_records(runtimes, level):
    check(
        runtimes("handlers.handler", AWS_LAMBDA_LOG_FORMAT="JSON", AWS_LAMBDA_LOG_LEVEL=level),
        {"call": "log_each_level"},
    )


@pytest.mark.parametrize("said", [0, 3, None, "no photo"])
def test_a_function_that_exits_leaves_the_same_code(runtimes, said):
    assert check(runtimes("handlers.exit_with"), said).kind == "exit"


def test_each_request_has_its_own_trace(runtimes):
    pair = runtimes("handlers.handler")
    traces = [check(pair, {"call": "see_trace"}, trace=f"Root=1-{n}").payload for n in (1, 2)]
    assert traces == [b'"Root=1-1"', b'"Root=1-2"']


def test_a_request_without_a_trace_has_none_of_the_one_before(runtimes):
    pair = runtimes("handlers.handler")
    check(pair, {"call": "see_trace"}, trace="Root=1-1")
    assert check(pair, {"call": "see_trace"}, trace="").payload == b"null"


@pytest.mark.parametrize("context", [json.dumps(CONTEXT), "{}", '{"client": {}}', "null", "{"])
def test_the_client_context_is_read_alike(runtimes, context):
    check(runtimes("handlers.handler"), {"call": "see_client_context"}, client_context=context)


def test_a_process_that_failed_serves_the_next_request(runtimes):
    pair = runtimes("handlers.handler")
    check(pair, {"call": "fail", "with": "several lines"})
    assert check(pair, {"call": "echo", "with": 1}).payload == b"1"
