"""The demo's person: decides what the model was not sure of, and leaves the rest to who wants to try the console."""

import signal
from collections.abc import Iterable, Mapping

from rich.text import Text

from core import environment
from core.console import out
from core.contract import register
from core.contract.outcomes import REVIEW
from core.table import Table
from operations import console_address, photo_register, reviewing
from operations.api_calls import Caller
from operations.client import Outcome, where
from operations.reviewing import Shown

ENV = "local"
MOST = 1000  # photos that wait


def decide(outcomes: Iterable[Outcome], truth: Mapping[str, str]) -> None:
    """Sign in, lease and decide, and show where the drivers were sent; the truth is a class by a photo's name."""
    names = find_waiting(outcomes)
    if not names:
        out.print("none waits: the model was sure of each")
        return
    outputs = environment.outputs(ENV)
    person = console_address.enter_sample(outputs["api"])
    caller = Caller(outputs["api"]["url"], lambda: person.token)
    seen = {photo: truth[name] for photo, name in names.items()}
    with out.status("a decision takes effect after its grace"):
        shown = list(reviewing.decide(caller, seen, outputs["routes"]))
    out.print(table(shown, names))


def find_waiting(outcomes: Iterable[Outcome]) -> dict[str, str]:
    """The names of the photos among these that wait, by their ids."""
    names = {it.key: it.photo.name for it in outcomes if it.kind == REVIEW}
    items = photo_register.list_open(photo_register.open_table(ENV), register.WAITING, MOST)
    return {item["id"]: names[item["s3_key"]] for item in items if item["s3_key"] in names}


def table(shown: Iterable[Shown], names: Mapping[str, str]) -> Table:
    rows = [
        (
            names[it.photo],
            Text(it.decided_by, style="green"),
            f"{it.vehicle or it.label}: {where(it.assignment)}",
            f"{it.seconds:.2f}",
        )
        for it in shown
    ]
    return Table(("photo", "decided_by", "what follows", "after (s)"), rows, numbers=(3,))


def leave() -> None:
    """Keep cloud and console until Ctrl-C, with all that waits in it."""
    waiting = len(photo_register.list_open(photo_register.open_table(ENV), register.WAITING, MOST))
    out.print(f"{waiting} photos wait for you" if waiting else "no photo waits: send one by arrivals")
    api = environment.outputs(ENV)["api"]
    out.print(console_address.say_links(console_address.enter_sample(api), console_address.find(ENV, api)))
    out.print("Ctrl-C ends it, and with it goes everything in the local cloud")
    try:
        signal.pause()
    except KeyboardInterrupt:
        out.print("\nnothing is left")
