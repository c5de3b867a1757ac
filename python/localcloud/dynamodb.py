"""DynamoDB: one request at a time, and a table that is protected against deletion.

AWS: whether a condition holds is found out and the item is written in one step, so that of many who claim the same
item one gets it; `ALL_NEW` is what this request wrote. A protected table is not deleted, and an expression with a name
or a value that the request does not define is refused, in AWS's own words.
moto 5.2.5 answers requests side by side, and another may write between the look and the write, or before the answer
is put together; its words for a protected table are its own, and by a name that is not defined it fails.
Left out here: an item is not deleted by its age, `UpdateTable` forgets a change of the key, and no metrics are
published.
"""

import threading

from moto.core.common_types import TYPE_RESPONSE
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.exceptions import (
    ExpressionAttributeNameNotDefined,
    InvalidConditionExpression,
    MockValidationException,
)
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing.validators import OverlappingPathsValidator
from moto.dynamodb.responses import DynamoHandler

from localcloud import gaps

PROTECTED = (
    "Resource cannot be deleted as it is currently protected against deletion. "
    "Disable deletion protection first."
)

NO_NAME = "An expression attribute name used in the document path is not defined; attribute name: {}"
NO_VALUE = "An expression attribute value used in expression is not defined; attribute value: {}"

_answering = threading.Lock()


def install() -> None:
    """Fill the gaps."""

    @gaps.wrap(DynamoHandler, "call_action")
    def call_action(original: gaps.Original, self: DynamoHandler) -> TYPE_RESPONSE:
        with _answering:
            return original(self)  # type: ignore[no-any-return]

    @gaps.wrap(DynamoDBBackend, "delete_table")
    def delete_table(original: gaps.Original, self: DynamoDBBackend, name: str) -> Table:
        if self.get_table(name).deletion_protection_enabled:
            raise MockValidationException(PROTECTED)
        return original(self, name)  # type: ignore[no-any-return]

    for lookup, words in (
        ("_lookup_expression_attribute_name", NO_NAME),
        ("_lookup_expression_attribute_value", NO_VALUE),
    ):
        _refuse_undefined(lookup, words)

    @gaps.wrap(OverlappingPathsValidator, "check_for_overlapping_paths")
    def check_for_overlapping_paths(
        original: gaps.Original, self: OverlappingPathsValidator, node: object
    ) -> object:
        try:
            return original(self, node)
        except KeyError as error:
            raise ExpressionAttributeNameNotDefined(error.args[0]) from error


def _refuse_undefined(lookup: str, words: str) -> None:
    @gaps.wrap(ConditionExpressionParser, lookup)
    def look_up(original: gaps.Original, self: ConditionExpressionParser, name: str) -> object:
        try:
            return original(self, name)
        except (KeyError, TypeError) as error:  # of a request that defines others, or none
            raise InvalidConditionExpression(words.format(name)) from error
