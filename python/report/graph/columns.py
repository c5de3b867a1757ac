"""Which column each item of a layered graph gets: the usual way straight down, and long lanes straight too.

All of it is as wide as the widest layer needs, or as a page has room for: lines rather bend.
"""

from collections import Counter, defaultdict
from itertools import accumulate, chain, pairwise
from math import inf
from statistics import median

from report.graph.layers import Item, Layers, Owner, Passage

GAP = 13.0  # between two items of a layer, in points
LANE_GAP = 4.0  # where one of them is a lane
PAGE = 430.0
SWEEPS = 24
PINNED = 1e9
# The usual way is straight rather than an error's.
PULL = {"lane": 8.0, "next": 4.0, "choice": 4.0, "catch": 1.0}


def set_columns(layers: Layers, width: dict[Item, float]) -> dict[Item, float]:
    """The centre of each item: below or above its neighbours as far as order and gaps allow; the leftmost edge is 0."""
    above: dict[Item, dict[Item, float]] = defaultdict(dict)
    below: dict[Item, dict[Item, float]] = defaultdict(dict)
    for edge, passed in layers.chains.items():
        for upper, lower in pairwise(passed):
            if edge not in layers.back:
                weight = PULL[
                    "lane" if isinstance(upper, Passage) and isinstance(lower, Passage) else edge.kind
                ]
                above[lower][upper] = below[upper][lower] = weight
    room = max(
        PAGE, *(_offsets(row, width)[-1] + (width[row[0]] + width[row[-1]]) / 2 for row in layers.rows)
    )
    x: dict[Item, float] = {}
    for row in layers.rows:
        x |= _set_apart(row, [room / 2] * len(row), [1.0] * len(row), width, room)
    pinned: set[Item] = set()
    for sweep in range(SWEEPS):
        for rows, neighbours in ((layers.rows[::-1], below), (layers.rows, above)):
            for row in rows:
                wishes = [
                    x[item] if item in pinned else _middle(neighbours[item], x, x[item]) for item in row
                ]
                weights = [
                    PINNED if item in pinned else sum(neighbours[item].values()) or 0.1 for item in row
                ]
                x |= _set_apart(row, wishes, weights, width, room)
        if sweep == SWEEPS // 4:
            # What stands beside them makes room in the next sweep.
            for run in _runs(layers):
                x.update(dict.fromkeys(run, median(x[item] for item in run)))
                pinned |= set(run)
        if sweep == SWEEPS // 2:
            pinned |= {
                item for lane in _lanes(layers) if _straighten(lane, layers, x, width) for item in lane
            }
    for edge in sorted(layers.back, key=lambda edge: len(layers.chains[edge])):
        _set_beside(layers.chains[edge][1:-1], layers.rank, x, width)
    left = min(x[item] - width[item] / 2 for item in x)
    return {item: place - left for item, place in x.items()}


def _middle(neighbours: dict[Item, float], x: dict[Item, float], otherwise: float) -> float:
    """The weighted median of the neighbours' places."""
    half = sum(neighbours.values()) / 2
    places = sorted((x[item], weight) for item, weight in neighbours.items())
    sums = list(accumulate(weight for _, weight in places))
    middle = [
        place for (place, weight), total in zip(places, sums, strict=True) if total - weight <= half <= total
    ]
    return sum(middle) / len(middle) if middle else otherwise


def _runs(layers: Layers) -> list[list[Item]]:
    """States that follow one another, each right above the next, where no other way joins, from top to bottom."""
    ways = Counter(edge.target for edge in layers.chains if edge.kind != "catch")
    after: dict[Item, Item] = {
        edge.source: edge.target
        for edge, passed in layers.chains.items()
        if edge.kind == "next" and len(passed) == 2 and ways[edge.target] == 1
    }
    runs = [[first] for first in after if first not in after.values()]
    for run in runs:
        while run[-1] in after:
            run.append(after[run[-1]])
    return runs


def _lanes(layers: Layers) -> list[list[Item]]:
    """The lanes that one line runs through, from top to bottom."""
    lanes: dict[Owner, list[Item]] = defaultdict(list)
    for item in chain.from_iterable(layers.rows):
        if isinstance(item, Passage) and item.kind == "lane":
            lanes[item.of].append(item)
    return list(lanes.values())


def _straighten(lane: list[Item], layers: Layers, x: dict[Item, float], width: dict[Item, float]) -> bool:
    """Put a whole lane into one column if there is one that is free in every row; whether there was."""
    lowest, highest = -inf, inf
    for item in lane:
        row = layers.rows[layers.rank[item]]
        place = row.index(item)
        for other in row[:place][-1:]:
            lowest = max(lowest, x[other] + _apart(other, item, width))
        for other in row[place + 1 :][:1]:
            highest = min(highest, x[other] - _apart(item, other, width))
    if lowest <= highest:
        column = min(max(median(x[item] for item in lane), lowest), highest)
        x.update(dict.fromkeys(lane, column))
    return lowest <= highest


def _set_beside(
    lane: list[Item], rank: dict[Item, int], x: dict[Item, float], width: dict[Item, float]
) -> None:
    """Put a lane that goes back to the right of all that its rows hold."""
    rows = {rank[item] for item in lane}
    right = max(x[item] + width[item] / 2 for item in x if rank[item] in rows)
    x.update(dict.fromkeys(lane, right + GAP + max(width[item] for item in lane) / 2))


def _apart(left: Item, right: Item, width: dict[Item, float]) -> float:
    """How far the centres of two neighbours are at least from each other."""
    lane = any(isinstance(item, Passage) and item.kind == "lane" for item in (left, right))
    return (width[left] + width[right]) / 2 + (LANE_GAP if lane else GAP)


def _offsets(row: list[Item], width: dict[Item, float]) -> list[float]:
    """How far each centre is at least from the first."""
    return list(accumulate((_apart(left, right, width) for left, right in pairwise(row)), initial=0.0))


def _set_apart(
    row: list[Item], wishes: list[float], weights: list[float], width: dict[Item, float], room: float
) -> dict[Item, float]:
    """The places nearest to the wishes (least squares) that keep order and gaps: pool adjacent violators.

    One that lies outside the room is put at its edge, and the others no nearer to it than they may be.
    """
    offsets = _offsets(row, width)
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for wish, weight, offset in zip(wishes, weights, offsets, strict=True):
        mean, total, count = wish - offset, weight, 1
        while pools and pools[-1][0] > mean:
            before, heavier, more = pools.pop()
            mean = (mean * total + before * heavier) / (total + heavier)
            total, count = total + heavier, count + more
        pools.append((mean, total, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    lowest, highest = width[row[0]] / 2, room - width[row[-1]] / 2 - offsets[-1]
    return {
        item: min(max(mean, lowest), highest) + offset
        for item, mean, offset in zip(row, means, offsets, strict=True)
    }
