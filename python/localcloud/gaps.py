"""How a gap in moto is filled: a method is added, or wrapped with the original as its first argument."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

Original = Callable[..., Any]  # moto's own method: it takes the object first, as it is
# An object of moto's that is given what its class has no word for, or whose inside is rearranged.
Amended = Any
Method = TypeVar("Method", bound=Callable[..., object])


def add(owner: type) -> Callable[[Method], Method]:
    """Give moto's class a method of this name."""

    def fill(function: Method) -> Method:
        setattr(owner, function.__name__, function)
        return function

    return fill


def wrap(owner: type, name: str) -> Callable[[Method], Method]:
    """Replace moto's method by `function(original, self, ...)`."""

    def fill(function: Method) -> Method:
        original = getattr(owner, name)

        @functools.wraps(original)
        def wrapper(self: object, *args: object, **kwargs: object) -> object:
            return function(original, self, *args, **kwargs)

        setattr(owner, name, wrapper)
        return function

    return fill
