"""DynamoDB's expressions: each is parsed once, and its tree is gone through without detours. No matter of AWS's.

moto 5.2.5 parses the expression of an update twice for each request and its condition too, copies the tree, whose
actions are nested in one another, and goes through it ten times, twice over for an item that is new. To copy an item it
weighs the whole of it for each attribute. That was nine tenths of an update's time.
"""

import copy
import functools
from collections import deque
from collections.abc import Callable
from typing import Any

from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.models.dynamo_type import LimitedSizeDict
from moto.dynamodb.parsing import validators
from moto.dynamodb.parsing.ast_nodes import (  # type: ignore[attr-defined]
    DepthFirstTraverser,
    Node,
    UpdateExpression,
)
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined]
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords
from moto.dynamodb.parsing.validators import UpdateExpressionValidator

from localcloud import gaps

KEPT = 256  # of trees, and of lists of tokens
# What these look for depends on the expression and its names alone, or `indexes.Keys` looks for it.
LOOKED_FOR = (
    validators.ActionCountValidator,
    validators.EmptyStringKeyValueValidator,
    validators.OverlappingPathsValidator,
    validators.TypeMismatchValidator,
)

Names = tuple[tuple[str, str], ...]


def install() -> None:
    """Let moto remember, and walk."""
    words: Any = frozenset(ReservedKeywords.get_reserved_keywords())
    ReservedKeywords.KEYWORDS = words
    _install_updates()
    _install_conditions()

    @gaps.add(LimitedSizeDict)
    def __deepcopy__(self: LimitedSizeDict, memo: dict[int, Any]) -> LimitedSizeDict:  # noqa: N807
        made = LimitedSizeDict()
        dict.update(made, {name: copy.deepcopy(value, memo) for name, value in self.items()})
        return made


def _install_updates() -> None:
    parse = UpdateExpressionParser.make

    @functools.lru_cache(KEPT)
    def make(expression: str) -> UpdateExpression:
        """The tree with its actions side by side. Nobody changes it: moto validates and resolves a copy."""
        tree = parse(expression)
        validators.ActionCountValidator().traverse(tree)  # what it counts is gone from then on
        tree.normalize()
        for action in tree.children:
            action.set_parent(tree)
        return tree

    @functools.lru_cache(KEPT)
    def check_overlaps(tree: UpdateExpression, names: Names) -> None:
        validators.OverlappingPathsValidator(dict(names)).check_for_overlapping_paths(tree)

    UpdateExpressionParser.make = staticmethod(make)
    Node.__deepcopy__ = _copy

    @gaps.wrap(UpdateExpressionValidator, "__init__")
    def init(
        original: gaps.Original,
        self: UpdateExpressionValidator,
        expression: UpdateExpression,
        expression_attribute_names: dict[str, str],
        **more: Any,
    ) -> None:
        check_overlaps(expression, tuple((expression_attribute_names or {}).items()))
        original(self, expression, expression_attribute_names=expression_attribute_names, **more)
        self.processors = [one for one in self.processors if not isinstance(one, LOOKED_FOR)]

    @gaps.wrap(DepthFirstTraverser, "traverse")
    def traverse(_original: gaps.Original, self: DepthFirstTraverser, root: Node) -> Node:
        return _visit(self, self._processing_map(), root, -1)


def _install_conditions() -> None:
    last: tuple[Any, ...] = (object(), None, None)  # as no request has it

    @gaps.wrap(ConditionExpressionParser, "parse")
    def parse(original: gaps.Original, self: ConditionExpressionParser) -> Any:
        """The same request's condition is parsed before it is known what the item is, and after."""
        nonlocal last
        said = self.condition_expression, self.expression_attribute_names, self.expression_attribute_values
        known = last
        if not all(one is other for one, other in zip(said, known, strict=False)):
            made = original(self)
            last = (*said, made, tuple(self.expr_attr_names_found), tuple(self.expr_attr_values_found))
            return made
        self.expr_attr_names_found.extend(known[4])
        self.expr_attr_values_found.extend(known[5])
        return known[3]

    @functools.lru_cache(KEPT)
    def split(condition: str) -> tuple[Any, ...]:
        return tuple(lex(ConditionExpressionParser(condition, None, None)))

    lex = ConditionExpressionParser._lex_condition_expression
    ConditionExpressionParser._lex_condition_expression = (  # type: ignore[method-assign]
        lambda self: deque(split(self.condition_expression))
    )


def _copy(node: Node, _memo: object) -> Node:
    made = object.__new__(type(node))
    made.type, made.parent, made.children = node.type, None, node.children
    if node.children is not None:
        made.children = [
            _copy(child, None) if _is_node(child.__class__) else child for child in node.children
        ]
        for child in made.children:
            if _is_node(child.__class__):
                child.parent = made
    return made


def _visit(
    traverser: DepthFirstTraverser, processors: dict[type, Callable[[Node], Node]], node: Node, place: int
) -> Node:
    """What the traverser makes of the node, after all that is in it."""
    parent = node.parent
    for number, child in enumerate(node.children or ()):
        traverser.pre_processing_of_child(node, number)
        if _is_node(child.__class__):
            _visit(traverser, processors, child, number)
    kind = _find_kind(node.__class__, tuple(processors))
    if kind is not None:
        node = processors[kind](node)
        node.parent = parent
        if parent:
            parent.children[place] = node
    return node


@functools.cache
def _is_node(kind: type) -> bool:
    return issubclass(kind, Node)


@functools.cache
def _find_kind(kind: type, kinds: tuple[type, ...]) -> type | None:
    """The first of these that this is one of."""
    return next((one for one in kinds if issubclass(kind, one)), None)
