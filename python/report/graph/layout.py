"""Where each state, label and edge of a graph goes, so that no two things lie on one spot. A frame holds what is inside
a Parallel or a Map. Lengths are points, y grows downwards.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

from report.graph.columns import set_columns
from report.graph.graph import Edge, Graph, Node
from report.graph.layers import Item, Layers, Passage, arrange

Size = tuple[float, float]
Point = tuple[float, float]

GAP = 26.0  # between two layers
LANE = 6.0
PADDING = 12.0  # within a frame
U_TURN = 0.9 * GAP


@dataclass(frozen=True)
class Box:
    """The place of a state, a frame or a label; x and y are its centre."""

    x: float
    y: float
    width: float
    height: float

    def move(self, x: float, y: float) -> "Box":
        return replace(self, x=self.x + x, y=self.y + y)


@dataclass(frozen=True)
class Route:
    """A chain of cubic Bézier curves: a start, then two control points and an end for each."""

    edge: Edge
    points: list[Point]
    label: Box | None

    def move(self, x: float, y: float) -> "Route":
        points = [(px + x, py + y) for px, py in self.points]
        return Route(self.edge, points, self.label and self.label.move(x, y))


@dataclass(frozen=True)
class Layout:
    width: float
    height: float
    boxes: dict[str, Box]  # a frame comes before what is in it
    routes: list[Route]


def place(graph: Graph, state_size: Callable[[Node], Size], label_size: Callable[[str], Size]) -> Layout:
    """Lay out a graph, given how large each state is (of a Parallel or Map: its head), and each label."""
    inside = {
        name: [place(inner, state_size, label_size) for inner in node.inner]
        for name, node in graph.nodes.items()
    }
    sizes: dict[Item, Size] = {
        name: _frame(state_size(node), inside[name]) for name, node in graph.nodes.items()
    }
    arranged = arrange(graph)
    for item in arranged.rank:
        if isinstance(item, Passage):
            sizes[item] = (LANE, 0.0)
            if item.kind == "label" and isinstance(item.of, Edge):
                sizes[item] = label_size(item.of.label)
    boxes, bands = _boxes(arranged, sizes)
    placed = {name: boxes[name] for name in graph.nodes}
    routes = [_route(edge, arranged, boxes, bands) for edge in graph.edges]
    for name, layouts in inside.items():
        left = boxes[name].x - sum(each.width + PADDING for each in layouts) / 2 + PADDING / 2
        top = boxes[name].y - boxes[name].height / 2 + state_size(graph.nodes[name])[1]
        for each in layouts:
            placed |= {inner: box.move(left, top) for inner, box in each.boxes.items()}
            routes += [route.move(left, top) for route in each.routes]
            left += each.width + PADDING
    width = max(box.x + box.width / 2 for box in boxes.values())
    turns_below = any(arranged.rank[edge.source] == len(bands) - 1 for edge in arranged.back)
    height = bands[-1][1] + (GAP if turns_below else 0.0)
    return Layout(width, height, placed, routes)


def _frame(head: Size, inside: list[Layout]) -> Size:
    if not inside:
        return head
    width = sum(each.width + PADDING for each in inside) + PADDING
    return max(width, head[0]), head[1] + max(each.height for each in inside) + PADDING


def _boxes(arranged: Layers, sizes: dict[Item, Size]) -> tuple[dict[Item, Box], list[tuple[float, float]]]:
    """Each item's box, and the top and bottom of each layer."""
    x = set_columns(arranged, {item: width for item, (width, _) in sizes.items()})
    boxes: dict[Item, Box] = {}
    bands = []
    top = GAP if any(arranged.rank[edge.target] == 0 for edge in arranged.back) else 0.0  # room for its turn
    rows: list[list[Item]] = [[] for _ in arranged.rows]
    for item, row in arranged.rank.items():
        rows[row].append(item)
    for items in rows:
        height = max(sizes[item][1] for item in items)
        boxes |= {item: Box(x[item], top + height / 2, *sizes[item]) for item in items}
        bands.append((top, top + height))
        top += height + GAP
    return boxes, bands


def _route(edge: Edge, arranged: Layers, boxes: dict[Item, Box], bands: list[tuple[float, float]]) -> Route:
    """Down through its lanes; one that goes back leaves below and comes in above, as all others do."""
    chain = arranged.chains[edge]
    source, target = boxes[chain[0]], boxes[chain[-1]]
    points = [(source.x, source.y + source.height / 2)]
    for one, other in pairwise(chain):
        start, end = bands[arranged.rank[one]], bands[arranged.rank[other]]
        if edge not in arranged.back:
            _down(points, (boxes[one].x, start[1]), (boxes[other].x, end[0]))
        elif one == chain[0]:
            _turn(points, (boxes[one].x, start[1]), boxes[other].x, U_TURN)
        elif other == chain[-1]:
            _turn(points, (boxes[one].x, end[0]), boxes[other].x, -U_TURN)
    _straight(points, (target.x, target.y - target.height / 2))
    label = next((boxes[item] for item in chain if isinstance(item, Passage) and item.kind == "label"), None)
    return Route(edge, points, label)


def _straight(points: list[Point], end: Point) -> None:
    if points[-1] != end:
        points += [points[-1], end, end]


def _down(points: list[Point], start: Point, end: Point) -> None:
    _straight(points, start)
    middle = (start[1] + end[1]) / 2
    points += [(start[0], middle), (end[0], middle), end]


def _turn(points: list[Point], start: Point, x: float, depth: float) -> None:
    _straight(points, start)
    points += [(start[0], start[1] + depth), (x, start[1] + depth), (x, start[1])]
