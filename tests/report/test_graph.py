"""The state machine as a graph: what it holds, that nothing in it covers anything else, and that it can be drawn."""

import base64
import json
import subprocess
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Circle, FancyBboxPatch

from report import theme
from report.graph import draw
from report.graph.draw import Look, Picture
from report.graph.graph import END, START, Edge, Graph, condition, kind, parse
from report.graph.layout import Box, Layout, Route, place

TEMPLATE = Path("terraform/modules/workflow/state_machine.asl.json.tftpl").resolve()
LABELS = ["bicycle", "motorcycle", "other"]
NAMED = ["ClaimPhoto", "ClaimPhoto", "AwaitGrace", "AwaitGrace", "ClaimDecision", "ClaimDecision"]
DECISIONS = {
    "ClaimDecision": ("waiting", "DriverRouted", "Refused", "Decided"),
    "ClaimCorrection": ("routed", "DriverRerouted", "Duplicate", "AssignDriver"),
}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The definition that Terraform makes of this project's own template."""
    values = {
        "bus_name": "bus",
        "decisions": {
            name: dict(zip(("from", "kind", "refused", "next"), claim, strict=True))
            for name, claim in DECISIONS.items()
        },
        "function_arns": dict.fromkeys(("serialize", "classify", "filter"), "arn"),
        "labels": LABELS,
        "last_label": LABELS[-1],
        "model": {"id": "0123456789abcdef", "classes": "bicycle,motorcycle"},
        "named": [{"And": [], "Next": name} for name in NAMED],
        "register": {"name": "photos", "retention_days": 90},
        "retry_function": "{}",
        "retry_register": "[]",
        "retry_send": "{}",
        "routes": {key: {"loading_bay": "A", "max_distance_km": 3} for key in LABELS},
        "topic_arn": "topic",
    }
    done = subprocess.run(
        ["terraform", "console"],
        cwd=tmp_path_factory.mktemp("console"),
        input=f'base64encode(templatefile("{TEMPLATE}", {json.dumps(values)}))',
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(base64.b64decode(done.stdout.strip().strip('"')))


UNDECIDED = "ThresholdConfidenceNotMet or UnlikeTraining"


def test_our_own_machine_has_every_state_and_every_way_to_the_end(own: dict[str, Any]) -> None:
    graph = parse(own)
    assert set(graph.nodes) == {START, END, *own["States"]}
    assert graph.edges[0] == Edge(START, "NamePhoto", "next")
    assert {edge.source for edge in graph.edges if edge.target == END} == {
        "EmitDriverRouted",
        "RecordDecided",
        "Duplicate",
        "LowConfidence",
        "Unexpected",
    }
    assert Edge("AssignDriver", "Assign bicycle", "choice", "label = bicycle") in graph.edges
    assert Edge("AssignDriver", "NoRoute", "choice", "otherwise") in graph.edges
    assert Edge("FilterInferences", "RecordWaiting", "catch", UNDECIDED) in graph.edges
    assert Edge("FilterInferences", "RecordFailed", "catch") in graph.edges
    assert Edge("ClaimPhoto", "Duplicate", "catch") in graph.edges
    assert Edge("NamePhoto", "ClaimPhoto", "choice", "rules 1, 2") in graph.edges
    assert Edge("NamePhoto", "ClaimDecision", "choice", "rules 5, 6") in graph.edges
    assert Edge("AwaitGrace", "ClaimDecision", "next") in graph.edges
    assert Edge("Decided", "RecordDecided", "choice", "rule 1") in graph.edges
    assert Edge("Refused", "Duplicate", "choice", "rule 1") in graph.edges
    assert Edge("ClaimCorrection", "AssignDriver", "next") in graph.edges


def test_our_own_machine_fits_a_phone_and_goes_straight_down(own: dict[str, Any]) -> None:
    layout = laid_out(parse(own))
    assert layout.width < 72 * theme.WIDTH, (
        "wider than the other charts, its text would be smaller than theirs"
    )
    usual = ["SerializeImageData", "ClassifyImages", "FilterInferences"]
    assert len({round(layout.boxes[name].x, 3) for name in usual}) == 1
    check(layout)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"Variable": "$.label", "StringEquals": "bicycle", "Next": "A"}, "label = bicycle"),
        ({"Variable": "$.a.n", "NumericGreaterThanEqualsPath": "$.least", "Next": "A"}, "a.n ≥ $.least"),
        ({"Variable": "$.x", "IsPresent": False, "Next": "A"}, "x is not present"),
        ({"Assign": {"y": 1}, "Variable": "$.x", "IsPresent": True, "Next": "A"}, "x is present"),
        ({"And": [], "Next": "A"}, "rule 2"),
        ({"Condition": "{% $n > 3 %}", "Next": "A"}, "$n > 3"),
    ],
)
def test_a_choice_is_labelled_with_its_condition(rule: dict[str, Any], words: str) -> None:
    assert condition(rule, 2) == words


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ("arn:aws:states:::lambda:invoke", "Lambda: invoke"),
        ("arn:aws:states:::dynamodb:updateItem", "DynamoDB: updateItem"),
        ("arn:aws:states:::sqs:sendMessage.waitForTaskToken", "SQS: sendMessage"),
        ("arn:aws:states:::aws-sdk:s3:getObject", "S3: getObject"),
        ("arn:aws:lambda:us-east-1:123456789012:function:serialize", "Lambda"),
        ("arn:aws:states:us-east-1:123456789012:activity:paint", "Activity"),
    ],
)
def test_a_task_is_called_after_its_service(resource: str, words: str) -> None:
    assert kind({"Type": "Task", "Resource": resource}) == words


# ---- Layout


@st.composite
def definitions(draw: st.DrawFn, depth: int = 2, prefix: str = "") -> dict[str, Any]:
    """Any state machine: chains, choices, catches, loops, states nested in others, and long names."""
    size = draw(st.integers(1, 7))
    long = draw(st.integers(0, 20))
    names = [f"{prefix}{number}{'Name' * (long if number == 1 else 1)}" for number in range(size)]
    some = st.sampled_from(names)
    types = ["Task", "Choice", "Pass", "Fail", *(["Parallel", "Map"] if depth else [])]
    states: dict[str, Any] = {}
    for number, name in enumerate(names):
        state: dict[str, Any] = {"Type": draw(st.sampled_from(types))}
        following = names[number + 1 : number + 2]
        if state["Type"] == "Choice":
            targets = draw(st.lists(some, min_size=1, max_size=3))
            state["Choices"] = [
                {"Variable": "$.n", "NumericEquals": place, "Next": target}
                for place, target in enumerate(targets)
            ]
            state["Default"] = following[0] if following else draw(some)
        elif state["Type"] != "Fail":
            state |= {"Next": following[0]} if following else {"End": True}
            if draw(st.booleans()):
                errors = draw(st.sampled_from([["States.ALL"], ["Custom.Error"]]))
                state["Catch"] = [{"ErrorEquals": errors, "Next": draw(some)}]
        if state["Type"] == "Parallel":
            state["Branches"] = [
                draw(definitions(depth - 1, f"{name}.{branch}.")) for branch in range(draw(st.integers(1, 2)))
            ]
        if state["Type"] == "Map":
            state["ItemProcessor"] = draw(definitions(depth - 1, f"{name}."))
        states[name] = state
    return {"StartAt": names[0], "States": states}


def laid_out(graph: Graph) -> Layout:
    return place(
        graph, lambda node: (20 + 4.0 * len(node.name), 40.0), lambda label: (5.0 * len(label), 12.0)
    )


@settings(max_examples=60, deadline=None)
@given(definitions())
def test_nothing_covers_anything_else(definition: dict[str, Any]) -> None:
    graph = parse(definition)
    layout = laid_out(graph)
    assert set(layout.boxes) == {node.name for node in graph.every_node()}
    check(layout)
    outer = {name: layout.boxes[name] for name in graph.nodes}
    inside(graph, layout)
    for edge in graph.edges:
        if rank_apart(layout, edge):
            assert outer[edge.source].y < outer[edge.target].y


def rank_apart(layout: Layout, edge: Edge) -> bool:
    """An edge that ends without turning up again leads down."""
    (route,) = (route for route in layout.routes if route.edge == edge)
    return all(one[1] <= other[1] for one, other in pairwise(route.points))


def check(layout: Layout) -> None:
    boxes = list(layout.boxes.items())
    for (one, box), (other, another) in combinations(boxes, 2):
        assert apart(box, another) or within(another, box), (one, other)
    labels = [(route, route.label) for route in layout.routes if route.label]
    for route, label in labels:
        assert all(apart(label, box) or within(label, box) for _, box in boxes), route.edge
    for (one_route, label), (other_route, another) in combinations(labels, 2):
        assert apart(label, another), (one_route.edge, other_route.edge)
    for route in layout.routes:
        curve = points_on(route)
        for name, box in boxes:
            if not contains_ends(box, route):
                across = (abs(curve[:, 0] - box.x) < box.width / 2 - 0.01) & (
                    abs(curve[:, 1] - box.y) < box.height / 2 - 0.01
                )
                assert not across.any(), (route.edge, name)
        assert curve[:, 1].min() >= 0
        assert curve[:, 1].max() <= layout.height
        assert curve[:, 0].min() >= 0
        assert curve[:, 0].max() <= layout.width + 0.01


def inside(graph: Graph, layout: Layout) -> None:
    for name, node in graph.nodes.items():
        for inner in node.inner:
            assert all(within(layout.boxes[deep], layout.boxes[name]) for deep in inner.nodes)
            inside(inner, layout)


def apart(one: Box, other: Box) -> bool:
    return (
        abs(one.x - other.x) >= (one.width + other.width) / 2 - 0.01
        or abs(one.y - other.y) >= (one.height + other.height) / 2 - 0.01
    )


def within(small: Box, large: Box) -> bool:
    return (
        abs(small.x - large.x) <= (large.width - small.width) / 2
        and abs(small.y - large.y) <= (large.height - small.height) / 2
    )


def contains_ends(box: Box, route: Route) -> bool:
    """Whether the box is a frame around the whole edge."""
    return all(
        abs(x - box.x) < box.width / 2 and abs(y - box.y) < box.height / 2
        for x, y in (route.points[0], route.points[-1])
    )


def points_on(route: Route) -> np.ndarray:
    t = np.linspace(0, 1, 17)[:, None]
    weights = np.hstack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])
    pieces = [route.points[start : start + 4] for start in range(0, len(route.points) - 1, 3)]
    return np.vstack([weights @ np.array(piece) for piece in pieces])


# ---- Drawing


@settings(max_examples=6, deadline=None)
@given(definitions())
def test_text_stays_in_its_box_and_on_the_page(definition: dict[str, Any]) -> None:
    look = Look(
        theme.FAILED, ("1,234,567 entered", "12 failed", "caught A.Very.Long.ErrorNameThatNobodyWouldChoose")
    )
    graph = parse(definition)
    check_text(graph, dict.fromkeys((node.name for node in graph.every_node()), look))


def test_text_of_our_own_machine_stays_in_its_box(own: dict[str, Any]) -> None:
    check_text(parse(own), {})


def test_our_own_machine_is_drawn_as_wide_as_the_other_charts_and_no_name_is_cut(own: dict[str, Any]) -> None:
    graph = parse(own)
    looks = dict.fromkeys(own["States"], Look(theme.ACCEPTED, ("1,234 entered", "12 failed")))
    with theme.use_look(theme.LIGHT):
        figure = draw.draw(graph, Picture("What every state did", (), looks))
    assert figure.get_figwidth() == pytest.approx(theme.WIDTH)
    (axes,) = figure.axes
    assert not [text.get_text() for text in axes.texts if "…" in text.get_text()]


def check_text(graph: Graph, looks: dict[str, Look]) -> None:
    key = {"no error": theme.ACCEPTED, "for review": theme.REVIEW, "failed": theme.FAILED}
    picture = Picture("A title " * 20, ("a subtitle " * 20,), looks, {}, key | {"never entered": theme.GREY})
    with theme.use_look(theme.LIGHT):
        figure = draw.draw(graph, picture)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    (axes,) = figure.axes
    patches = [
        patch.get_window_extent() for patch in axes.patches if isinstance(patch, FancyBboxPatch | Circle)
    ]
    for text in axes.texts:
        extent = text.get_window_extent(canvas.get_renderer())
        middle = (extent.x0 + extent.x1) / 2, (extent.y0 + extent.y1) / 2
        around = [patch for patch in patches if patch.contains(*middle)]
        room = min([figure.bbox, *around], key=lambda box: box.width * box.height)
        assert room.x0 <= extent.x0, text
        assert extent.x1 <= room.x1, text
        assert room.y0 <= extent.y0, text
        assert extent.y1 <= room.y1, text
