"""The statements of a data source that makes a policy, as they stand in the code."""

from collections.abc import Iterator

from core.contract.shapes import Json
from core.terraform_code import literals
from core.terraform_code.hcl_blocks import Part
from delivery.policies import Unreadable

DOCUMENT = ("aws_iam_policy_document", ("json", "minified_json"))
ADDS = ("override_json", "override_policy_documents", "source_json", "source_policy_documents")


def is_document(steps: list[str]) -> bool:
    """Whether a name below `data` is that of a policy."""
    kind, attributes = DOCUMENT
    return len(steps) == 3 and steps[0] == kind and steps[2] in attributes


def read(block: Part) -> Iterator[Json]:
    for part in block.parts:
        if part.head[0] in ADDS or (part.head[0] == "dynamic" and part.head[1:] != ("statement",)):
            raise Unreadable(part.text.split("\n")[0])
    for part in once_or_more(block, "statement"):
        yield in_block(part)


def once_or_more(block: Part, name: str) -> Iterator[Part]:
    """The blocks of this name, also those that are repeated."""
    yield from block.find(name)
    yield from (it for part in block.find("dynamic", name) for it in part.find("content"))


def in_block(block: Part) -> Json:
    def get(part: Part, name: str) -> list[object]:
        return [literals.read(it.value) for it in part.find(name)]

    statement: Json = {"Effect": (get(block, "effect") or ["Allow"])[0]}
    for name, key in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        if found := list(once_or_more(block, name)):
            statement[key] = [read_principal(get(it, "type"), get(it, "identifiers")) for it in found]
    # One that is repeated may be there no time at all.
    for part in block.find("condition"):
        match [get(part, name) for name in ("test", "variable", "values")]:
            case [[str(test)], [str(variable)], [values]]:
                statement.setdefault("Condition", {}).setdefault(test, {})[variable] = values
            case _:
                raise Unreadable(part.text.split("\n")[0])
    return statement


def read_principal(kinds: list[object], identifiers: list[object]) -> Json:
    # A kind that is computed could be any.
    return {it if isinstance(it, str) else "${it}": identifiers for it in kinds}
