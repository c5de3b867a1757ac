"""A plan as people read it: what is refused or lost first, then each resource, what it costs, and the model's figures.

It is Markdown, for the job summary and the pull request. What matters of a resource stands in its line: what changes
and is short, and of all policies and of whom they let in every statement. The whole difference is folded below.
"""

from collections.abc import Iterator, Sequence

from core import escape
from core.contract.shapes import Json
from cost import kinds
from delivery import difference, expressions, limit, matters, policies
from delivery.difference import UNKNOWN
from delivery.digest import Review
from delivery.gate_found import Found
from delivery.plan import Change, ResourceChange
from training import promote

LONGEST_VALUE = 80  # characters in a resource's line; of anything longer the name alone is there
LOST = {
    "aws_cloudwatch_log_group": "the logs in it are lost",
    "aws_cognito_user_pool": "everybody in it has to be invited anew, and each program needs another id and secret",
    "aws_cognito_user_pool_client": "whoever uses its id and secret is refused until it has others",
    "aws_dynamodb_table": "the records in it are lost",
    "aws_kms_key": "whatever it encrypted can never be read again",
    "aws_s3_bucket": "the photos, data sets, models and captures in it are lost",
    "aws_sagemaker_endpoint": "no photo is classified until there is another",
    "aws_sqs_queue": "the messages that wait in it are lost",
}
FIGURES = {
    "test_accuracy": "test accuracy",
    "validation_accuracy": "validation accuracy",
    "coverage": "coverage",
    "selective_accuracy": "accuracy of what is accepted",
    "threshold": "at the threshold",
}
FORGOTTEN = "it stays as it is, and Terraform looks after it no more"
ORDER = {
    "replace": "replaced",
    "destroy": "destroyed",
    "forget": "forgotten",
    "import": "taken over",
    "move": "moved",
    "change": "changed",
    "create": "created",
    "read": "read when it is applied",
}


def kind(change: ResourceChange) -> str:
    """What the plan does to a resource, in one word."""
    actions = change["actions"]
    if "delete" in actions:
        return "replace" if "create" in actions else "destroy"
    if actions == ["no-op"]:
        return "import" if change["importing"] else "move"
    return {"update": "change"}.get(actions[0], actions[0])


def markdown(review: Review, live: Json | None, gate: Found | None, more: Sequence[str] = ()) -> str:
    """The whole summary. `live` is the model to compare with, `gate` what make gate found out about the new one, and
    `more` are warnings that the plan alone does not give."""
    by_kind: dict[str, list[ResourceChange]] = {name: [] for name in ORDER}
    for change in review["changes"]:
        by_kind[kind(change)].append(change)
    counts = ", ".join(f"{len(found)} to {name}" for name, found in by_kind.items() if found)
    parts = [f"## Plan for {review['environment']}: {counts or 'no resource changes'}"]
    parts.append(f"Digest `{review['digest']}`")
    parts += [f"**Refused:** {escape.code(sentence)}" for sentence in review["refused"]]
    parts += [f"**Allowed by the label** {escape.code(label)}" for label in review["allowed"]]
    parts += [f"**Warning:** {warning}" for warning in (*warnings(review["changes"]), *more)]
    parts += live_part(live)
    parts += cost_part(review["cost"], review["changes"])
    if review["model"] and review["model"]["model"] != live and "metrics" in review["model"]["model"]:
        parts += ["### Model", *model_part(review["model"]["model"], live, gate)]
    # What many policies are made of is told once, and once more in the whole difference.
    told: set[str] = set()
    for name, found in by_kind.items():
        if found:
            parts += [f"### {ORDER[name].capitalize()}", "\n".join(line(it, told) for it in found)]
    outputs = [as_resource(name, change) for name, change in review["outputs"].items()]
    if outputs:
        parts += ["### Outputs", "\n".join(line(it, told) for it in outputs)]
    told = set()
    if folded := [part for change in (*review["changes"], *outputs) for part in whole(change, told)]:
        parts += [limit.FOLD, *folded, limit.UNFOLD]
    return "\n\n".join(parts) + "\n"


def as_resource(name: str, change: Change) -> ResourceChange:
    """An output, to be shown in the same way."""
    return {
        "address": name,
        "type": "",
        "provider": "",
        "importing": None,
        "moved_from": None,
        "expressions": {},
        **change,
    }


def warnings(changes: list[ResourceChange]) -> list[str]:
    """What is lost, in words, for each resource whose end loses something."""
    forgotten = [it for it in changes if kind(it) == "forget"]
    return [
        *(f"{escape.code(it['address'])} is {ORDER['forget']}: {FORGOTTEN}." for it in forgotten),
        *lost(changes),
    ]


def lost(changes: list[ResourceChange]) -> list[str]:
    return [
        f"{escape.code(change['address'])} is {ORDER[kind(change)]}: {LOST[change['type']]}."
        for change in changes
        if change["type"] in LOST and kind(change) in ("replace", "destroy")
    ]


def cost_part(cost: dict[str, dict[str, float]], changes: Sequence[ResourceChange] = ()) -> Iterator[str]:
    """A month without a photo, by the services whose cost changes, and what has no price in it."""
    before, after = cost["before"], cost["after"]
    changed = [name for name in after if before[name] != after[name]]
    was, will = sum(before.values()), sum(after.values())
    yield f"### Cost: {was:,.2f} dollars a month before, {will:,.2f} after ({will - was:+,.2f})"
    if unknown := sorted(
        {it["type"] for it in changes if kind(it) != "read" and not kinds.is_known(it["type"])}
    ):
        yield f"**Not priced:** {', '.join(map(escape.code, unknown))}. What that costs is not in these figures."
    if changed:
        rows = [f"| {name} | {before[name]:,.2f} | {after[name]:,.2f} |" for name in changed]
        yield "\n".join(["| a month without a photo | before | after |", "|---|---:|---:|", *rows])


def live_part(live: Json | None) -> Iterator[str]:
    """What is live before the plan is applied, whatever the plan does."""
    if live is None:
        return
    figures = live["metrics"]
    if said := [f"{word} {promote.show(figures[name])}" for name, word in FIGURES.items() if name in figures]:
        yield f"Live is {escape.code(live['artefact'])}: {', '.join(said)}"


def model_part(model: Json, live: Json | None, gate: Found | None) -> Iterator[str]:
    """The new model's figures beside the live one's, and what its gate says when it is evaluated again."""
    yield f"{escape.code(model['artefact'])} of run {escape.code(str(model['run']))}"
    table = promote.comparison(live, model)
    figures = [
        "| " + " | ".join(escape.cell(str(it)) if it else "" for it in row) + " |" for row in table.rows
    ]
    head = "| " + " | ".join(table.head) + " |"
    yield "\n".join([head, "|---|" + "---:|" * (len(table.head) - 1), *figures])
    if gate and gate["sha256"] == model["sha256"]:
        yield escape.code(gate["found"])
    if model["override_reason"]:
        yield f"**Promoted although it would be refused:** {escape.code(model['override_reason'])}"


def line(change: ResourceChange, told: set[str] | None = None) -> str:
    """One resource: its address, each attribute that changes and is short, and below it who may do what.

    `told` is what values are made of that were told of before.
    """
    shown = [f"- {escape.code(change['address'])}"]
    details = [*origin(change)]
    if kind(change) == "read":
        details += [
            f"{escape.word(name)} {value(new)}"
            for name, (_, new, _) in difference.attributes(change).items()
            if not matters.matters(name) and is_short(new)
        ]
    if kind(change) in ("replace", "change"):
        details += [
            attribute(name, *values)
            for name, values in difference.attributes(change).items()
            if not matters.matters(name) or is_short(*values[:2])
        ]
    if details:
        shown = [f"{shown[0]}: {', '.join(details)}"]
    return "\n".join([*shown, *permissions(change, set() if told is None else told)])


def origin(change: ResourceChange) -> Iterator[str]:
    if importing := change["importing"]:
        yield f"taken over by Terraform as {escape.code(str(importing.get('id')))}"
    if moved := change["moved_from"]:
        yield f"called {escape.code(moved)} until now"


def permissions(change: ResourceChange, told: set[str]) -> Iterator[str]:
    """Who may do what by it from now on, and what they may no more."""
    seen = set()
    for path, (old, new, _) in difference.attributes(change).items():
        name = difference.top(path)
        if not matters.matters(path) or (kind(change) == "change" and is_short(old, new)) or new is None:
            continue
        if new is UNKNOWN and name in change["expressions"]:
            if name not in seen:
                yield from made_of(name, expressions.shorten(change["expressions"][name], told))
            seen.add(name)
            continue
        was = list(map(difference.flatten, policies.read(old)))
        for statement in (will := list(map(difference.flatten, policies.read(new)))):
            if statement not in was:
                yield f"  - {escape.word(path)} **gets** {escape.code(statement)}"
        yield from (f"  - {escape.word(path)} **loses** {escape.code(it)}" for it in was if it not in will)
        if not will:
            yield f"  - {escape.word(path)} {value(new)}"


def made_of(name: str, code: str) -> Iterator[str]:
    """A value that is known only after apply, by its code."""
    if "\n" not in code and len(code) <= LONGEST_VALUE:
        yield f"  - {escape.code(code)} {difference.LATER}"
        return
    yield f"  - {name}, whose parts are known after apply:\n"
    yield escape.block(code, "terraform", "    ")


def attribute(name: str, old: object, new: object, forces: bool) -> str:
    values = f" {value(old)} -> {value(new)}" if is_short(old, new) else " (below)"
    return f"{escape.word(name or 'value')}{values}{' (why it is replaced)' if forces else ''}"


def is_short(*values: object) -> bool:
    return all(it is UNKNOWN or difference.is_hidden(it) or len(value(it)) <= LONGEST_VALUE for it in values)


def value(thing: object) -> str:
    if thing is UNKNOWN:
        return difference.LATER
    if difference.is_hidden(thing):
        return difference.CONCEALED
    return escape.code(difference.flatten(thing))


def whole(change: ResourceChange, told: set[str] | None = None) -> Iterator[str]:
    if text := "\n".join(difference.lines(change, set() if told is None else told)):
        yield f"#### {escape.code(change['address'])}"
        yield escape.block(text, "diff")
