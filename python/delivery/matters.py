"""Which attributes say who may do what, by the words that their names are made of.

The words were chosen from all names in the schema of the AWS provider (`terraform providers schema -json`), so that a
kind of resource that the project does not have yet is shown and judged as well.
"""

import re

WORDS = re.compile(
    r"(^|_)(access|accounts|acls?|allow|allowed|anonymous|assume|auth|authentication|authorization|authorizer|boundary"
    r"|cidrs?|external|grant|grantees?|grants|groups|iam|identifiers|identit(y|ies)|ingress|internal|invoke|organization"
    r"|permissions?|polic(y|ies)|principals?|public|publicly|roles?|shared?|security_groups?|trust|trusted|unauthenticated|uri|visible)(_|$)"
)
# What has one of these words and lets nobody in.
OTHER = re.compile(r"(retry|scaling|update)_policy|force_detach_policies")
# Of which others of these words may be a part, and which open nothing.
SECRET = re.compile(r"(^|_)(credentials?|key|password|secret|token)(_|$)")
DOCUMENT = re.compile(r"(^|_)(policy|policies|policy_(body|document|text))$")
INDEX = re.compile(r"\[\d+\]")


def names(path: str) -> list[str]:
    """The names of the blocks and of the attribute in them that a path leads through."""
    return INDEX.sub("", path).split(".")


def matters(path: str) -> bool:
    """Whether what is there says who may do what, or is in something that does."""
    return any(WORDS.search(it) and not OTHER.search(it) for it in names(path))


def is_secret(path: str) -> bool:
    return bool(SECRET.search(names(path)[-1]))


def is_document(path: str) -> bool:
    """Whether a policy may stand there."""
    return bool(DOCUMENT.search(names(path)[-1]))
