"""The model that is live by Terraform's state, with the figures that it was promoted with, to compare a plan's with."""

from collections.abc import Iterator

from core import artefacts, environment
from core.console import UserError
from core.contract.shapes import Json
from delivery import versions
from training import promote


def find(env: str, shown: Json) -> Json | None:
    """As in its file, if that is known; else what its artefact says of itself. `shown` is the plan in JSON."""
    state = shown.get("prior_state", {}).get("values", {}).get("outputs", {})
    value = state.get("model", {}).get("value")
    if value is None:
        return None
    address = value["artefact"]
    for known in known_files(env):
        if known.get("artefact") == address:
            return known
    try:
        figures = promote.figures(
            artefacts.read_member(artefacts.read(address), "metrics.json", address), address
        )
    except UserError:  # of the built-in algorithm, or gone: a plan is no worse for it
        figures = {}
    return {"artefact": address, "metrics": figures}


def known_files(env: str) -> Iterator[Json]:
    """The environment's file as it was committed, and as it is."""
    if committed := versions.live(env):
        yield committed
    path = environment.model_file(env)
    if path.is_file() and (written := versions.parse(path.read_text())):
        yield written
