"""Metric math: what an expression such as `IF(started >= 10, 100 * failed / started, 0)` makes of series.

AWS: an expression counts with series, period by period; where a series that it needs has no value, neither has the
result, and nor has a division by zero. Here the arithmetic, the comparisons, `IF`, `FILL` with a number, `MIN`, `MAX`
and `ABS`; any other is refused when the alarm is made. Numbers mean the same in each period.
"""

import ast
import operator
from collections.abc import Callable, Mapping

Values = list[float | None]  # a value for each period, oldest first

ARITHMETIC: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
EACH: dict[str, Callable[..., float]] = {"ABS": abs, "MAX": max, "MIN": min}


class UnknownPart(ValueError):
    """A part of an expression that the local cloud does not know."""


def evaluate(text: str, series: Mapping[str, Values], periods: int) -> Values:
    """The expression's value in each period."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise UnknownPart(text) from error
    return _evaluate(tree.body, series, periods)


def _evaluate(node: ast.expr, series: Mapping[str, Values], periods: int) -> Values:
    def inner(part: ast.expr) -> Values:
        return _evaluate(part, series, periods)

    match node:
        case ast.Constant(value=int() | float() as number):
            return [float(number)] * periods
        case ast.Name(id=name) if name in series:
            return series[name]
        case ast.UnaryOp(op=ast.USub(), operand=part):
            return _each(operator.neg, inner(part))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in ARITHMETIC:
            return _each(ARITHMETIC[type(sign)], inner(left), inner(right))
        case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in ARITHMETIC:
            return _each(ARITHMETIC[type(sign)], inner(left), inner(right))
        case ast.Call(func=ast.Name(id="IF"), args=[condition, yes, no], keywords=[]):
            return _choose(inner(condition), inner(yes), inner(no))
        case ast.Call(func=ast.Name(id="FILL"), args=[part, ast.Constant(value=int() | float() as number)]):
            return [float(number) if value is None else value for value in inner(part)]
        case ast.Call(func=ast.Name(id=name), args=parts, keywords=[]) if name in EACH:
            return _each(EACH[name], *map(inner, parts))
    raise UnknownPart(ast.unparse(node))


def _each(function: Callable[..., float], *operands: Values) -> Values:
    def apply(values: tuple[float | None, ...]) -> float | None:
        try:
            return None if None in values else float(function(*values))
        except ZeroDivisionError:
            return None

    return [apply(values) for values in zip(*operands, strict=True)]


def _choose(conditions: Values, yes: Values, no: Values) -> Values:
    rows = zip(conditions, yes, no, strict=True)
    return [None if condition is None else (then if condition else other) for condition, then, other in rows]
