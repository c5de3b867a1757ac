"""What a target of EventBridge is sent: the event, or what its input settings make of it."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from moto.events.models import Rule
from moto.events.utils import EventMessageType

from core.contract.shapes import Json

VARIABLE = re.compile(r"<([^<>\s]+)>")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
NAME = re.compile(r"[^.\[\]'\"$]+")


def render(target: Json, rule: Rule, sent: EventMessageType) -> str:
    """The text that the target receives, which is JSON unless the template says otherwise."""
    event: Json = {**sent, "time": _time(sent["time"])}
    ingested = _time(event.pop("ingestion-time", event["time"]))
    if "Input" in target:
        return target["Input"]
    if "InputPath" in target:
        return json.dumps(_at(target["InputPath"], event))
    if "InputTransformer" not in target:
        return json.dumps(event)
    transformer = target["InputTransformer"]
    values = {name: _at(path, event) for name, path in transformer.get("InputPathsMap", {}).items()}
    values |= {
        "aws.events.event": event,
        "aws.events.event.json": event,
        "aws.events.event.ingestion-time": ingested,
        "aws.events.rule-arn": rule.arn,
        "aws.events.rule-name": rule.name,
    }
    return fill(transformer["InputTemplate"], values)


def fill(template: str, values: Json) -> str:
    """Replace each `<name>`: by its JSON, or inside a JSON string by its text."""

    def in_string(match: re.Match[str]) -> str:
        return VARIABLE.sub(lambda variable: _inner(variable, values), match[0])

    def outside(match: re.Match[str]) -> str:
        return json.dumps(values[match[1]], ensure_ascii=False) if match[1] in values else match[0]

    pieces, end = [], 0
    for quoted in STRING.finditer(template):
        pieces += [VARIABLE.sub(outside, template[end : quoted.start()]), in_string(quoted)]
        end = quoted.end()
    return "".join([*pieces, VARIABLE.sub(outside, template[end:])])


def _inner(variable: re.Match[str], values: Json) -> str:
    if variable[1] not in values:
        return variable[0]
    value = values[variable[1]]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _at(path: str, event: Json) -> object:
    """What a path such as `$.detail.object.key` finds; an empty text where there is nothing, as AWS inserts."""
    found: Any = event
    for name in NAME.findall(path):
        try:
            found = found[int(name)] if isinstance(found, list) else found[name]
        except (KeyError, IndexError, TypeError):
            return ""
    return found


def _time(moment: str | float) -> str:
    if isinstance(moment, str):
        return moment
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
