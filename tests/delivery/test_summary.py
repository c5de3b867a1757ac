"""A plan as people read it: from the changes of a plan to the Markdown of a comment."""

import pytest

from delivery import plan, summary

BUCKET = "module.storage.aws_s3_bucket.this"
ROLE = "module.training.aws_iam_role.this"
FUNCTION = 'module.lambda["filter"].aws_lambda_function.this'
QUEUE = "module.workflow.aws_sqs_queue.review"
CONFIGURATION = "module.endpoint.aws_sagemaker_endpoint_configuration.this"
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
    resources = [line for line in lines if line.startswith("- ")]
    assert [line.split("`")[1] for line in resources] == [CONFIGURATION, QUEUE, FUNCTION, ROLE]
    assert resources[2] == f"- `{FUNCTION}`: timeout `10` -> `20`"
    assert resources[3] == f"- `{ROLE}`"


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


def test_a_secret_is_shown_nowhere_and_still_counts():
    resource = {
        "address": ROLE,
        "type": "aws_iam_role",
        "change": {
            "actions": ["update"],
            "before": {"tags": {"token": "hunter2", "team": "routing"}},
            "after": {"tags": {"token": "hunter3", "team": "routing"}},
            "after_unknown": {},
            "before_sensitive": {"tags": {"token": True}},
            "after_sensitive": {"tags": {"token": True}},
        },
    }
    (change,) = plan.changes({"resource_changes": [resource]})
    assert "hunter" not in str(change)
    assert summary.line(change) == f"- `{ROLE}`: tags.token (sensitive) -> (sensitive)"


def test_of_a_long_value_the_name_alone_is_shown(make_change):
    change = make_change(ROLE, "update", before={"policy": "a" * 500}, after={"policy": "b" * 500})
    assert summary.line(change) == f"- `{ROLE}`: policy"


def test_a_value_cannot_break_out_of_its_quotes(make_change):
    change = make_change(ROLE, "update", before={"name": "a"}, after={"name": "`\n# Approved"})
    assert summary.line(change) == f'- `{ROLE}`: name `"a"` -> `"\'\\n# Approved"`'


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


def test_a_comment_is_cut_at_a_line_with_a_sentence_that_says_so(make_review, make_change):
    changes = [
        make_change(f"module.many.aws_sqs_queue.number_{n:04}", "create", after={}) for n in range(2000)
    ]
    whole = text(make_review(changes=changes))
    short = summary.cut(whole)
    assert len(whole) > summary.COMMENT_LIMIT >= len(short)
    assert "The rest does not fit into a comment" in short
    assert set(short.splitlines()[:-2]) <= set(whole.splitlines())
    assert summary.cut("short") == "short"
