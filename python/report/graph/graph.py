"""A state machine's definition (Amazon States Language) as a graph: states, and the edges between them.

Start and End are nodes too. A Parallel or Map state holds graphs of its own, which have neither.
"""

import re
from dataclasses import dataclass, field
from typing import Any

# As the language writes them.
Definition = dict[str, Any]
State = dict[str, Any]
Rule = dict[str, Any]
START, END = "\0start", "\0end"  # no state can be called that
ANY_ERROR = "States.ALL"
SYMBOLS = {
    "Equals": "=",
    "EqualsPath": "=",
    "GreaterThan": ">",
    "GreaterThanEquals": "≥",
    "LessThan": "<",
    "LessThanEquals": "≤",
    "Matches": "like",
}
NUMBERED = ("And", "Or", "Not")  # too long for a label
RULE = re.compile(r"rule (\d+)")


@dataclass(frozen=True)
class Node:
    name: str
    type: str  # "Task", "Choice" ...
    kind: str  # what the console writes above the name: "Lambda: invoke", or the type
    inner: tuple["Graph", ...] = ()  # a Parallel's branches, or what a Map does with each item


@dataclass(frozen=True)
class Edge:
    source: str
    target: str
    kind: str  # next, choice or catch
    label: str = ""


@dataclass(frozen=True)
class Graph:
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)

    def every_node(self) -> list[Node]:
        """In the definition's order, with those inside others."""
        return [
            each
            for node in self.nodes.values()
            for each in (node, *(deep for graph in node.inner for deep in graph.every_node()))
        ]


def parse(definition: Definition) -> Graph:
    """The whole machine, from Start to End."""
    inside = _states(definition)
    nodes = {START: Node(START, START, START), **inside.nodes, END: Node(END, END, END)}
    last = [Edge(name, END, "next") for name, state in definition["States"].items() if _ends(state)]
    return Graph(nodes, [Edge(START, definition["StartAt"], "next"), *inside.edges, *last])


def _states(definition: Definition) -> Graph:
    states = definition["States"]
    nodes = {
        name: Node(name, state["Type"], kind(state), tuple(_inner(state))) for name, state in states.items()
    }
    edges = [edge for name, state in states.items() for edge in _edges(name, state)]
    return Graph(nodes, edges)


def _inner(state: State) -> list[Graph]:
    within = [*state.get("Branches", []), state.get("ItemProcessor"), state.get("Iterator")]
    return [_states(definition) for definition in within if definition]


def _ends(state: State) -> bool:
    return bool(state.get("End")) or state["Type"] in ("Succeed", "Fail")


def _edges(name: str, state: State) -> list[Edge]:
    """One for each pair of states and kind, so that several rules or errors share an edge."""
    found: dict[tuple[str, str], list[str]] = {}
    if "Next" in state:
        found[state["Next"], "next"] = []
    for number, rule in enumerate(state.get("Choices", []), start=1):
        found.setdefault((rule["Next"], "choice"), []).append(condition(rule, number))
    if "Default" in state:
        found.setdefault((state["Default"], "choice"), []).append("otherwise")
    for catcher in state.get("Catch", []):
        errors = [
            error for error in catcher["ErrorEquals"] if error != ANY_ERROR and not _of_a_service(error)
        ]
        found.setdefault((catcher["Next"], "catch"), []).extend(errors)
    return [Edge(name, target, kind, _join(words)) for (target, kind), words in found.items()]


def _join(words: list[str]) -> str:
    """As `rules 1, 2`, or with each in full."""
    numbers = [found[1] for word in words if (found := RULE.fullmatch(word))]
    return f"rules {', '.join(numbers)}" if len(numbers) == len(words) > 1 else " or ".join(words)


def _of_a_service(error: str) -> bool:
    """As `DynamoDB.ConditionalCheckFailedException`: too long for a label, and the state it leads to says more."""
    return error.endswith("Exception") and "." in error


def condition(rule: Rule, number: int) -> str:
    """A choice rule in a few words: `label = bicycle`; one made of several is `rule 2`, as the console has it."""
    if "Condition" in rule:
        return str(rule["Condition"]).strip("{}% ")
    if "Variable" not in rule or any(word in rule for word in NUMBERED):
        return f"rule {number}"
    operator, value = next(
        (key, rule[key]) for key in rule if key not in ("Variable", "Next", "Comment", "Assign")
    )
    variable = rule["Variable"].removeprefix("$").removeprefix(".")
    if operator.startswith("Is"):
        words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in operator[2:])
        return f"{variable} is{'' if value else ' not'}{words}"
    for prefix in ("String", "Numeric", "Boolean", "Timestamp"):
        operator = operator.removeprefix(prefix)
    return f"{variable} {SYMBOLS.get(operator.removesuffix('Path'), operator)} {value}"


def kind(state: State) -> str:
    """The service and action of a task, the type of any other state."""
    parts = state.get("Resource", "").split(":")
    if state["Type"] != "Task" or len(parts) < 7:
        return str(state["Type"])
    if parts[2] != "states":
        return parts[2].capitalize()
    if parts[5] == "activity":
        return "Activity"
    *service, action = parts[5:] if parts[5] != "aws-sdk" else parts[6:]
    names = {"dynamodb": "DynamoDB", "events": "EventBridge", "lambda": "Lambda"}
    return f"{names.get(service[0], service[0].upper())}: {action.split('.')[0]}"
