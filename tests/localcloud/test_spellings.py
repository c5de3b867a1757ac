"""Under which name moto holds a member of an answer is remembered, and comes out as moto finds it."""

import subprocess
import sys

# In a process of its own: what is remembered is remembered for all of moto's.
COMPARE = """
import sys
from botocore.session import get_session
from botocore.model import ListShape, StructureShape
from moto.core.serialize import JSONSerializer, ResponseSerializer, XFormedAttributePicker
from moto.core.utils import get_service_model
from moto.core.serialize import xform_name
from localcloud.http import spellings

class Thing:
    def __init__(self, held):
        self.__dict__.update(held)

class Spelled(Thing):
    class Meta:
        serialization_aliases = {"Name": "called"}

def members(shape, seen):
    if isinstance(shape, ListShape):
        yield from members(shape.member, seen)
    if isinstance(shape, StructureShape) and shape.name not in seen:
        seen.add(shape.name)
        for key, member in shape.members.items():
            member.parent = shape
            yield key, member
            yield from members(member, seen)

moto_s_own, cases = ResponseSerializer.get_value, []
for service in ("s3", "stepfunctions", "sagemaker", "lambda", "sqs"):
    model = get_service_model(service)
    for name in list(model.operation_names):
        operation = model.operation_model(name)
        if operation.output_shape is not None:
            serializer = JSONSerializer(operation_model=operation, value_picker=XFormedAttributePicker())
            cases += [(serializer, *member) for member in members(operation.output_shape, set())]

def held(key, shape):
    prefix = shape.parent.name
    names = {key, xform_name(key), shape.name, key.removeprefix(prefix), shape.serialization.get("name", key), "called"}
    yield {}
    for name in filter(None, names):
        yield {name: name}
    yield {name: name for name in names}
    yield {key: None}

def find():
    return [
        serializer.get_value(kind(value), key, shape)
        for serializer, key, shape in cases
        for value in held(key, shape)
        for kind in (dict, Thing, Spelled)
    ]

before = find()
spellings.install()
assert ResponseSerializer.get_value is not moto_s_own
assert find() == before  # when it is worked out
assert find() == before  # and when it is remembered
print(len(before))
"""


def test_each_member_is_found_under_each_of_its_names_as_before() -> None:
    done = subprocess.run([sys.executable, "-c", COMPARE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10_000
