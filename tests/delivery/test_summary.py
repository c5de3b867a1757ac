"""A plan as people read it: from the changes of a plan to the Markdown of a comment."""

import json
import re

import pytest
from markdown_it import MarkdownIt

from core import escape
from core.console import UserError, run
from core.job_log import in_log
from delivery import fleet, limit, plan, summary

BUCKET = "module.storage.aws_s3_bucket.this"
ROLE = "module.training.aws_iam_role.this"
FUNCTION = 'module.lambda["filter"].aws_lambda_function.this'
QUEUE = "module.workflow.aws_sqs_queue.review"
CONFIGURATION = "module.endpoint.aws_sagemaker_endpoint_configuration.this"


def allow_all() -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]})


MODEL = {
    "artefact": "s3://scones-staging-1/models/22/model.tar.gz",
    "sha256": "22",
    "metrics": {"test_accuracy": 0.95},
    "run": "job-2",
    "override_reason": None,
}
LIVE = MODEL | {"sha256": "11", "metrics": {"test_accuracy": 0.9}}


def text(review, live=None, gate=None) -> str:
    return summary.markdown(review, live, gate)


def test_what_is_lost_comes_first_and_counts_are_on_top(make_review, make_change):
    review = make_review(
        changes=[
            make_change(FUNCTION, "update", before={"timeout": 10}, after={"timeout": 20}),
            make_change(ROLE, "create", after={"name": "training"}),
            make_change(QUEUE, "delete", before={"name": "review"}),
            make_change(CONFIGURATION, "create", "delete", before={"name": "a"}, after={"name": "b"}),
        ]
    )
    lines = text(review).splitlines()
    assert lines[0] == "## Plan for staging: 1 to replace, 1 to destroy, 1 to change, 1 to create"
    assert review["digest"] in lines[2]
    resources = [line for line in lines if line.startswith("- `")]
    assert [line.split("`")[1] for line in resources] == [CONFIGURATION, QUEUE, FUNCTION, ROLE]
    assert resources[2] == f"- `{FUNCTION}`: timeout `10` -> `20`"
    assert resources[3] == f"- `{ROLE}`"


def test_whatever_a_plan_does_it_shows_the_figures_of_what_is_live(make_review):
    metrics = {
        "test_accuracy": 0.9,
        "coverage": 0.84,
        "selective_accuracy": 0.98,
        "threshold": 0.93,
        "n_test": 9,
    }
    assert (
        "Live is `s3://scones-staging-1/models/22/model.tar.gz`: test accuracy 0.9000, coverage 0.8400, accuracy of "
        "what is accepted 0.9800, at the threshold 0.9300\n"
    ) in text(make_review(), LIVE | {"metrics": metrics})
    for live in (None, LIVE | {"metrics": {}}):
        assert "Live is" not in text(make_review(), live)


def test_why_a_resource_is_replaced_is_said_beside_the_attribute(make_change):
    change = make_change(
        CONFIGURATION,
        *("create", "delete"),
        before={"arn": "arn:old", "variants": [{"type": "ml.m5.large"}]},
        after={"variants": [{"type": "ml.m5.xlarge"}]},
        after_unknown={"arn": True, "variants": [{}]},
        replace_paths=[["variants", 0, "type"]],
    )
    assert summary.line(change) == (
        f'- `{CONFIGURATION}`: variants[0].type `"ml.m5.large"` -> `"ml.m5.xlarge"` (why it is replaced)'
    )


@pytest.mark.parametrize(
    ("address", "actions", "said"),
    [
        (BUCKET, ["delete"], "is destroyed: the photos, data sets, models and captures in it are lost."),
        ("module.storage.aws_kms_key.this", ["delete", "create"], "is replaced: whatever it encrypted"),
        ("module.endpoint.aws_sagemaker_endpoint.this", ["delete", "create"], "no photo is classified until"),
        (
            "module.api.aws_cognito_user_pool.this",
            ["delete", "create"],
            "everybody in it has to be invited anew",
        ),
        ("module.api.aws_cognito_user_pool_client.program", ["delete"], "refused until it has others"),
    ],
)
def test_what_loses_data_or_service_is_warned_of_in_words(make_review, make_change, address, actions, said):
    (warning,) = [
        line
        for line in text(make_review(changes=[make_change(address, *actions)])).splitlines()
        if "Warning" in line
    ]
    assert f"`{address}`" in warning
    assert said in warning


def test_what_terraform_forgets_is_said(make_review, make_change):
    shown = text(make_review(changes=[make_change(BUCKET, "forget", before={"bucket": "a"})]))
    assert "## Plan for staging: 1 to forget" in shown
    assert (
        f"**Warning:** `{BUCKET}` is forgotten: it stays as it is, and Terraform looks after it no more."
        in shown
    )


def test_what_has_no_price_is_said_beside_the_cost(make_review, make_change):
    changes = [
        make_change(f"{kind}.this", "create", after={})
        for kind in ("aws_nat_gateway", "aws_db_instance", "aws_sqs_queue")
    ]
    shown = text(make_review(changes=changes))
    assert "**Not priced:** `aws_db_instance`, `aws_nat_gateway`. What that costs is not" in shown
    assert "Not priced" not in text(make_review(changes=changes[2:]))


@pytest.mark.parametrize(
    ("address", "after", "said"),
    [
        (
            "aws_iam_role.this",
            {"inline_policy": [{"policy": allow_all()}]},
            "inline_policy[0].policy **gets** `{",
        ),
        ("aws_opensearch_domain.this", {"access_policies": allow_all()}, "access_policies **gets** `{"),
        (
            "aws_vpc_security_group_ingress_rule.this",
            {"cidr_ipv4": "10.1.0.0/16"},
            'cidr_ipv4 `"10.1.0.0/16"`',
        ),
        ("aws_vpc_security_group_ingress_rule.this", {"cidr_ipv6": "fd00::/8"}, 'cidr_ipv6 `"fd00::/8"`'),
        ("aws_security_group_rule.this", {"ipv6_cidr_blocks": ["::/0"]}, 'ipv6_cidr_blocks[0] `"::/0"`'),
        (
            "aws_s3_bucket_acl.this",
            {"access_control_policy": [{"grant": [{"grantee": [{"uri": "u"}]}]}]},
            'uri `"u"`',
        ),
        ("aws_iam_role.this", {"managed_policy_arns": ["arn:a"]}, 'managed_policy_arns[0] `"arn:a"`'),
        ("aws_lambda_layer_version_permission.this", {"principal": "1"}, 'principal `"1"`'),
        ("aws_vpc_endpoint_service.this", {"allowed_principals": ["1"]}, 'allowed_principals[0] `"1"`'),
        ("aws_eks_cluster.this", {"vpc_config": [{"endpoint_public_access": True}]}, "public_access `true`"),
        ("aws_lb.this", {"internal": False}, "internal `false`"),
        ("aws_lambda_function.this", {"role": "arn:role"}, 'role `"arn:role"`'),
    ],
)
def test_whoever_is_let_in_by_something_new_is_in_its_line(make_change, address, after, said):
    assert said in summary.line(make_change(address, "create", after=after))


def test_what_a_new_resource_is_called_and_how_long_it_waits_is_not(make_change):
    after = {"name": "a", "visibility_timeout_seconds": 30, "retry_policy": [{"maximum_retry_attempts": 2}]}
    assert summary.line(make_change(QUEUE, "create", after=after)) == f"- `{QUEUE}`"


def test_data_that_is_read_when_it_is_applied_is_shown_and_counts(make_review):
    resource = {
        "address": "data.aws_ssm_parameter.who",
        "mode": "data",
        "type": "aws_ssm_parameter",
        "name": "who",
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {
            "actions": ["read"],
            "before": None,
            "after": {"name": "/who", "with_decryption": None},
            "after_unknown": {"value": True},
            "before_sensitive": False,
            "after_sensitive": {"value": True},
        },
    }
    shown = {"resource_changes": [resource], "configuration": {"root_module": {}}}
    changes = plan.changes(shown, "salt")
    review = make_review(changes=changes)
    assert review["digest"] != make_review()["digest"]
    written = text(review)
    assert written.startswith("## Plan for staging: 1 to read\n")
    assert '### Read when it is applied\n\n- `data.aws_ssm_parameter.who`: name `"/who"`' in written
    assert "Not priced" not in written


def test_a_secret_is_shown_nowhere_and_still_counts():
    resource = {
        "address": ROLE,
        "mode": "managed",
        "type": "aws_iam_role",
        "name": "this",
        "provider_name": "aws",
        "change": {
            "actions": ["update"],
            "before": {"tags": {"token": "hunter2", "team": "routing"}},
            "after": {"tags": {"token": "hunter3", "team": "routing"}},
            "after_unknown": {},
            "before_sensitive": {"tags": {"token": True}},
            "after_sensitive": {"tags": {"token": True}},
        },
    }
    (change,) = plan.changes({"resource_changes": [resource], "configuration": {"root_module": {}}}, "salt")
    before, after = change["before"], change["after"]
    assert before != after
    assert "hunter" not in str(change)
    assert summary.line(change) == f"- `{ROLE}`: tags.token (sensitive) -> (sensitive)"


@pytest.mark.parametrize("start", [plan.HIDDEN, plan.PLAIN, plan.PLAIN + plan.HIDDEN])
def test_what_only_looks_like_a_hidden_value_is_shown(make_change, start):
    shown = {
        summary.line(
            make_change(ROLE, "update", before={"path": "/"}, after={"path": plan.hide(it, {}, "salt")})
        )
        for it in (f"{start}one", f"{start}two", f"{plan.PLAIN}{start}one")
    }
    assert len(shown) == 3
    assert not any("(sensitive)" in it for it in shown)


def test_of_a_long_value_the_name_alone_is_in_the_line_and_the_whole_is_below(make_review, make_change):
    change = make_change(ROLE, "update", before={"description": "a" * 500}, after={"description": "b" * 500})
    assert summary.line(change) == f"- `{ROLE}`: description (below)"
    folded = text(make_review(changes=[change])).partition("<details>")[2]
    assert f'- description = "{"a" * 500}"\n+ description = "{"b" * 500}"\n' in folded


def test_each_statement_that_a_policy_gets_or_loses_is_in_the_line_however_long(make_change):
    kept, lost = allow("s3:GetObject", "a" * 100), allow("s3:PutObject", "b" * 100)
    got = allow("s3:*", "*", Principal="*")
    change = make_change(
        "aws_s3_bucket_policy.this",
        "update",
        before={"policy": json.dumps({"Statement": [kept, lost]})},
        after={"policy": json.dumps({"Statement": [kept, got]})},
    )
    assert summary.line(change).split("\n") == [
        "- `aws_s3_bucket_policy.this`",
        f"  - policy **gets** `{json.dumps(got)}`",
        f"  - policy **loses** `{json.dumps(lost)}`",
    ]


def allow(action: str, resource: str, **more: str) -> dict[str, str]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def test_a_policy_in_another_order_gets_and_loses_nothing_and_is_below(make_review, make_change):
    one, other = allow("a", "b" * 80), allow("c", "d")
    change = make_change(
        ROLE,
        "update",
        before={"policy": json.dumps({"Statement": [one, other]})},
        after={"policy": json.dumps({"Statement": [other, one]})},
    )
    assert "**" not in summary.line(change)
    assert "policy:" in text(make_review(changes=[change])).partition("<details>")[2]


def test_of_a_new_resource_whom_it_lets_in_is_shown(make_change):
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    values = {
        "name": "training",
        "assume_role_policy": json.dumps({"Statement": [trust]}),
        "permissions_boundary": None,
    }
    lines = summary.line(make_change(ROLE, "create", after=values)).split("\n")
    assert lines == [f"- `{ROLE}`", f"  - assume_role_policy **gets** `{json.dumps(trust)}`"]
    block = make_change(
        "aws_s3_bucket_public_access_block.this", "create", after={"block_public_acls": False}
    )
    assert "  - block_public_acls `false`" in summary.line(block)


def test_of_a_new_policy_that_is_known_only_after_apply_the_code_is_shown(make_change):
    code = 'policy = jsonencode({\n  Principal = "*"\n})'
    change = make_change(
        ROLE, "create", after={}, after_unknown={"policy": True, "id": True}, expressions={"policy": code}
    )
    shown = summary.line(change)
    assert '      Principal = "*"\n' in shown
    assert "id" not in shown.replace("aws_iam_role", "")


def test_an_import_and_a_move_are_shown(make_review, make_change):
    taken = make_change(QUEUE, "no-op", before={}, after={}, importing={"id": "https://queue"})
    moved = make_change(ROLE, "no-op", before={}, after={}, moved_from="aws_iam_role.old")
    shown = text(make_review(changes=[taken, moved]))
    assert "1 to import, 1 to move" in shown
    assert f"- `{QUEUE}`: taken over by Terraform as `https://queue`" in shown
    assert f"- `{ROLE}`: called `aws_iam_role.old` until now" in shown


ATTACK = "`` <!-- </details> ``` [x](https://evil) @everyone | **Approved**\n\n# Approved \u202e"


@pytest.mark.parametrize("unseen", "\u3164\u115f\u1160\uffa0\u2800\u034f\ufe0f\u0336\u00ad\u3000\u202e")
def test_what_is_not_seen_is_written_out(unseen):
    assert escape.code(f"a{unseen}b") == f"`a\\u{ord(unseen):04x}b`"


def test_what_a_reader_sees_stays_as_it_is():
    assert escape.code("a_b-c/d*é ß 日本 🚲") == "`a_b-c/d*é ß 日本 🚲`"


def test_a_warning_of_a_fleet_is_no_more_than_text(make_change):
    change = make_change(f'aws_sagemaker_endpoint.this["{ATTACK}"]', "update", type="aws_sagemaker_endpoint")
    assert is_harmless(fleet.say("prod", change, 2, 1))


def test_no_line_of_a_review_is_a_command_for_github_s_runner(monkeypatch):
    text = "  ::add-mask::a\n+ x = ##[add-mask]b\n::endgroup::"
    assert in_log(text) == text
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    stopped = []
    for _ in range(2):
        first, *lines, last = in_log(text).split("\n")
        assert first.startswith("::stop-commands::")
        assert last == f"::{first.removeprefix('::stop-commands::')}::"
        assert "\n".join(lines) == text
        stopped.append(last)
    assert stopped[0] != stopped[1], "whoever writes a value could know how to end it"


def test_no_line_of_an_error_is_one_either(monkeypatch):
    def fail() -> None:
        raise UserError("Terraform says:\n::add-mask::a")

    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with pytest.raises(SystemExit) as ended:
        run(fail)
    assert str(ended.value).startswith("::stop-commands::")
    monkeypatch.delenv("GITHUB_ACTIONS")
    with pytest.raises(SystemExit, match=r"^error: Terraform says"):
        run(fail)


def render(markdown: str) -> str:
    """As a renderer of GitHub's Markdown does, with tables, and HTML left as it is."""
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)


@pytest.mark.parametrize(
    "place", ["address", "key", "value", "long value", "policy", "expression", "label", "output"]
)
def test_nothing_that_somebody_wrote_is_more_than_text(make_review, make_change, place):
    key = {"key": ATTACK}.get(place, "name")
    before = {key: "a", "policy": '{"Statement": []}'}
    after = {
        key: {"value": ATTACK, "long value": ATTACK * 20}.get(place, "b"),
        "policy": json.dumps(
            {"Statement": [{"Sid": ATTACK if place == "policy" else "Sid", "Effect": "Allow"}]}
        ),
    }
    address = f'aws_iam_role.this["{ATTACK}"]' if place == "address" else ROLE
    change = make_change(address, "update", before=before, after=after, type="aws_iam_role")
    if place == "expression":
        change |= {"after_unknown": {"policy": True}, "expressions": {"policy": ATTACK}}
    named = {"actions": ["update"], "before": "a", "after": ATTACK, "after_unknown": {}, "replace_paths": []}
    review = make_review(
        changes=[change],
        outputs={"url": named} if place == "output" else {},
        allowed=[ATTACK] if place == "label" else [],
    )
    shown = text(review)
    assert is_harmless(shown)
    assert "\u202e" not in shown


def test_what_is_said_of_a_model_is_no_more_than_text(make_review):
    model = MODEL | {"override_reason": ATTACK, "run": ATTACK, "metrics": {ATTACK: 1.0, "accuracy": ATTACK}}
    gate = {"sha256": "22", "found": f"It goes live all the same: {ATTACK}"}
    shown = text(make_review(model={"model": model}), LIVE, gate)
    assert is_harmless(shown)
    assert "<td><code>" in render(shown)


def is_harmless(markdown: str) -> bool:
    """Whether all of what somebody wrote is in code, and the fold is open and closed where ours is."""
    html = render(markdown)
    outside = re.sub(r"<code.*?</code>", "", html, flags=re.DOTALL)
    return not any(it in outside for it in ("<!--", "evil", "@everyone", "Approved")) and outside.count(
        "<details>"
    ) == outside.count("</details>") == markdown.count(f"\n{limit.FOLD}\n")


def test_a_new_model_is_shown_beside_the_live_one_with_what_the_gate_found(make_review):
    gate = {"sha256": "22", "found": "Evaluated again: it passes the gate."}
    shown = text(make_review(model={"model": MODEL}), LIVE, gate)
    (row,) = [line for line in shown.splitlines() if "test_accuracy" in line]
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        "test_accuracy",
        "0.9000",
        "0.9500",
        "+0.05",
    ]
    assert gate["found"] in shown


def test_why_a_worse_model_goes_live_all_the_same_is_shown(make_review):
    model = MODEL | {"override_reason": "the old one leaks"}
    assert "the old one leaks" in text(make_review(model={"model": model}), LIVE)


def test_what_the_gate_found_out_about_another_model_is_not_shown(make_review):
    gate = {"sha256": "33", "found": "Evaluated again: it passes the gate."}
    assert gate["found"] not in text(make_review(model={"model": MODEL}), LIVE, gate)


def test_a_model_that_stays_is_not_shown(make_review):
    assert "### Model" not in text(make_review(model={"model": LIVE}), LIVE)


def test_what_a_month_costs_is_shown_before_and_after(make_review):
    cost = {"before": {"endpoint": 83.95, "keys": 1.0}, "after": {"endpoint": 167.9, "keys": 1.0}}
    shown = text(make_review(cost=cost))
    assert "### Cost: 84.95 dollars a month before, 168.90 after (+83.95)" in shown
    assert "| endpoint | 83.95 | 167.90 |" in shown
    assert "keys" not in shown


def test_a_broken_rule_comes_first(make_review):
    shown = text(make_review(refused=["the bucket is public"], allowed=["may-replace"]))
    assert shown.split("\n\n")[2:4] == [
        "**Refused:** `the bucket is public`",
        "**Allowed by the label** `may-replace`",
    ]


@pytest.mark.parametrize("size", [600, 2000])
def test_a_comment_is_cut_at_a_line_with_a_sentence_that_says_so(make_review, make_change, size):
    changes = [
        make_change(f"module.many.aws_sqs_queue.number_{n:04}", "create", after={"name": f"queue-{n}"})
        for n in range(size)
    ]
    whole = text(make_review(changes=changes))
    short = limit.cut(whole)
    assert len(whole) > limit.COMMENT >= len(short)
    (note,) = [it for it in short.split("\n") if it.startswith("**Left out, because it does not fit: ")]
    lines = int(note.split(": ")[1].split()[0])
    assert short.split("\n")[: whole.count("\n") - lines] == whole.split("\n")[: whole.count("\n") - lines]
    assert "all that changes in `module.many.aws_sqs_queue.number_" in note
    outside = re.sub(r"<code.*?</code>", "", render(short), flags=re.DOTALL)
    assert outside.count("<details>") == outside.count("</details>")
    assert "<strong>Left out" in outside
    assert limit.cut("short") == "short"


@pytest.mark.parametrize("most", range(3000, 3200, 7))
def test_a_comment_may_be_cut_in_the_middle_of_a_value(make_review, make_change, most):
    values = {f"attribute_{n:03}": ATTACK for n in range(40)}
    change = make_change(
        ROLE,
        "create",
        after=values,
        after_unknown={"policy": True},
        expressions={"policy": ATTACK * 5 + "\n    x" * 99},
    )
    short = limit.cut(text(make_review(changes=[change])), most)
    outside = re.sub(r"<code.*?</code>", "", render(short), flags=re.DOTALL)
    assert "evil" not in outside
    assert "<strong>Left out" in outside
    assert len(short) <= most
