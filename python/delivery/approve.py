"""Refuse a plan that is not the reviewed one: `python -m delivery.approve ENV`.

It compares build/plans/ENV/review.json, of the plan that was made just now, with build/reviewed/ENV/review.json, of
the plan that people read. The plan of a deployment that has happened already is empty, and needs no review.
"""

from datetime import UTC, datetime, timedelta

from core import arguments, environment
from core.console import UserError, out, run
from core.job_log import in_log
from delivery import compare, digest, review
from delivery.digest import Review
from delivery.reviewed import REVIEWED
from operations import steps

VALID = timedelta(days=7)
KEPT = ("aws_kms_key", "aws_s3_bucket")  # with them goes all data of an environment
AGAIN = "make it again in a pull request, or run ci on main and deploy with the number of that run"


def refusal(reviewed: Review, now: Review, at: datetime) -> str | None:
    """Why the plan made now must not be applied, in a sentence; None if it may be."""
    env = now["environment"]
    return (
        tampered(reviewed)
        or of_another_environment(reviewed, env)
        or expired(reviewed, at)
        or destroys_data(now)
        or differs(reviewed, now)
    )


def tampered(reviewed: Review) -> str | None:
    if digest.digest(reviewed) == reviewed["digest"]:
        return None
    return (
        f"the reviewed plan was changed after it was made, its digest is not that of what it holds: {AGAIN}"
    )


def of_another_environment(reviewed: Review, env: str) -> str | None:
    if reviewed["environment"] == env:
        return None
    return f"the reviewed plan is one for {reviewed['environment']}, not for {env}: review a plan for {env}"


def expired(reviewed: Review, at: datetime) -> str | None:
    age = at - datetime.fromisoformat(reviewed["created"])
    if age <= VALID:
        return None
    return f"the reviewed plan is {age.days} days old, and none is applied after {VALID.days}: {AGAIN}"


def destroys_data(now: Review) -> str | None:
    lost = [c["address"] for c in now["changes"] if c["type"] in KEPT and "delete" in c["actions"]]
    if not lost:
        return None
    return (
        f"the plan destroys {' and '.join(lost)} with all data: nothing does that but make destroy, by hand "
        f"with ENV={now['environment']}"
    )


def differs(reviewed: Review, now: Review) -> str | None:
    if reviewed["digest"] == now["digest"]:
        return None
    return f"{compare.explain(reviewed, now)}; then {AGAIN}"


@steps.noted("approve")
def main() -> None:
    env = arguments.read_env("delivery.approve", __doc__)
    environment.check(env)
    now = review.read(
        review.PLANS / env / "review.json", f"there is no plan for {env}: make one with make plan ENV={env}"
    )
    if not now["changes"] and not now["outputs"]:
        out.print(f"the plan for {env} changes nothing: there is nothing to approve")
        return
    reviewed = review.read(
        REVIEWED / env / "review.json",
        f"no plan for {env} was reviewed: fetch it with make reviewed ENV={env}",
    )
    why = refusal(reviewed, now, datetime.now(UTC))
    if why and not tampered(reviewed):
        print(in_log("\n".join(f"- {it}" for it in compare.differences(reviewed, now))))
    if why:
        raise UserError(why)
    out.print(f"the plan for {env} is the reviewed one: {now['digest']}")


if __name__ == "__main__":
    run(main)
