"""Under which names moto may hold a member of an answer: worked out once for each kind of object and member.

moto 5.2.5 tries half a dozen spellings for each member of an answer's model, and makes them anew each time. A list of a
thousand executions took longer to write than one execution to run, and an object of S3 has forty members.
"""

from collections.abc import Iterator
from typing import Any

from botocore.model import Shape
from moto.core.serialize import AttributePickerContext, ResponseSerializer, XFormedAttributePicker

from localcloud import gaps

_names: dict[tuple[type, Shape, str], tuple[str, ...]] = {}


def install() -> None:
    """Let moto remember."""
    look_everywhere = ResponseSerializer.get_value

    @gaps.wrap(XFormedAttributePicker, "get_possible_keys")
    def get_possible_keys(
        original: gaps.Original, self: XFormedAttributePicker, context: AttributePickerContext
    ) -> Iterator[str]:
        if hasattr(context.obj, "Meta"):  # an object may have spellings of its own
            return original(self, context)
        kind = (type(context.obj), context.shape, context.key)
        if kind not in _names:
            _names[kind] = tuple(dict.fromkeys(original(self, context)))
        return iter(_names[kind])

    @gaps.add(ResponseSerializer)
    def get_value(self: ResponseSerializer, value: Any, key: str, shape: Shape) -> Any:
        picker = self._value_picker
        names = _names.get((dict, shape, key))
        plain = type(value) is dict and type(picker) is XFormedAttributePicker
        if names is None or not plain or picker.response_transformers:
            return look_everywhere(self, value, key, shape)
        for name in names:
            if name in value:
                return value[name]
        # A name with a dot is a path.
        return look_everywhere(self, value, key, shape) if "." in "".join(names) else None
