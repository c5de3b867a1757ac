"""The tables of `make cost`: for a terminal, and for a page."""

from dataclasses import dataclass

from core.table import Table
from cost import allowed, answering, api_cost, batches, millions, month, register_cost
from cost.photos import Costs, Photos


@dataclass(frozen=True)
class Sheet:
    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    note: str

    def table(self) -> Table:
        return Table(self.columns, self.rows, range(1, len(self.columns)), self.title, self.note)

    def markdown(self) -> str:
        head = [self.columns, ("---", *["---:"] * (len(self.columns) - 1))]
        lines = ["| " + " | ".join(row) + " |" for row in [*head, *self.rows]]
        return "\n".join([f"**{self.title}**", "", *lines, "", self.note])


def all_of(environments: list[Photos]) -> list[Sheet]:
    most = environments[0]
    return [
        *map(photos, environments),
        recorded(most),
        called(most),
        recipes(most),
        *in_millions(most),
        idle(environments),
        standing_by(environments),
        endpoints(environments),
    ]


def photos(model: Photos) -> Sheet:
    run = batches.read(model.environment)
    ways = {
        "accepted": model.one_by_one(),
        "reviewed": model.one_by_one(review=True),
        "accepted, if express": model.one_by_one(express=True),
        "in bulk": model.in_bulk(run),
    }
    fleet = model.environment.fleet
    share = (
        f"The endpoint's share is that of one {fleet.instance_type} at {fleet.photos_a_minute:,.0f} photos a minute."
        if fleet
        else "The endpoint is switched off."
    )
    return Sheet(
        title=f"{model.count:,} photos in {model.environment.name}",
        columns=("US dollars", *ways),
        rows=add_totals(list(ways.values()), 4),
        note=f"{share} In bulk: batches of {run.batch}, {run.at_once} at once, by as many instances as there may be.",
    )


def recorded(model: Photos) -> Sheet:
    was = register_cost.read()
    return Sheet(
        title=f"{model.count:,} photos in {model.environment.name}, before each had a record and now",
        columns=("one by one", "before", "now"),
        rows=list(register_cost.rows(model, was)),
        note=f"Milliseconds: {was['conditions']}.",
    )


def called(model: Photos) -> Sheet:
    ways = {
        "come by themselves": api_cost.straight(model),
        "through the API": api_cost.of_photos(model),
        "a token for each call": api_cost.of_photos(model, token_for_each=True),
        "decisions on them": api_cost.of_decisions(model),
    }
    an_hour = model.prices.assumptions["photos_an_hour"]
    again, first = api_cost.of_views(model)
    return Sheet(
        title=f"{model.count:,} photos in {model.environment.name} that a program sends, and that a person decides",
        columns=("US dollars", *ways),
        rows=add_totals(list(ways.values()), 4),
        note=f"Through the API: {api_cost.OF_A_PHOTO} requests each and an upload; {an_hour:g} photos share a token, "
        f"which is good for an hour. A decision: {api_cost.OF_A_DECISION} requests, an execution, and a label with a "
        f"copy of the photo, counted for a year; a person's time comes on top. A page that is open while nothing is "
        f"there to decide: {api_cost.of_an_idle_hour(model):.2f} dollars an hour. To open one a thousand times: "
        f"{again:.2f} dollars, and {first:.2f} where its files are "
        f"not there yet. Whoever asks for pages as often as anybody may, {model.environment.strangers:g} times a "
        f"second: {api_cost.of_strangers(model):.2f} dollars an hour.",
    )


def recipes(model: Photos) -> Sheet:
    conditions, found = answering.read()
    assumed = model.prices.assumptions
    person = (
        f"{assumed['decision_seconds']:g} seconds of a person at {assumed['person_hour']:g} dollars an hour"
    )
    return Sheet(
        title=f"{model.count:,} photos by the recipe of the model",
        columns=("", *found),
        rows=list(answering.rows(model, list(found.values()))),
        note=f"Measured with {conditions}. A decision is taken for {person}.",
    )


def in_millions(model: Photos) -> list[Sheet]:
    """What a bulk run takes as it grows, and for the largest what AWS allows of that."""
    _, found = answering.read()
    recipe = max(found, key=lambda name: found[name].milliseconds)
    run, env = batches.read(model.environment), model.environment.name
    by_count = {
        f"{count:,}": millions.as_it_is(model, run, found[recipe], count) for count in millions.COUNTS
    }
    name, most = list(by_count.items())[-1]
    day = millions.within_a_day(most)
    runs = by_count | {f"{name} in a day": day}
    return [
        Sheet(
            title=f"Millions of photos in bulk in {env}",
            columns=("", *runs),
            rows=list(millions.rows(list(runs.values()))),
            note=f"By the recipe {recipe}, an instance answering one photo at a time. What is waited for is "
            f"{' and '.join(dict.fromkeys(it.bound for it in runs.values()))}.",
        ),
        Sheet(
            title=f"{name} photos in a day, and what AWS allows",
            columns=("", "needed", "allowed", "moved by"),
            rows=list(allowed.rows(day)),
            note="Where each number was read is in [`allowed.py`](../python/cost/allowed.py).",
        ),
    ]


def idle(environments: list[Photos]) -> Sheet:
    return Sheet(
        title="A month without a photo",
        columns=("US dollars", *(it.environment.name for it in environments)),
        rows=add_totals([month.idle(it) for it in environments], 2),
        note="; ".join(describe(it) for it in environments),
    )


def standing_by(environments: list[Photos]) -> Sheet:
    was = api_cost.read()
    there = [it for it in environments if it.environment.name in was["idle"]]
    return Sheet(
        title="A month without a photo, before there was an API and now",
        columns=("US dollars", *(it.environment.name for it in there)),
        rows=list(api_cost.rows(there, was)),
        note=f"Before: {was['conditions']}. An API without calls costs nothing; its programs and its alarms do.",
    )


def describe(model: Photos) -> str:
    it = model.environment
    monitor = f"{it.runs_a_day.get('monitor', 0):g} runs of the monitor a day"
    programs = f"{it.programs} program{'s' * (it.programs != 1)} that may call the API"
    return f"{it.name}: {it.alarm_metrics} metrics in alarms, {it.metrics} of its own, {monitor}, {programs}"


def endpoints(environments: list[Photos]) -> Sheet:
    months = [month.endpoint(it) for it in environments]
    lines = {
        "with the fewest instances": [it.fewest for it in months],
        "with the most instances": [it.most for it in months],
        "the off switch saves at least": [it.fewest for it in months],
        "the schedule saves with the fewest": [it.fewest_unscheduled - it.fewest for it in months],
        "the schedule saves with the most": [it.most_unscheduled - it.most for it in months],
    }
    return Sheet(
        title="A month of the endpoint",
        columns=("US dollars", *(it.environment.name for it in environments)),
        rows=[(line, *(f"{dollars:,.2f}" for dollars in amounts)) for line, amounts in lines.items()],
        note="The off switch is `endpoint_enabled = false`; the schedule is `fleet.schedule`.",
    )


def add_totals(columns: list[Costs], digits: int) -> list[tuple[str, ...]]:
    whole: list[Costs] = [{**column, "total": sum(column.values())} for column in columns]
    return [(line, *(f"{column[line]:,.{digits}f}" for column in whole)) for line in whole[0]]
