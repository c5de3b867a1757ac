"""A graph in layers from top to bottom, after Sugiyama, Tagawa and Toda: break the cycles, rank by the longest path,
and order each layer so that few edges cross. `report.graph.columns` does the rest.

A label takes a place in a layer as a state does, and so covers nothing. A long edge passes each layer in a lane of its
own, shared with other edges to the same target. An edge that goes back runs up in a lane on the right.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import pairwise
from typing import NamedTuple

from report.graph.graph import END, Edge, Graph

SWEEPS = 24


Owner = Edge | tuple[str, bool]  # an edge, or what several share: their target, and whether they catch


class Passage(NamedTuple):
    """What an edge has of a layer that it passes."""

    kind: str  # label or lane
    of: Owner
    row: int


Item = str | Passage  # of a layer; a state by its name


@dataclass(frozen=True)
class Layers:
    rows: list[list[Item]]  # from left to right, without the lanes on the side
    rank: dict[Item, int]
    chains: dict[Edge, list[Item]]  # what each edge passes, its states at both ends
    back: set[Edge]


def arrange(graph: Graph) -> Layers:
    back = set(_back_edges(graph))
    rank: dict[Item, int] = dict(_ranks(graph, back).items())
    chains = {edge: _chain(edge, rank, edge in back) for edge in graph.edges}
    for passage in (item for chain in chains.values() for item in chain if isinstance(item, Passage)):
        rank[passage] = passage.row
    side = {item for edge in back for item in chains[edge][1:-1]}
    rows: list[list[Item]] = [[] for _ in range(max(rank.values()) + 1)]
    for item in rank:
        if item not in side:
            rows[rank[item]].append(item)
    links = [pair for edge in chains if edge not in back for pair in pairwise(chains[edge])]
    return Layers(_order(rows, links), rank, chains, back)


def _back_edges(graph: Graph) -> Iterator[Edge]:
    """Those that lead to a state which is still being followed, depth first."""
    leaving = defaultdict(list)
    for each in graph.edges:
        leaving[each.source].append(each)
    done: set[str] = set()
    for root in graph.nodes:
        path = [] if root in done else [(root, iter(leaving[root]))]
        while path:
            name, edges = path[-1]
            edge = next(edges, None)
            if edge is None:
                done.add(name)
                path.pop()
            elif edge.target in [followed for followed, _ in path]:
                yield edge
            elif edge.target not in done:
                path.append((edge.target, iter(leaving[edge.target])))


def _ranks(graph: Graph, back: set[Edge]) -> dict[str, int]:
    """The longest path from the top; a labelled edge needs a layer between. End is below everything.

    What only ends stands right above it: the layers in the middle are the widest.
    """
    before: dict[str, list[Edge]] = {name: [] for name in graph.nodes}
    for edge in graph.edges:
        if edge not in back:
            before[edge.target].append(edge)
    order = TopologicalSorter({name: [edge.source for edge in edges] for name, edges in before.items()})
    rank: dict[str, int] = {}
    for name in order.static_order():
        rank[name] = max((rank[edge.source] + 1 + bool(edge.label) for edge in before[name]), default=0)
    if END in rank:
        last = max(row for name, row in rank.items() if name != END)
        targets = {name: {edge.target for edge in graph.edges if edge.source == name} for name in rank}
        rank |= {name: last for name in rank if targets[name] == {END}}
        rank[END] = 1 + last
    return {name: rank[name] for name in graph.nodes}


def _chain(edge: Edge, rank: dict[Item, int], back: bool) -> list[Item]:
    start, end = rank[edge.source], rank[edge.target]
    if back:
        first = Passage("label" if edge.label else "lane", edge, start)
        return [
            edge.source,
            first,
            *(Passage("lane", edge, row) for row in range(start - 1, end - 1, -1)),
            edge.target,
        ]
    label = [Passage("label", edge, start + 1)] if edge.label else []
    shared = (edge.target, edge.kind == "catch")
    lanes = [Passage("lane", shared, row) for row in range(start + 1 + len(label), end)]
    return [edge.source, *label, *lanes, edge.target]


def _order(rows: list[list[Item]], links: list[tuple[Item, Item]]) -> list[list[Item]]:
    """Each row by the mean place of its neighbours, down and up again; the best order of all sweeps."""
    above, below = _neighbours(links)
    best = rows
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        rows = [list(row) for row in rows]
        for number in range(len(rows)) if down else reversed(range(len(rows))):
            beside = rows[number - 1 if down else (number + 1) % len(rows)]
            place = {item: spot for spot, item in enumerate(beside)}
            neighbours = above if down else below
            wishes: dict[Item, float] = {}
            for own, item in enumerate(rows[number]):
                spots = [place[other] for other in neighbours[item] if other in place]
                wishes[item] = sum(spots) / len(spots) if spots else own
            rows[number].sort(key=wishes.__getitem__)
        best = min(best, rows, key=lambda order: crossings(order, links))
    return best


def _neighbours(links: list[tuple[Item, Item]]) -> tuple[dict[Item, list[Item]], dict[Item, list[Item]]]:
    above, below = defaultdict(list), defaultdict(list)
    for upper, lower in dict.fromkeys(links):
        above[lower].append(upper)
        below[upper].append(lower)
    return above, below


def crossings(rows: list[list[Item]], links: list[tuple[Item, Item]]) -> int:
    spot = {item: (number, place) for number, row in enumerate(rows) for place, item in enumerate(row)}
    between = defaultdict(list)
    for upper, lower in dict.fromkeys(links):
        between[spot[upper][0]].append((spot[upper][1], spot[lower][1]))
    return sum(
        (a - c) * (b - d) < 0
        for pairs in between.values()
        for number, (a, b) in enumerate(pairs)
        for c, d in pairs[:number]
    )
