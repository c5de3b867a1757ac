"""Headers are read as the standard library reads them, only sooner."""

import http.client
import io

import pytest

from localcloud.http import headers

ORDINARY = b"Host: 127.0.0.1:5000\r\nContent-Length: 3\r\nX-Amz-Meta-a: b\r\nX-Amz-Meta-a: c\r\n\r\nbody"
ODD = {
    "spaces around a value": b"A:  \t one two \t\r\nB:\r\nC:three\r\n\r\n",
    "a colon in a value": b"Authorization: AWS4 a:b:c=d\r\n\r\n",
    "letters beyond ASCII": "A: \u00e9\r\n\r\n".encode("latin-1"),
    "a value over two lines": b"A: one\r\n two\r\nB: three\r\n\r\n",
    "a name with a space": b"A b: one\r\nB: two\r\n\r\n",
    "a line without a colon": b"A: one\r\nnothing\r\nB: two\r\n\r\n",
    "lines that end without a return": b"A: one\nB: two\n\n",
    "none at all": b"\r\n",
}


@pytest.mark.parametrize("text", [ORDINARY, *ODD.values()], ids=["ordinary ones", *ODD])
def test_headers_are_those_that_the_standard_library_reads(text: bytes) -> None:
    ours, theirs = io.BytesIO(text), io.BytesIO(text)
    found, wanted = headers.parse_headers(ours), headers.READ_BY_MAIL(theirs)
    assert found.items() == wanted.items()
    assert found.get_all("X-Amz-Meta-A") == wanted.get_all("X-Amz-Meta-A")
    assert [type(it) for it in found.defects] == [type(it) for it in wanted.defects]
    assert ours.read() == theirs.read()


def test_too_many_headers_are_refused() -> None:
    text = b"".join(b"A%d: b\r\n" % number for number in range(200)) + b"\r\n"
    with pytest.raises(http.client.HTTPException, match="more than 100 headers"):
        headers.parse_headers(io.BytesIO(text))
