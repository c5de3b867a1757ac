"""Conditions of policies, as IAM's reference of condition operators has them."""

import pytest

from localcloud.access import conditions

PREFIX = {"s3:prefix": ["data/*", "jobs/*"]}
NAMESPACE = {"cloudwatch:namespace": "Scones/x"}
QUEUE = {"aws:SourceArn": "arn:aws:events:us-east-1:1:rule/*"}
ALIASES = {"kms:ResourceAliases": ["alias/ours"]}


def holds(condition, **found) -> bool:
    known = {name.replace("__", ":").lower(): value for name, value in found.items()}
    return all(test.holds(known.get) for test in conditions.read(condition))


@pytest.mark.parametrize(
    ("condition", "key", "meets", "fails"),
    [
        ({"StringEquals": NAMESPACE}, "cloudwatch:namespace", ["Scones/x"], ["Scones/y"]),
        ({"StringNotEquals": NAMESPACE}, "cloudwatch:namespace", None, ["Scones/x"]),
        ({"StringLike": PREFIX}, "s3:prefix", ["jobs/a/b"], ["models/"]),
        ({"StringLike": PREFIX}, "s3:prefix", ["data/"], None),
        ({"StringLikeIfExists": PREFIX}, "s3:prefix", None, ["models/"]),
        ({"Bool": {"aws:SecureTransport": False}}, "aws:securetransport", ["false"], ["true"]),
        ({"Null": {"aws:ResourceTag/Environment": "true"}}, "aws:resourcetag/environment", None, ["local"]),
        (
            {"ArnEquals": QUEUE},
            "aws:sourcearn",
            ["arn:aws:events:us-east-1:1:rule/a"],
            ["arn:aws:sns:us-east-1:1:a"],
        ),
        ({"ForAllValues:StringEquals": ALIASES}, "kms:resourcealiases", [], ["alias/ours", "alias/theirs"]),
        ({"ForAllValues:StringEquals": ALIASES}, "kms:resourcealiases", None, ["alias/theirs"]),
        ({"ForAnyValue:StringEquals": ALIASES}, "kms:resourcealiases", ["alias/ours", "alias/theirs"], []),
    ],
)
def test_an_operator_is_met_by_what_iam_says_meets_it(condition, key, meets, fails):
    (test,) = conditions.read(condition)
    assert test.holds({key: meets}.get)
    assert not test.holds({key: fails}.get)


def test_all_keys_of_all_operators_have_to_hold():
    condition = {"StringEquals": {"a:B": "1", "a:C": "2"}, "Null": {"a:D": "true"}}
    assert holds(condition, a__b=["1"], a__c=["2"])
    assert not holds(condition, a__b=["1"], a__c=["3"])
    assert not holds(condition, a__b=["1"], a__c=["2"], a__d=["4"])


def test_a_wildcard_of_an_arn_stays_in_its_part_and_a_text_has_no_parts():
    arn = {"ArnLike": {"aws:SourceArn": "arn:aws:*:1:rule/a"}}
    text = {"StringLike": {"aws:SourceArn": "arn:aws:*:1:rule/a"}}
    assert not holds(arn, aws__SourceArn=["arn:aws:events:us-east-1:1:rule/a"])
    assert holds(text, aws__SourceArn=["arn:aws:events:us-east-1:1:rule/a"])


def test_an_operator_that_is_not_known_here_is_not_guessed():
    with pytest.raises(NotImplementedError, match="NumericLessThan"):
        holds({"NumericLessThan": {"s3:max-keys": "10"}}, **{"s3:max-keys": ["5"]})
