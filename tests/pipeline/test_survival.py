"""What the workflow must survive: odd events, odd photos, a faulty endpoint, crowds. The model does as photos say."""

import contextlib
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from tests.pipeline.scripted_photos import SURE, UNSURE, photo
from tests.waiting import until

from core.contract import register
from core.contract.outcomes import DUPLICATE

ON_THE_LINE = "[0.07, 0.93]"
LARGEST_INLINE = 187_392  # bytes: what fits into a state as base64, beside the rest
LARGEST = 6_291_456  # bytes: what an endpoint takes
TOO_SLOW_SECONDS = 11  # classify waits for 10
BUSY_SECONDS = 3  # for which a function waits for its answer, and can be killed meanwhile
MANY_TIMES = 99


# What is uploaded, and the error that its execution ends with; None for an accepted photo.
UPLOADS = {
    "an endpoint that is too slow once and then works": (photo(seconds=TOO_SLOW_SECONDS), None),
    "an endpoint that always answers 500": (photo(status=500, times=MANY_TIMES), "EndpointUnavailable"),
    "an endpoint that always throttles": (photo(status=429, times=MANY_TIMES), "EndpointThrottled"),
    "an endpoint that answers 500 twice and then works": (photo(status=500, times=2), None),
    "an endpoint that throttles twice and then works": (photo(status=429, times=2), None),
    "a refusal by the model, which is not tried again": (photo(status=400, times=1), "ImageRefused"),
    "NaN": (photo("[NaN, 0.5]"), "UnexpectedInference"),
    "three numbers": (photo("[0.95, 0.03, 0.02]"), "UnexpectedInference"),
    "an empty list": (photo("[]"), "UnexpectedInference"),
    "text": (photo("bicycle, I think"), "UnexpectedInference"),
    "numbers that are no probabilities": (photo("[7.5, -6.5]"), "UnexpectedInference"),
    "low confidence": (photo(UNSURE), "ThresholdConfidenceNotMet"),
    "just enough confidence": (photo(ON_THE_LINE), None),
    "the largest photo that travels in the state": (photo(size=LARGEST_INLINE), None),
    "a byte more": (photo(size=LARGEST_INLINE + 1), None),
    "1 MB": (photo(size=1_000_000), None),
    "the largest photo that an endpoint takes": (photo(size=LARGEST), None),
    "7 MB": (photo(size=7_000_000), "ImageTooLarge"),
    "nothing": (b"", "NotAnImage"),
    "a text file named.png": (b"scones, butter, jam\n", "NotAnImage"),
    "a key with spaces, ünïcödé 🛵, + and %2B.png": (photo(), None),
    'a key with "quotes", <brackets> and \\.png': (photo(), None),
}


@pytest.fixture(scope="module")
def uploaded(workflow) -> dict[str, str]:
    """Every upload, begun at once, for retries take a while: its key by its name."""
    return {name: workflow.upload(name, content) for name, (content, _) in UPLOADS.items()}


@pytest.mark.parametrize(
    "name", [*list(UPLOADS)[1:], next(iter(UPLOADS))]
)  # the one that takes longest comes last
def test_an_upload_ends_in_the_one_outcome_that_it_should(workflow, uploaded, name):
    error, key = UPLOADS[name][1], uploaded[name]
    (ended,) = workflow.end_of(key)
    assert ended.get("error") == error
    if error is None:
        output = json.loads(ended["output"])
        assert output["s3_key"] == key
        assert output["assignment"]["loading_bay"] in ("A", "B")
        assert len(workflow.routed.about(s3_key=key)) == 1
    elif error == "ThresholdConfidenceNotMet":
        assert workflow.item(key, state=register.WAITING, open=register.WAITING)["reason"] == error
    else:
        (heard,) = workflow.notified.about(execution=ended["executionArn"])
        assert heard["error"] == error
        assert key in json.loads(heard["cause"])["errorMessage"]


def test_a_too_slow_answer_is_a_time_out_of_which_the_next_try_knows(workflow, uploaded):
    key = uploaded["an endpoint that is too slow once and then works"]
    (ended,) = workflow.end_of(key)
    (failure,) = workflow.failures(key)
    assert failure["error"] == "EndpointUnavailable"
    assert "Read timeout" in failure["cause"]
    assert (ended["stopDate"] - ended["startDate"]).total_seconds() > TOO_SLOW_SECONDS - 1


@pytest.mark.parametrize(
    ("name", "inline"), [("the largest photo that travels in the state", True), ("a byte more", False)]
)
def test_a_large_photo_travels_as_a_pointer(workflow, uploaded, name, inline):
    (ended,) = workflow.end_of(uploaded[name])
    history = workflow.steps.get_execution_history(executionArn=ended["executionArn"])["events"]
    left = [event["stateExitedEventDetails"] for event in history if "stateExitedEventDetails" in event]
    (read,) = [it for it in left if it["name"] == "SerializeImageData"]
    assert bool(json.loads(read["output"])["image_data"]) is inline


BODIES: dict[str, dict] = {
    "serialize": {},
    "classify": {"image_data": "", "inferences": []},
    "filter": {"inferences": [0.99, 0.01]},
}
SHAPES = {
    "bare": lambda body: body,
    "wrapped": lambda body: {"statusCode": 200, "body": body},
    "with a body as text": lambda body: {"statusCode": 200, "body": json.dumps(body)},
}


@pytest.fixture
def event(workflow) -> dict[str, str]:
    """Of a photo whose upload started nothing, so that it has no outcome yet."""
    stored = workflow.store("shapes.png", photo())
    return {name: stored[name] for name in ("s3_bucket", "s3_key")}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("stage", BODIES)
def test_each_function_takes_each_shape_of_its_event(workflow, event, stage, shape):
    asked = json.dumps(SHAPES[shape]({**event, **BODIES[stage]}))
    name = workflow.outputs["function_names"][stage]
    answer = workflow.aws("lambda").invoke(FunctionName=name, Payload=asked)
    payload = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, payload
    assert payload["statusCode"] == 200
    assert event.items() <= payload["body"].items()


@pytest.mark.parametrize("shape", SHAPES)
def test_the_state_machine_takes_each_shape_of_its_event(workflow, event, shape):
    ended = workflow.end(workflow.start(SHAPES[shape](event)))
    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"])["label"] == "bicycle"


@pytest.mark.parametrize("event", [{}, {"s3_bucket": 7, "s3_key": ""}, {"body": "no JSON"}])
def test_an_event_that_names_no_photo_is_refused_by_name_and_notified(workflow, event):
    ended = workflow.end(workflow.start(event))
    assert ended["error"] == "InvalidEvent"
    (heard,) = workflow.notified.about(execution=ended["executionArn"])
    assert heard["error"] == "InvalidEvent"


def test_the_same_upload_event_twice_routes_its_photo_once_and_says_so_of_the_second(workflow):
    key = workflow.upload("twice.png", photo())
    (first,) = workflow.end_of(key)
    second = workflow.end(workflow.start(json.loads(first["input"])))
    assert (first["status"], second["status"]) == ("SUCCEEDED", "SUCCEEDED")
    assert json.loads(first["output"])["label"] == "bicycle"
    assert json.loads(second["output"]) == {
        "outcome": DUPLICATE,
        "s3_bucket": workflow.bucket,
        "s3_key": key,
    }
    assert len(workflow.routed.about(s3_key=key)) == 1


def test_a_throttled_function_is_tried_again_and_a_photo_gone_meanwhile_is_not_found(workflow):
    """One that was deleted, as whoever names no version does, has left its version; another's version is gone too."""
    with workflow.nothing_is_read():
        kept, hidden, gone = (workflow.upload(f"{name}.png", photo()) for name in ("kept", "hidden", "gone"))
        (version,) = workflow.s3.list_object_versions(Bucket=workflow.bucket, Prefix=gone)["Versions"]
        workflow.s3.delete_object(Bucket=workflow.bucket, Key=hidden)
        workflow.s3.delete_object(Bucket=workflow.bucket, Key=gone, VersionId=version["VersionId"])
        throttled = [workflow.failures(key)[0]["error"] for key in (kept, hidden, gone)]
    assert throttled == ["Lambda.TooManyRequestsException"] * 3
    (accepted,), (accepted_too,), (failed,) = map(workflow.end_of, (kept, hidden, gone))
    assert (accepted["status"], accepted_too["status"]) == ("SUCCEEDED", "SUCCEEDED")
    assert failed["error"] == "ImageNotFound"
    (heard,) = workflow.notified.about(execution=failed["executionArn"])
    assert "gone.png: there is no such version" in json.loads(heard["cause"])["errorMessage"]


@pytest.mark.parametrize("size", [0, LARGEST_INLINE + 1])
def test_each_of_two_uploads_under_one_key_is_routed_by_its_own_picture(workflow, size):
    """The second is there before the first is read, by whichever function reads it."""
    with workflow.nothing_is_read():
        for answer in (SURE, "[0.01, 0.99]"):
            key = workflow.upload(f"two-of-{size}.png", photo(answer, size))
        until(lambda: workflow.executions_of(key), lambda found: len(found) == 2)
    ended = workflow.end_of(key)
    assert {it["status"] for it in ended} == {"SUCCEEDED"}
    listed = workflow.s3.list_object_versions(Bucket=workflow.bucket, Prefix=key)["Versions"]
    labels = {json.loads(it["input"])["version_id"]: json.loads(it["output"])["label"] for it in ended}
    assert labels == {it["VersionId"]: ("motorcycle" if it["IsLatest"] else "bicycle") for it in listed}
    routed = until(lambda: workflow.routed.so_far(s3_key=key), lambda found: len(found) == 2)
    assert Counter(it["assignment"]["loading_bay"] for it in routed) == Counter("AB")


def test_a_function_that_is_killed_while_it_works_is_tried_again_and_its_photo_is_routed(workflow):
    """As the system kills what takes too much memory. Nothing else is under way: all that is left is idle."""
    for process in find_processes(workflow, "classify"):
        process.kill()
    key = workflow.upload("killed.png", photo(seconds=BUSY_SECONDS))
    # The one that is started works on this photo, and has a connection once it asks the endpoint.
    (busy,) = until(lambda: [it for it in find_processes(workflow, "classify") if it.net_connections()], bool)
    busy.kill()
    (ended,) = workflow.end_of(key)
    (failure,) = workflow.failures(key)
    assert failure["error"] == "Runtime.ExitError"
    assert "signal: killed" in failure["cause"]
    assert ended["status"] == "SUCCEEDED", ended
    assert len(workflow.routed.about(s3_key=key)) == 1


def find_processes(workflow, stage: str) -> list[psutil.Process]:
    """The function's processes in this local cloud."""
    name, url = workflow.outputs["function_names"][stage], workflow.project.variables["AWS_ENDPOINT_URL"]
    wanted = {"AWS_LAMBDA_FUNCTION_NAME": name, "AWS_ENDPOINT_URL": url}
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and wanted.items() <= process.environ().items():
                found.append(process)
    return found


def test_fifty_uploads_at_once_end_in_one_outcome_each_and_none_is_lost(workflow):
    kinds = [(photo(), None), (photo(UNSURE), "ThresholdConfidenceNotMet"), (b"garbage", "NotAnImage")]
    expected = {f"crowd/{number}.png": kinds[number % 3] for number in range(50)}
    with ThreadPoolExecutor(50) as pool:
        keys = dict(
            zip(
                expected, pool.map(lambda it: workflow.upload(it[0], it[1][0]), expected.items()), strict=True
            )
        )
    ended = {name: workflow.end_of(key) for name, key in keys.items()}
    assert {name: [it.get("error") for it in executions] for name, executions in ended.items()} == {
        name: [error] for name, (_, error) in expected.items()
    }
    of_error = {
        error: {keys[name] for name, kind in expected.items() if kind[1] == error} for _, error in kinds
    }
    arns = {
        executions[0]["executionArn"]
        for name, executions in ended.items()
        if expected[name][1] == "NotAnImage"
    }
    for key in of_error[None]:
        workflow.routed.about(s3_key=key)
    crowd = set(keys.values())
    assert Counter(m["s3_key"] for m in workflow.routed.so_far() if m["s3_key"] in crowd) == Counter(
        of_error[None]
    )
    waiting = [it["s3_key"] for it in workflow.items("incoming/crowd/") if it["state"] == register.WAITING]
    assert Counter(waiting) == Counter(of_error["ThresholdConfidenceNotMet"])
    assert Counter(
        m["execution"] for m in workflow.notified.so_far() if m.get("execution") in arns
    ) == Counter(arns)


def test_no_upload_was_too_much_for_eventbridge(workflow):
    for url in workflow.outputs["dead_letter_queue_urls"].values():
        assert "Messages" not in workflow.sqs.receive_message(QueueUrl=url)
