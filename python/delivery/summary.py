"""A plan as people read it: what is lost first, one line for each resource, and the model's figures.

It is Markdown, for the job summary and the pull request, and short enough to be read as it is on a terminal.
"""

import io
import json
from collections.abc import Sequence

from rich import box
from rich.console import Console

from core.contract.shapes import Json
from delivery import plan
from delivery.digest import Review
from delivery.plan import Change, NamedChange, ResourceChange
from training import promote

LONGEST_VALUE = 80  # characters; of anything longer the name alone is shown
COMMENT_LIMIT = 65_536  # characters that GitHub takes in a comment
LOST = {
    "aws_cloudwatch_log_group": "the logs in it are lost",
    "aws_kms_key": "whatever it encrypted can never be read again",
    "aws_s3_bucket": "the photos, data sets, models and captures in it are lost",
    "aws_sagemaker_endpoint": "no photo is classified until there is another",
    "aws_sqs_queue": "the messages that wait in it are lost",
}
ORDER = {
    "replace": "replaced",
    "destroy": "destroyed",
    "change": "changed",
    "create": "created",
    "forget": "forgotten",
}
UNKNOWN = object()


def kind(change: Change) -> str:
    """What the plan does to a resource, in one word."""
    actions = change["actions"]
    if "delete" in actions:
        return "replace" if "create" in actions else "destroy"
    return {"update": "change"}.get(actions[0], actions[0])


def markdown(review: Review, live: Json | None, gate: Json | None, more: Sequence[str] = ()) -> str:
    """The whole summary. `live` is the model to compare with, `gate` what make gate found out about the new one, and
    `more` are warnings that the plan alone does not give."""
    by_kind: dict[str, list[ResourceChange]] = {name: [] for name in ORDER}
    for change in review["changes"]:
        by_kind[kind(change)].append(change)
    counts = ", ".join(f"{len(found)} to {name}" for name, found in by_kind.items() if found)
    parts = [f"## Plan for {review['environment']}: {counts or 'no resource changes'}"]
    parts.append(f"Digest `{review['digest']}`")
    parts += [f"**Warning:** {warning}" for warning in (*warnings(review["changes"]), *more)]
    if review["model"] and review["model"]["model"] != live:
        parts += ["### Model", *model_part(review["model"]["model"], live, gate)]
    for name, found in by_kind.items():
        if found:
            parts += [f"### {ORDER[name].capitalize()}", "\n".join(map(line, found))]
    if review["outputs"]:
        parts += ["### Outputs", "\n".join(line({"address": n, **c}) for n, c in review["outputs"].items())]
    return "\n\n".join(parts) + "\n"


def warnings(changes: list[ResourceChange]) -> list[str]:
    """What is lost, in words, for each resource whose end loses something."""
    return [
        f"`{change['address']}` is {ORDER[kind(change)]}: {LOST[change['type']]}."
        for change in changes
        if change["type"] in LOST and kind(change) in ("replace", "destroy")
    ]


def model_part(model: Json, live: Json | None, gate: Json | None) -> list[str]:
    """The new model's figures beside the live one's, and what its gate says when it is evaluated again."""
    known = gate if gate and gate["sha256"] == model["sha256"] else None
    table = promote.comparison(live, model)
    table.box = box.MARKDOWN
    drawn = io.StringIO()
    Console(file=drawn, width=120).print(table)
    words = [f"`{model['artefact']}` of run `{model['run']}`", drawn.getvalue().strip()]
    if known:
        words.append(known["found"])
    if model["override_reason"]:
        words.append(f"**Promoted although it would be refused:** {model['override_reason']}")
    return words


def line(change: NamedChange) -> str:
    """One resource: its address, and each attribute that changes, with its values where they are small."""
    if kind(change) in ("create", "destroy", "forget"):
        return f"- `{change['address']}`"
    shown = ", ".join(attribute(name, *values) for name, values in attributes(change).items())
    return f"- `{change['address']}`: {shown}".removesuffix(": ")


def attributes(change: Change) -> dict[str, tuple[object, object, bool]]:
    """The attributes that change, by path: the old value, the new one, and whether they force a replacement.

    Nothing that becomes another kind of nothing is a change to a reader, nor are the new names of a new resource.
    """
    before, after = plan.leaves(change["before"]), plan.leaves(change["after"])
    after |= {path: UNKNOWN for path, mark in plan.leaves(change["after_unknown"]).items() if mark is True}
    forcing = [plan_path(path) for path in change["replace_paths"]]
    found = {
        name: (before.get(name), after.get(name), any(name.startswith(path) for path in forcing))
        for name in sorted(before | after)
        if (before.get(name) or None) != (after.get(name) or None)
    }
    replaced = kind(change) == "replace"
    return {
        name: (old, new, forces)
        for name, (old, new, forces) in found.items()
        if forces or not (replaced and new is UNKNOWN)
    }


def plan_path(steps: list[str | int]) -> str:
    """A path as Terraform gives it, as `leaves` writes it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")


def attribute(name: str, old: object, new: object, forces: bool) -> str:
    values = f" {value(old)} -> {value(new)}" if small(old) and small(new) else ""
    return f"{name or 'value'}{values}{' (why it is replaced)' if forces else ''}"


def small(thing: object) -> bool:
    return thing is UNKNOWN or len(value(thing)) <= LONGEST_VALUE


def value(thing: object) -> str:
    if thing is UNKNOWN:
        return "(known after apply)"
    if isinstance(thing, str) and thing.startswith(plan.HIDDEN):
        return "(sensitive)"
    return "`" + json.dumps(thing, ensure_ascii=False).replace("`", "'") + "`"


def cut(text: str, limit: int = COMMENT_LIMIT) -> str:
    """The text, or as many whole lines of it as fit, with a sentence that says so."""
    if len(text) <= limit:
        return text
    note = "\nThe rest does not fit into a comment: read review.md in the run's artefact.\n"
    return text[: text.rindex("\n", 0, limit - len(note)) + 1] + note
