"""Which plan may be applied: each refusal is one sentence, and a difference is listed."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from delivery import approve, compare
from delivery.digest import Review

MADE = datetime(2026, 3, 2, 12, tzinfo=UTC)
SOON = MADE + timedelta(hours=1)
BUCKET = "module.storage.aws_s3_bucket.this"
GROUP = "module.workflow.aws_cloudwatch_log_group.this"
QUEUE = "module.workflow.aws_sqs_queue.review"


def refusal(reviewed: Review, now: Review) -> str:
    why = approve.refusal(reviewed, now, SOON)
    assert why is not None
    return why


@pytest.fixture
def reviewed(make_review, make_change):
    changes = [make_change(GROUP, "update", before={"days": 30}, after={"days": 90})]
    return make_review(changes=changes, model={"model": {"sha256": "11"}})


def test_the_plan_that_was_reviewed_may_be_applied(reviewed):
    now = reviewed | {"created": SOON.isoformat(), "commit": "another"}
    assert approve.refusal(reviewed, now, SOON) is None
    assert compare.differences(reviewed, now) == []


def test_a_tampered_plan_is_refused(reviewed, make_change):
    changed = reviewed | {"changes": [make_change(QUEUE, "delete")]}
    assert "was changed after it was made" in refusal(changed, reviewed)


@pytest.mark.parametrize(("days", "refused"), [(7, False), (7.01, True)])
def test_a_plan_expires_after_a_week(reviewed, days, refused):
    why = approve.refusal(reviewed, reviewed, MADE + timedelta(days=days))
    assert bool(why) is refused
    assert not why or "7 days old" in why


def test_a_plan_for_another_environment_is_refused(reviewed, make_review):
    now = make_review(environment="prod")
    assert "is one for staging, not for prod" in refusal(reviewed, now)


@pytest.mark.parametrize("address", [BUCKET, "module.storage.aws_kms_key.this"])
@pytest.mark.parametrize("actions", [("delete",), ("delete", "create"), ("create", "delete")])
def test_a_plan_that_destroys_data_is_refused_even_if_it_was_reviewed(
    make_review, make_change, address, actions
):
    review = make_review(changes=[make_change(address, *actions)])
    why = refusal(review, review)
    assert f"the plan destroys {address} with all data" in why
    assert "make destroy" in why


DIFFERENT: dict[str, tuple[dict, str]] = {
    "another value": (
        {"changes": [("update", {"days": 30}, {"days": 14})]},
        f"reviewed differently: change `{GROUP}`: after.days `90` when reviewed, `14` now",
    ),
    "a resource that was changed by hand": (
        {"changes": [("update", {"days": 7}, {"days": 90})]},
        f"reviewed differently: change `{GROUP}`: before.days `30` when reviewed, `7` now",
    ),
    "nothing to do for it": ({"changes": []}, f"reviewed, but not planned any more: change `{GROUP}`"),
    "another model": (
        {"model": {"model": {"sha256": "22"}}},
        'model.sha256 `"11"` when reviewed, `"22"` now',
    ),
    "another zip": ({"zips": {"filter": "22" * 32}}, "file filter"),
    "another provider": (
        {"lock": {"aws": {"version": "5.99.0", "hashes": ["h1:a"]}}},
        'provider aws.version `"5.100.0"` when reviewed, `"5.99.0"` now',
    ),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_plan_that_differs_is_refused_and_the_difference_is_named(reviewed, make_review, make_change, name):
    parts, said = DIFFERENT[name]
    if "changes" in parts:
        parts = {"changes": [make_change(GROUP, how, before=b, after=a) for how, b, a in parts["changes"]]}
    now = make_review(**{"changes": reviewed["changes"], "model": reviewed["model"]} | parts)
    assert "is not the one that was reviewed" in refusal(reviewed, now)
    (difference,) = compare.differences(reviewed, now)
    assert difference.startswith(said)


def test_a_resource_that_nobody_reviewed_is_named(reviewed, make_review, make_change):
    more = [*reviewed["changes"], make_change(QUEUE, "delete", before={"name": "review"})]
    now = make_review(changes=more, model=reviewed["model"])
    assert compare.differences(reviewed, now) == [f"planned now, but not reviewed: destroy `{QUEUE}`"]


@pytest.fixture
def approval(command, tmp_path):
    """Run the command on these reviews; None for one that is not there."""

    def run(now, reviewed):
        for name, review in {"plans": now, "reviewed": reviewed}.items():
            path = tmp_path / f"build/{name}/staging/review.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            if review is not None:
                path.write_text(json.dumps(review))
        return command("approve")

    return run


def test_without_a_reviewed_plan_nothing_is_approved(approval, reviewed):
    done = approval(reviewed, None)
    assert done.returncode == 1
    assert done.stderr == (
        "error: no plan for staging was reviewed: fetch it with make reviewed ENV=staging\n"
    )


def test_what_is_no_review_at_all_is_refused_in_one_line(approval, reviewed):
    done = approval(reviewed, [])
    assert done.returncode == 1
    assert "is no review of a plan" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_review_from_which_a_part_was_taken_is_refused_in_one_line(approval, reviewed):
    done = approval(reviewed, {name: part for name, part in reviewed.items() if name != "lock"})
    assert done.returncode == 1
    assert "is no review of a plan" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_plan_that_changes_nothing_needs_no_review(approval, make_review):
    done = approval(make_review(), None)
    assert done.returncode == 0
    assert "there is nothing to approve" in done.stdout
