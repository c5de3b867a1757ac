"""A line of a capture file is a record, or there is a reason why not."""

import base64

import pytest
from tests.builders import captured

from monitoring.record import BadLine, read_record


def read(line: bytes):
    return read_record(line, "a.jsonl", 1, ("", "", ""))


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_the_size_of_an_image_is_known_without_decoding_it(size):
    record = read(captured(image=bytes(size)))
    assert record.image_bytes == len(record.image()) == size


def test_a_record_without_an_image_has_none_and_a_damaged_one_is_empty():
    without, damaged = (
        read(captured(image=None)),
        read(captured(image=b"image").replace(b"aW1hZ2U=", b"iVBOR")),
    )
    assert (without.content_type, without.image_bytes, without.image()) == (None, 0, None)
    assert (damaged.content_type, damaged.image_bytes > 0, damaged.image()) == ("image/png", True, b"")


def test_an_input_that_is_text_is_no_image():
    record = read(captured(image=b"").replace(b'"BASE64"', b'"CSV"').replace(b"image/png", b"text/csv"))
    assert (record.content_type, record.image_bytes, record.image()) == ("text/csv", 0, None)


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("output", "encoding"),
    [
        ("[0.75,0.25]", "JSON"),
        (" [0.75, 0.25]\n", "JSON"),
        ("[[0.75, 0.25]]", "JSON"),
        ('{"prediction": [0.75, 0.25]}', "JSON"),
        ('{"probabilities": [0.75, 0.25]}', "JSON"),
        ('{"predictions": [[0.75, 0.25]], "model": "x"}', "JSON"),
        ("0.75,0.25\n", "CSV"),
        (in_base64("[0.75, 0.25]"), "BASE64"),
        (in_base64("0.75, 0.25"), "BASE64"),
    ],
)
def test_an_output_is_read_in_every_encoding_and_shape(output, encoding):
    assert read(captured(output=output, encoding=encoding)).probabilities == (0.75, 0.25)


@pytest.mark.parametrize(
    ("output", "encoding", "reason"),
    [
        ("[NaN, 0.5]", "JSON", "probabilities are not from 0 to 1 with the sum 1"),
        ("[0.5, Infinity]", "JSON", "probabilities are not from 0 to 1 with the sum 1"),
        ("[1.5, -0.5]", "JSON", "probabilities are not from 0 to 1 with the sum 1"),
        ("[0.5, 0.6]", "JSON", "probabilities are not from 0 to 1 with the sum 1"),
        (f"[{10**400}, 0.5]", "JSON", "probabilities are not from 0 to 1 with the sum 1"),
        ("nan,0.5", "CSV", "probabilities are not from 0 to 1 with the sum 1"),
        ("[true, false]", "JSON", "output is not one list of probabilities"),
        ('["0.94", "0.06"]', "JSON", "output is not one list of probabilities"),
        ("[[0.9, 0.1], [0.2, 0.8]]", "JSON", "output is not one list of probabilities"),
        ("[1.0]", "JSON", "output is not one list of probabilities"),
        ("[]", "JSON", "output is not one list of probabilities"),
        ('{"score": 0.5}', "JSON", "output is not one list of probabilities"),
        ("[0.94, 0.0", "JSON", "output is neither JSON nor CSV"),
        ("bicycle", "CSV", "output is neither JSON nor CSV"),
        ("", "JSON", "output is neither JSON nor CSV"),
        ("%%%", "BASE64", "output is neither JSON nor CSV"),
        ("/w==", "BASE64", "output is neither JSON nor CSV"),
        ("[" * 100_000, "JSON", "output is neither JSON nor CSV"),
        (None, "JSON", "no output"),
    ],
)
def test_an_output_that_is_not_probabilities_is_refused(output, encoding, reason):
    with pytest.raises(BadLine, match=f"^{reason}$"):
        read(captured(output=output, encoding=encoding))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'"eventVersion":"0"', b'"eventVersion":"1"', "unknown version"),
        (b'"captureData"', b'"captured"', "not a capture record"),
        (b'"eventId"', b'"id"', "not a capture record"),
        (b'"endpointOutput"', b'"output"', "no output"),
        (b'"inferenceTime"', b'"time"', "no time"),
        (b'"2024-10-16T09:36:38Z"', b'"yesterday"', "no time"),
        (b'"2024-10-16T09:36:38Z"', b"1729071398", "no time"),
        (b'"2024-10-16T09:36:38Z"', b'"0001-01-01T00:00:00+01:00"', "no time"),
        (b'"2024-10-16T09:36:38Z"', b'"0001-01-01T00:00:00Z"', "time is not from 2000 to 2100"),
        (b'"2024-10-16T09:36:38Z"', b'"1999-12-31T23:59:59Z"', "time is not from 2000 to 2100"),
        (b'"2024-10-16T09:36:38Z"', b'"9999-12-31T23:59:59Z"', "time is not from 2000 to 2100"),
        (b'"mode"', b'\xff"mode"', "not JSON"),
    ],
)
def test_a_line_that_is_not_a_record_has_its_reason(old, new, reason):
    assert old in captured()
    with pytest.raises(BadLine, match=f"^{reason}$"):
        read(captured().replace(old, new))


@pytest.mark.parametrize("odd", [["x"], {"x": 1}, 7, None])
def test_an_inference_id_that_is_no_text_is_left_out(odd):
    assert read(captured(inferenceId=odd)).inference_id is None


@pytest.mark.parametrize(
    "time", ["2024-10-16T09:36:38", "2024-10-16T11:36:38+02:00", "2024-10-16T09:36:38.000Z"]
)
def test_a_time_is_in_utc_however_it_is_written(time):
    assert read(captured(time)).time.isoformat() == "2024-10-16T09:36:38+00:00"
