"""DynamoDB's secondary indexes: added to a table that is there, read by pages, and kept from values that are no key.

AWS: `UpdateTable` adds an index, and what its keys are to what the table's are. A query that has as many items as its
`Limit` says where to go on, also when nothing follows. No update gives a key of an index a value of another type, or
none. moto 5.2.5 forgets the table's own keys, says where to go on only when something follows, and overlooks a key that
the expression calls by a name of its own.
Left out here: a page ends after a megabyte of whole items, in AWS of what the index holds of them.
"""

from collections.abc import Callable, Sequence
from typing import Any

from moto.dynamodb.exceptions import EmptyKeyAttributeException, InvalidAttributeTypeError
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing.ast_nodes import (  # type: ignore[attr-defined]
    DepthFirstTraverser,
    Node,
    UpdateExpressionSetAction,
)
from moto.dynamodb.parsing.validators import UpdateExpressionValidator

from core.contract.shapes import Json
from localcloud import gaps

TEXTS = ("B", "S")

Page = tuple[list[Item], int, Json | None]


def install() -> None:
    """Fill the gaps."""

    @gaps.wrap(DynamoDBBackend, "update_table")
    def update_table(
        original: gaps.Original, self: DynamoDBBackend, *, attr_definitions: list[Json] | None, **asked: Any
    ) -> Table:
        table: gaps.Amended = self.get_table(asked["name"])
        defined = {each["AttributeName"]: each for each in [*table.attr, *(attr_definitions or ())]}
        original(self, attr_definitions=attr_definitions, **asked)
        schemas = [table.schema, *(index.schema for index in table.all_indexes())]
        used = {key["AttributeName"] for schema in schemas for key in schema}
        table.attr = [each for name, each in defined.items() if name in used]
        return table  # type: ignore[no-any-return]

    @gaps.wrap(Table, "query")
    def query(
        original: gaps.Original,
        self: Table,
        hash_key: object,
        comparison: str | None,
        values: Sequence[object],
        limit: int | None,
        start: Json | None,
        forward: bool,
        projection: list[list[str]] | None,
        index: str | None,
        consistent: bool,
        condition: Any,
        **more: Any,
    ) -> Page:
        asked = (hash_key, comparison, values, limit, start, forward, None, index, consistent, None)
        found, scanned, last = original(self, *asked, **more)
        if last is None and limit is not None and len(found) == limit:
            last = self._get_last_evaluated_key(found[-1], index)
        if condition is not None:
            found = [item for item in found if condition.expr(item)]
        if projection:
            found = [item.project(projection) for item in found]
        return found, scanned, last

    @gaps.wrap(UpdateExpressionValidator, "get_ast_processors")
    def get_ast_processors(
        original: gaps.Original, self: UpdateExpressionValidator
    ) -> list[DepthFirstTraverser]:
        return [*original(self), Keys(self.table, self.expression_attribute_names or {})]


class Keys(DepthFirstTraverser):
    """Looks at what an update sets: a key has a value, and one of its type."""

    def __init__(self, table: Table, names: dict[str, str]) -> None:
        self.types = {each["AttributeName"]: each["AttributeType"] for each in table.attr}
        self.names = names

    def _processing_map(self) -> dict[type[Node], Callable[[Node], Node]]:
        return {UpdateExpressionSetAction: self._check}

    def _check(self, action: Node) -> Node:
        path, (value,) = action.children[0].children, action.children[1].children
        name = self.names.get(path[0].children[0], path[0].children[0])
        if name in self.types and len(path) == 1:
            if value.type != self.types[name]:
                raise InvalidAttributeTypeError(name, self.types[name], value.type)
            if value.type in TEXTS and not value.value:
                raise EmptyKeyAttributeException(key_in_index=True)
        return action
