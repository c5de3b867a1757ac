"""What an environment's settings ask for as they stand in its files, beside what was applied last.

It is what somebody may have changed since, and forgotten: the model, the off switch, the threshold, how unlike a
photo may be and the endpoint's name. What else differs, a plan shows.
"""

import json
import os

from core.console import UserError
from core.contract.shapes import Json
from core.terraform_code import hcl_blocks
from operations import terraform

SWITCH = "endpoint_enabled"
NAMES = ("endpoint_name", "threshold", "max_unlikeness")  # of settings that are outputs as they are


def read(env: str, name: str) -> object:
    """A setting as Terraform would take it: from the files, from TF_VAR_, or else by default."""
    for path in reversed(terraform.settings(env)):
        if path.suffix == ".json":
            written = json.loads(path.read_text())
            if name in written:
                return written[name]
        else:
            for part in hcl_blocks.read(path.read_text()):
                if part.head == (name,):
                    return value(part.value)
    if given := os.environ.get(f"TF_VAR_{name}"):
        return value(given)
    code = (terraform.CONFIGURATION / "variables.tf").read_text()
    (variable,) = (it for it in hcl_blocks.read(code) if it.head == ("variable", name))
    return value(next(variable.find("default")).value)


def value(text: str) -> object:
    """A number, a truth or a text; whatever else is written there, as it is written."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def find_model(env: str) -> str | None:
    model = read(env, "model")
    return model["artefact"] if isinstance(model, dict) else None


def is_on(env: str) -> bool:
    return read(env, SWITCH) is not False


def check_outputs(env: str, outputs: Json, *needed: str) -> None:
    """Refuse what was applied before there were these outputs; they never are null, which Terraform leaves out."""
    if not set(needed) <= set(outputs):
        raise UserError(f"{env} was applied before this release: make bootstrap plan apply ENV={env}")


def compare(env: str, outputs: Json) -> list[str]:
    """What was changed and is not applied, a sentence each."""
    live = outputs.get("model")  # Terraform leaves out what is null
    applied = live["artefact"] if live else None
    promoted, on = find_model(env), is_on(env)
    found = []
    if promoted != applied:
        named = f"{promoted} is promoted and not applied" if promoted else "no model is named any more"
        found.append(f"{named}, applied is {applied or 'none'}")
    elif applied and on != outputs["endpoint_live"]:
        found.append(f"{SWITCH} is {json.dumps(on)}, applied was {json.dumps(not on)}")
    for name in NAMES:
        asked = read(env, name)
        applied = outputs.get(name, asked)  # one that was applied before may not say each
        if asked != applied:
            found.append(f"{name} is {json.dumps(asked)}, applied was {json.dumps(applied)}")
    return found
