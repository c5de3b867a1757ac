"""Decisions of IAM within one account: who may do what, and in which words others may not."""

import json

import pytest

from localcloud.access import statements
from localcloud.access.decisions import Policies, decide
from localcloud.access.statements import Request

ROLE = ("AWS", "arn:aws:iam::1:role/reader")
ROOT = "arn:aws:iam::1:root"
EVENTS = ("Service", "events.amazonaws.com")
PHOTO = "arn:aws:s3:::photos/incoming/a.png"
KEY = "arn:aws:kms:us-east-1:1:key/k"
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/incoming/*"}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def policy(*written, label="policy"):
    return statements.read(label, json.dumps({"Version": "2012-10-17", "Statement": written}))


def ask(action="s3:GetObject", resource=PHOTO, by=ROLE, **known):
    return Request(action, resource, (by,), lambda key: known.get(key))


def test_what_no_policy_allows_is_refused_in_iams_words():
    decision = decide(ask("s3:PutObject"), Policies(identity=policy(READ)))
    assert not decision.allowed
    assert decision.reason == "because no identity-based policy allows the s3:PutObject action"


def test_what_a_policy_allows_is_allowed_by_the_statement_that_is_named():
    decision = decide(
        ask(), Policies(identity=policy({"Effect": "Allow", "Action": "s3:Put*", "Resource": "*"}, READ))
    )
    assert decision.allowed
    assert decision.by == ("policy/2",)


def test_actions_know_no_case_and_resources_do():
    identity = policy({**READ, "Action": "S3:getobject"})
    assert decide(ask(), Policies(identity=identity)).allowed
    assert not decide(
        ask(resource=PHOTO.replace("incoming", "Incoming")), Policies(identity=identity)
    ).allowed


def test_everything_but_what_is_excepted():
    but = policy({"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::photos/models/*"})
    assert decide(ask(), Policies(identity=but)).allowed
    assert not decide(ask("iam:GetRole"), Policies(identity=but)).allowed
    assert not decide(ask(resource="arn:aws:s3:::photos/models/a"), Policies(identity=but)).allowed


@pytest.mark.parametrize("where", ["identity", "boundary", "resource"])
def test_a_denial_wins_wherever_it_stands(where):
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    deny |= {"Principal": "*"} if where == "resource" else {}
    decision = decide(ask(), Policies(**{"identity": policy(EVERYTHING), where: policy(EVERYTHING, deny)}))
    named = {
        "identity": "an identity-based policy",
        "boundary": "a permissions boundary",
        "resource": "a resource-based policy",
    }
    assert (decision.allowed, decision.reason) == (False, f"with an explicit deny in {named[where]}")


def test_a_boundary_limits_what_the_role_s_own_policies_allow():
    within = Policies(identity=policy(EVERYTHING), boundary=policy(READ, label="boundary"))
    decision = decide(ask(), within)
    assert (decision.allowed, decision.by, decision.within) == (True, ("policy/1",), ("boundary/1",))
    assert (
        decide(ask("s3:PutObject"), within).reason
        == "because no permissions boundary allows the s3:PutObject action"
    )


def test_a_boundary_alone_allows_nothing():
    assert not decide(ask(), Policies(boundary=policy(EVERYTHING))).allowed


def test_a_statement_whose_condition_is_not_met_is_not_there():
    denied = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policies = Policies(identity=policy(READ, denied))
    assert decide(ask(**{"aws:securetransport": ["true"]}), policies).allowed
    assert not decide(ask(**{"aws:securetransport": ["false"]}), policies).allowed


def test_a_service_may_do_what_the_resource_lets_it_and_nothing_else():
    send = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
    }
    queue = Policies(resource=policy(send))
    assert decide(ask("sqs:SendMessage", by=EVENTS), queue).allowed
    other = decide(ask("sqs:SendMessage", by=("Service", "sns.amazonaws.com")), queue)
    assert other.reason == "because no resource-based policy allows the sqs:SendMessage action"


def test_a_key_s_policy_has_to_leave_the_decision_to_the_account():
    identity = policy({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"})
    leaves = policy({"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"})
    asked = ask("kms:Decrypt", KEY)
    allowed = Policies(identity=identity, resource=leaves, resource_decides=True, root=ROOT)
    assert decide(asked, allowed).allowed
    without = Policies(identity=identity, resource=(), resource_decides=True, root=ROOT)
    assert decide(asked, without).reason == "because no resource-based policy allows the kms:Decrypt action"
    nobody = Policies(resource=leaves, resource_decides=True, root=ROOT)
    assert decide(asked, nobody).reason == "because no identity-based policy allows the kms:Decrypt action"
