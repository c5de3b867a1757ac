"""Types hold between the rooms: a wrong call of another room's function is found, and so is one of AWS's."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Each line that has an error says which one; the others are right.
CALLS = """
from core.contract.events import parse_pointer
from lambdas import filter, reading
from localcloud import gaps
parse_pointer({"s3_bucket": "b", "s3_key": "k"})
parse_pointer("s3://b/k")                                            # arg-type
parse_pointer({}).buckte                                             # attr-defined
filter.handler({}, None)                                             # arg-type
filter.handler({}, None)["status"]                                   # arg-type, typeddict-item
reading.s3().get_object(Bucket="b", Key="k")["ContentLength"]
reading.s3().get_object(Buckte="b", Key="k")                         # call-arg
reading.s3().get_object(Bucket="b", Key="k")["Length"]               # typeddict-item
gaps.wrap("S3Response", "list_object_versions")                      # arg-type
"""


def test_a_wrong_call_is_found_wherever_the_function_is(tmp_path):
    for package in ("mypy", "types_boto3_s3"):
        pytest.importorskip(
            package, reason=f"{package} comes with `make lint`, the tests' own packages have it not"
        )
    (tmp_path / "calls.py").write_text(CALLS)
    command = [sys.executable, "-m", "mypy", "--no-error-summary", tmp_path / "calls.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    found = {(int(line), kind) for line, kind in re.findall(r":(\d+): error: .*\[(.*)\]$", done.stdout, re.M)}
    expected = {
        (number, kind)
        for number, line in enumerate(CALLS.splitlines(), 1)
        for kind in line.partition("# ")[2].split(", ")
        if kind
    }
    assert found == expected, done.stdout + done.stderr
