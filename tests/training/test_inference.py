"""The code that travels in the artefact: any picture in, probabilities out, and no request that crashes it."""

import ast
import io
import json
import struct
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from training import artefact, inference
from training.inference import Answering, Classifier, Network, UnacceptableImage


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("artefact")
    torch.manual_seed(1)
    classifier = Classifier([Network(2), Network(2)], 0.8)
    artefact.write(folder, classifier, ["bicycle", "motorcycle"], {}, encode(picture()), {}, {})
    return inference.model_fn(str(folder))


def picture(mode="RGB", size=(40, 30)) -> Image.Image:
    rng = np.random.default_rng(0)
    rough = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    return rough.resize(size, Image.Resampling.BICUBIC).convert(mode)


def encode(image: Image.Image, kind="PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def answer(model, body: bytes, content_type="image/png") -> list[float]:
    data = inference.input_fn(body, content_type)
    said = inference.output_fn(inference.predict_fn(data, model), "application/json")
    assert isinstance(said, str), "without a context there is nothing beside it"
    return json.loads(said)


def test_it_imports_nothing_of_the_repository():
    tree = ast.parse(Path(inference.__file__).read_text())
    imported = {n.name for node in ast.walk(tree) if isinstance(node, ast.Import) for n in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    top = {name.split(".")[0] for name in imported}
    assert top <= set(sys.stdlib_module_names) | {"numpy", "torch", "PIL", "sagemaker_inference"}


def test_the_network_has_297_thousand_parameters():
    assert sum(p.numel() for p in Network(2).parameters()) == pytest.approx(297_000, rel=0.01)


def test_an_answer_is_one_probability_per_class(model):
    probabilities = answer(model, encode(picture()))
    assert len(probabilities) == 2
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (encode(picture("L")), "image/png"),
        (encode(picture("1")), "image/png"),
        (encode(picture("LA")), "image/png"),
        (encode(picture("RGBA")), "image/png"),
        (encode(picture("P")), "image/png"),
        (encode(picture(), interlace=1), "image/png; charset=binary"),
        (encode(picture(size=(1, 1))), "IMAGE/PNG"),
        (encode(picture(size=(3000, 7))), "image/png"),
        (encode(picture(), "JPEG"), "image/jpeg"),
        (encode(picture(), "JPEG", progressive=True), "application/x-image"),
        (encode(picture("CMYK"), "JPEG"), "image/jpeg"),
        (encode(picture("L"), "JPEG"), "image/jpeg"),
        (encode(picture(), "JPEG"), "image/png"),
    ],
)
def test_every_mode_and_size_becomes_what_the_network_was_trained_on(model, body, content_type):
    assert inference.input_fn(body, content_type).mode == "RGB"
    assert sum(answer(model, body, content_type)) == pytest.approx(1, abs=1e-5)


def test_a_picture_of_the_right_size_arrives_unchanged():
    original = picture(size=(32, 32))
    seen = inference.decode(encode(original))
    assert np.array_equal(np.asarray(seen), np.asarray(original))


def test_a_picture_is_brought_to_the_side_that_the_model_was_trained_at(tmp_path):
    torch.manual_seed(1)
    artefact.write(tmp_path, Classifier([Network(2)], size=48), ["a", "b"], {}, encode(picture()), {}, {})
    served = inference.model_fn(str(tmp_path))
    assert served.size == 48
    with torch.inference_mode():
        pixels = np.asarray(inference.decode(encode(picture(size=(90, 70))), 48))[None].copy()
        expected = inference.load(tmp_path / "model.pt")(inference.normalise(pixels)).softmax(1)[0].numpy()
    assert answer(served, encode(picture(size=(90, 70)))) == pytest.approx(expected.tolist(), abs=1e-5)


def test_16_bit_grey_is_scaled_not_clipped():
    grey = np.linspace(0, 65535, 32 * 32).reshape(32, 32).astype(np.uint16)
    seen = np.asarray(inference.decode(encode(Image.fromarray(grey))))
    assert np.array_equal(seen[:, :, 0], (grey >> 8).astype(np.uint8))


def test_what_is_transparent_is_seen_on_white():
    assert np.asarray(inference.decode(encode(Image.new("RGBA", (32, 32), (200, 0, 0, 0))))).min() == 255


def test_a_rotated_camera_is_turned_upright():
    original = picture(size=(32, 32))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to the right to view
    sideways = original.transpose(Image.Transpose.ROTATE_90)
    seen = inference.decode(encode(sideways, exif=exif))
    assert np.array_equal(np.asarray(seen), np.asarray(ImageOps.exif_transpose(original)))


def bomb(width: int, height: int) -> bytes:
    """A few bytes that claim to be a huge picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        (b"", "image/png", "empty"),
        (b"a text file named .png", "image/png", "not a readable PNG or JPEG"),
        (encode(picture())[:-200], "image/png", "not a readable PNG or JPEG"),
        (encode(picture(), "JPEG")[:400], "image/jpeg", "not a readable PNG or JPEG"),
        (encode(picture(), "GIF"), "image/png", "not a readable PNG or JPEG"),
        (encode(picture()), "text/plain", "content type 'text/plain'"),
        (encode(picture()), "", "the request has no content type"),
        (encode(picture()), None, "the request has no content type"),
        (bomb(60_000, 60_000), "image/png", "decompression bomb"),
        (bomb(9_000, 9_000), "image/png", "pixels"),
    ],
)
def test_bad_input_is_refused_by_name(body, content_type, said):
    with pytest.raises(UnacceptableImage, match=said):
        inference.input_fn(body, content_type)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=2000), st.sampled_from(["image/png", "image/jpeg", "application/x-image", "a/b"]))
def test_no_bytes_fail_with_anything_but_their_own_error(body, content_type):
    try:
        assert inference.input_fn(body, content_type).mode == "RGB"
    except UnacceptableImage:
        pass


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["PNG", "JPEG"]), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8)
)
def test_no_damaged_picture_fails_with_anything_but_its_own_error(kind, damage):
    body = bytearray(encode(picture(), kind))
    for place, value in damage:
        body[int(place * (len(body) - 1))] = value
    try:
        assert inference.input_fn(bytes(body), "image/png").mode == "RGB"
    except UnacceptableImage:
        pass


def test_eight_threads_at_once_get_right_answers(model):
    bodies = [encode(picture().rotate(9 * i)) for i in range(40)]
    alone = [answer(model, body) for body in bodies]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda body: answer(model, body), bodies * 5))
    np.testing.assert_allclose(together, alone * 5, atol=2e-6)


def test_the_served_model_answers_as_the_trained_one(model):
    torch.manual_seed(1)
    trained = inference.Model(Answering(Classifier([Network(2), Network(2)], 0.8)).eval(), 32)
    data = inference.input_fn(encode(picture()), "image/png")
    expected = inference.predict_fn(data, trained).probabilities
    np.testing.assert_allclose(inference.predict_fn(data, model).probabilities, expected, atol=1e-5)


def test_a_model_of_before_there_were_two_recipes_is_served(tmp_path):
    members = [Network(2).eval().state_dict()]
    torch.save({"members": members, "temperature": 1.0}, tmp_path / "model.pt")
    served = inference.model_fn(str(tmp_path))
    assert len(answer(served, encode(picture()))) == 2
    assert served.size == 32
    context = Context({})
    prediction = inference.predict_fn(picture(), served)
    assert inference.output_fn(prediction, "application/json", context) == answer_text(prediction)
    assert context.told == {}, "it does not know how unlike its training photographs a picture is"


class Context:
    """As much of the container's as the code asks."""

    def __init__(self, headers):
        self.headers, self.told = headers, {}

    def get_all_request_header(self, index):
        assert index == 0
        return self.headers

    def set_response_header(self, index, name, value):
        assert index == 0
        self.told[name] = value


def answer_text(prediction):
    return json.dumps([round(float(p), 6) for p in prediction.probabilities])


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({}, "unlikeness=0.9412"),
        ({"x-amzn-sagemaker-custom-attributes": "kind=live,id=7"}, "kind=live,id=7,unlikeness=0.9412"),
        ({"X-Amzn-SageMaker-Custom-Attributes": "k" * 1007}, "unlikeness=0.9412"),
        ({"X-Amzn-SageMaker-Custom-Attributes": "k" * 1006}, f"{'k' * 1006},unlikeness=0.9412"),
    ],
)
def test_how_unlike_the_photographs_it_is_stands_beside_the_answer(headers, told):
    prediction = inference.Prediction(np.array([0.9969, 0.0031]), 0.94118)
    context = Context(headers)
    body = "[0.9969, 0.0031]"
    told_twice = inference.output_fn(prediction, "application/json", context)
    assert told_twice == (body, "application/json; unlikeness=0.9412")
    assert context.told == {"X-Amzn-SageMaker-Custom-Attributes": told}
    assert inference.output_fn(prediction, "text/csv", context) == body, "a type of one's own is left alone"


def test_a_refusal_is_the_callers_fault_to_the_container():
    with pytest.raises(UnacceptableImage) as refused:
        inference.input_fn(b"", "image/ü")
    assert refused.value.status_code == 400
    assert refused.value.message.startswith("content type 'image/ü' is not one of image/png")
    assert refused.value.phrase == "Bad Request", "another than ASCII kills the container's worker"


def test_weights_load_without_running_pickled_code(tmp_path):
    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    torch.save({"members": [Evil()], "temperature": 1.0}, tmp_path / "model.pt")
    with pytest.raises(Exception, match=r"[Ww]eights"):
        inference.model_fn(str(tmp_path))
    assert not (tmp_path / "ran").exists()
