"""How a gap in moto is filled: a method is added, or wrapped with the original as its first argument."""

import functools
from collections.abc import Callable
from typing import Any


def add(owner: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give moto's class a method of this name."""

    def fill(function: Callable[..., Any]) -> Callable[..., Any]:
        setattr(owner, function.__name__, function)
        return function

    return fill


def wrap(owner: type, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Replace moto's method by `function(original, self, ...)`."""

    def fill(function: Callable[..., Any]) -> Callable[..., Any]:
        original = getattr(owner, name)

        @functools.wraps(original)
        def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
            return function(original, self, *args, **kwargs)

        setattr(owner, name, wrapper)
        return function

    return fill
