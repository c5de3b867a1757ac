"""The archive reader meets damage and malice: whatever the bytes are, it answers with rows or an ArchiveError."""

import contextlib
import gzip
import io
import os
import pickle
import struct
import subprocess
import sys
import tarfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import pack

from training import archive, selection
from training.archive import ArchiveError

# pickletools says so of text that is none
pytestmark = pytest.mark.filterwarnings("ignore:invalid escape sequence")

PARTS = [f"cifar-100-python/{part}" for part in ("train", "test", "meta")]


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Read bytes as an archive, from a folder that must hold nothing else afterwards."""
    folder = tmp_path_factory.mktemp("read")
    path = folder / "archive.tar.gz"

    def run(data):
        path.write_bytes(data)
        try:
            with contextlib.chdir(folder):
                return archive.read(path)
        finally:
            assert list(folder.iterdir()) == [path]

    return run


PIXELS = np.random.default_rng(0).integers(0, 256, (4, 3072), dtype=np.uint8)


def parts(protocol=2, key=str.encode):
    """The three pickles of an honest archive with four pictures in each part."""
    rows = {
        key("data"): PIXELS,
        key("fine_labels"): [0, 1, 1, 0],
        key("filenames"): [key(f"{i}.png") for i in range(4)],
    }
    meta = {key("fine_label_names"): [key("cup"), key("bowl")]}
    return {
        name: pickle.dumps(content, protocol) for name, content in zip(PARTS, (rows, rows, meta), strict=True)
    }


def by_numpy_1(pickled):
    """The same pickle with the module names of NumPy 1, and without the frame that counts its bytes."""
    for new, old in (
        (b"\x16numpy._core.multi", b"\x15numpy.core.multi"),
        (b"\x14numpy._core.num", b"\x13numpy.core.num"),
    ):
        pickled = pickled.replace(new, old)
    pickled = pickled.replace(b"cnumpy._core.", b"cnumpy.core.")
    return pickled[:2] + pickled[11:] if pickled[2:3] == pickle.FRAME else pickled


class Call:
    """Pickles as a call of a function, as malicious pickles do."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("key", [str, str.encode])
def test_archives_of_every_python_and_numpy_are_read(read, protocol, key):
    for spell in (bytes, by_numpy_1):
        found = read(pack({"./" + name: spell(pickled) for name, pickled in parts(protocol, key).items()}))
        assert found.classes == ["cup", "bowl"]
        assert found.train.labels.tolist() == [0, 1, 1, 0]
        assert found.test.names == ["0.png", "1.png", "2.png", "3.png"]
        assert (found.train.images == PIXELS.reshape(4, 3, 32, 32).transpose(0, 2, 3, 1)).all()


@pytest.mark.parametrize(
    "evil",
    [
        Call(os.system, "touch pwned"),
        Call(eval, "open('pwned', 'w')"),
        Call(np.load, "pwned"),
        Call(getattr, "", "__class__"),
        {b"data": Call(np.zeros, 10**12)},
        Call(np.ndarray, (1 << 40,)),
        np.array([Call(os.system, "touch pwned")], dtype=object),
        np.zeros(3, dtype=[("field", "u1")]),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_a_pickle_that_calls_anything_else_is_refused(read, evil, protocol):
    for part in PARTS:
        with pytest.raises(ArchiveError, match="layout"):
            read(pack({**parts(), part: pickle.dumps(evil, protocol)}))


def test_a_class_of_the_reader_cannot_be_changed_from_within_a_pickle(read):
    change = b"\x80\x02cnumpy\n{}\nN}U\x0c__setstate__K\x01s\x86b."
    for name in (b"dtype", b"ndarray"):
        with pytest.raises(ArchiveError):
            read(pack({**parts(), PARTS[0]: change.replace(b"{}", name)}))
    assert len(read(pack(parts())).train.names) == 4


def bombs():
    nested = b"".join(b"\x86q" + bytes([i]) + b"h" + bytes([i]) for i in range(60))
    yield "a key that takes ages to hash", b"\x80\x02}K\x00K\x00" + nested + b"\x86K\x01s."
    yield "a key too deep for the stack", b"\x80\x02}K\x00" + b"\x85" * 3_000_000 + b"K\x01s."
    yield "a memo of gigabytes", b"\x80\x02Nr\xff\xff\xff\x7f."
    yield "a string of exabytes", b"\x80\x04\x8e" + struct.pack("<Q", 1 << 62) + b"."
    yield "a frame of exabytes", b"\x80\x04\x95" + struct.pack("<Q", 1 << 62) + b"N."
    yield (
        "an array of terabytes",
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n\x8a\x06"
        + b"\xff" * 5
        + b"\x00\x85U\x01b\x87R.",
    )


@pytest.mark.parametrize("bomb", [pytest.param(bomb, id=name) for name, bomb in bombs()])
def test_a_pickle_that_asks_for_too_much_is_refused_at_once(tmp_path, bomb):
    check_refused_at_once(tmp_path, pack({**parts(), PARTS[1]: bomb}))


def test_a_gzip_bomb_is_refused_at_once(tmp_path):
    zeros = gzip.compress(bytes(1 << 26), 1)  # members of a gzip file follow each other
    check_refused_at_once(tmp_path, zeros * 64)


def test_a_tar_that_goes_round_in_circles_is_refused_at_once(tmp_path):
    member = tarfile.TarInfo("loop")
    first = member.tobuf(tarfile.GNU_FORMAT)
    header = bytearray(first)
    header[124:136] = b"\xff" * 10 + b"\xfe\x00"  # a size of -512 in base 256
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    check_refused_at_once(tmp_path, gzip.compress(first + bytes(header)))


def test_a_tar_header_that_takes_ages_to_parse_is_no_trouble(read):
    digits = tarfile.TarInfo("digits")
    digits.type, digits.size = tarfile.XHDTYPE, 1 << 21
    padded = digits.tobuf() + b"1" * digits.size + gzip.decompress(pack(parts()))
    assert read(gzip.compress(padded)).classes == ["cup", "bowl"]


def check_refused_at_once(folder, packed):
    """In a process of its own with 3 GB, so that a bomb that goes off fails this test and nothing else."""
    (folder / "bomb.tar.gz").write_bytes(packed)
    code = (
        "import resource, sys, pathlib; resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30));"
        "from training import archive\n"
        "try: archive.read(pathlib.Path('bomb.tar.gz'))\n"
        "except archive.ArchiveError: print('refused')"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=20
    )
    assert result.stdout == "refused\n", result.stderr
    assert [path.name for path in folder.iterdir()] == ["bomb.tar.gz"]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"train": {b"data": np.zeros((46, 3071), np.uint8)}}, "train: data is not an array of bytes"),
        ({"train": {b"data": np.zeros((46, 3072), np.int16)}}, "not bytes"),
        ({"train": {b"data": [0] * 46}}, "train: data is not"),
        ({"train": {b"data": np.zeros((45, 3072), np.uint8)}}, "45 pictures, 46 labels and 46 file names"),
        ({"test": {b"fine_labels": [4] * 46}}, "test: fine_labels is not a list of numbers from 0 to 3"),
        ({"test": {b"fine_labels": [-1] * 46}}, "fine_labels"),
        ({"test": {b"fine_labels": [True] * 46}}, "fine_labels"),
        ({"test": {b"fine_labels": None}}, "fine_labels"),
        ({"test": {b"filenames": [1] * 46}}, "filenames is not a list of names"),
        ({"meta": {b"fine_label_names": [b"cup", b"cup", b"jug", b"pot"]}}, "distinct names"),
        ({"meta": {b"fine_label_names": [b"cup"]}}, "distinct names"),
    ],
)
def test_content_of_the_wrong_kind_is_named(read, cifar, changes, complaint):
    with pytest.raises(ArchiveError, match=complaint):
        read(cifar(**changes))


def test_members_that_are_missing_doubled_or_links_are_refused(read):
    with pytest.raises(ArchiveError, match="it has no cifar-100-python/test"):
        read(pack({name: content for name, content in parts().items() if name != PARTS[1]}))
    with pytest.raises(ArchiveError, match="twice"):
        read(pack({**parts(), "./" + PARTS[0]: parts()[PARTS[0]]}))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        link = tarfile.TarInfo(PARTS[0])
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(ArchiveError, match="not a plain file"):
        read(packed.getvalue())


@pytest.mark.parametrize(
    "name",
    [b"../../x.png", b"/tmp/x.png", b"a/b.png", b"a\\b.png", b"", b".png", b".hidden.png", b"a\0.png", b"C:a.png",
     b"a\tb.png", b"a\nb.png", b"a.png\n", b"a" * 300 + b".png", b"x.py", b"\xff.png", b"bike_s_000003.png"],
)  # fmt: skip
def test_a_file_name_that_could_do_harm_is_refused(read, cifar, name):
    names = [f"bike_s_{row:06}.png".encode() for row in range(46)]
    names[10] = name
    for part in ("train", "test"):
        found = read(cifar(protocol=4, **{part: {b"filenames": names}}))
        with pytest.raises(ArchiveError, match="file name"):
            selection.select(found, ["bicycle", "motorcycle"], 0.1, 0)


@given(st.binary(max_size=2000))
@settings(deadline=None)
def test_any_bytes_are_answered_with_an_archive_error(read, data):
    with pytest.raises(ArchiveError):
        read(data)
    with pytest.raises(ArchiveError):
        read(gzip.compress(data))
    with pytest.raises(ArchiveError):
        read(pack(dict.fromkeys(PARTS, data)))


EDITS = st.lists(
    st.tuples(st.integers(0, 1 << 20), st.binary(max_size=4), st.integers(0, 8)), min_size=1, max_size=6
)


def edited(data, edits):
    for place, new, removed in edits:
        place %= len(data) + 1
        data = data[:place] + new + data[place + removed :]
    return data


@given(
    layer=st.sampled_from(["gzip", "tar", "pickle head", "pickle tail"]),
    part=st.sampled_from(PARTS),
    edits=EDITS,
)
@settings(deadline=None, max_examples=200)
def test_a_damaged_archive_is_read_or_refused(read, layer, part, edits):
    honest = parts()
    if layer == "pickle head":
        packed = pack({**honest, part: edited(honest[part][:300], edits) + honest[part][300:]})
    elif layer == "pickle tail":
        packed = pack({**honest, part: honest[part][:-300] + edited(honest[part][-300:], edits)})
    elif layer == "tar":
        packed = gzip.compress(
            edited(gzip.decompress(pack(parts())), [(p % 1024, n, r) for p, n, r in edits]), 1
        )
    else:
        packed = edited(pack(parts()), edits)
    try:
        found = read(packed)
    except ArchiveError as error:
        assert "\n" not in str(error)
    else:
        assert found.train.images.shape[1:] == (32, 32, 3)
        assert found.train.labels.max() < len(found.classes)


OPCODES = st.sampled_from(
    [b"\x80\x02", b"(", b"N", b"K\x05", b"U\x01b", b"X\x02\x00\x00\x00u1", b"]", b"}", b")", b"\x85", b"\x86", b"\x87",
     b"t", b"a", b"e", b"s", b"u", b"R", b"b", b"q\x00", b"q\x01", b"h\x00", b"h\x01", b"\x94", b"\x93", b"2", b"0",
     b"cnumpy\ndtype\n", b"cnumpy\nndarray\n", b"cnumpy.core.multiarray\n_reconstruct\n", b"c_codecs\nencode\n",
     b"cnumpy._core.numeric\n_frombuffer\n", b"cos\nsystem\n", b"\x8a\x01\x07", b"C\x03abc"]
)  # fmt: skip


@given(st.lists(OPCODES, max_size=30).map(b"".join))
@settings(deadline=None, max_examples=300)
def test_any_sequence_of_opcodes_is_refused(read, program):
    with pytest.raises(ArchiveError):
        read(pack(dict.fromkeys(PARTS, program + b".")))
