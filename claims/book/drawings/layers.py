"""A graph in columns: what rests on nothing at the left, every box in the column after those that it rests on.

Edges that pass a column run through a place of their own in it, which all edges to one box share: no edge runs through
a box, and many edges to one box look like one. Columns are ordered to cross few edges, then moved to keep edges level.
Parts of a graph that nothing joins are laid out apart and packed. All lengths are CSS pixels, y points down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import networkx as nx

#: Between columns, between boxes of a column, and the height of an edge's place in a column that it passes.
GAP, BETWEEN, LANE = 64.0, 10.0, 3.0

#: Sweeps over the columns; of all orders met the one with the fewest crossings is kept. More change little.
SWEEPS = 12

#: A sheet is about so many times as wide as high, if no part of it is wider.
ASPECT = 1.6

Size = tuple[float, float]
Point = tuple[float, float]

#: A box, or the place (to the box `id`, in the column `n`) that edges to it share.
Spot = str | tuple[str, int]


@dataclass(frozen=True)
class Box:
    """Left edge, middle, width and height."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Sheet:
    """Boxes by id; the points of each edge; the size of it all.

    An edge leaves the left side of its start and enters the right side of its end. Its points come in pairs: a curve
    from the first to the second, straight on to the third, a curve to the fourth, and so on.
    """

    boxes: Mapping[str, Box]
    routes: Mapping[tuple[str, str], tuple[Point, ...]]
    width: float
    height: float

    def moved(self, x: float, y: float) -> Sheet:
        """The same, elsewhere."""
        boxes = {id: replace(box, x=box.x + x, y=box.y + y) for id, box in self.boxes.items()}
        routes = {edge: tuple((px + x, py + y) for px, py in points) for edge, points in self.routes.items()}
        return replace(self, boxes=boxes, routes=routes)


def arranged(graph: nx.DiGraph, sizes: Mapping[str, Size]) -> Sheet:
    """The whole graph: each part that hangs together in columns, and those that stand alone in a grid below.

    Boxes are taken in the order of `sizes`, which has one for each node: the same graph gives the same sheet.
    """
    whole = without_cycles(_part(graph, list(sizes)))
    connected = sorted(nx.weakly_connected_components(whole), key=lambda part: (-len(part), min(part)))
    parts = [_part(whole, [id for id in sizes if id in part]) for part in connected if len(part) > 1]
    sheets = [layered(part, sizes, tightened(part, levels(part))) for part in parts]
    alone = [id for id in sizes if whole.degree(id) == 0]
    area = sum((s.width + GAP) * (s.height + GAP) for s in sheets)
    width = max([(area * ASPECT) ** 0.5, 640.0, *(s.width for s in sheets)])
    packed = _shelves([*sheets, *([_grid(alone, sizes, width)] if alone else [])], width)
    # An edge that closes a cycle has no place in the columns: it runs straight from one box to the other.
    routes = {edge: packed.routes.get(edge) or direct(packed.boxes, *edge) for edge in graph.edges()}
    return replace(packed, routes=routes)


def _part(graph: nx.DiGraph, ids: Sequence[str]) -> nx.DiGraph:
    """The subgraph, in that order: networkx's own is in the order of a set, another one at each run."""
    part = nx.DiGraph()
    part.add_nodes_from(ids)
    part.add_edges_from((id, other) for id in ids for other in sorted(graph.successors(id), key=ids.index))
    return part


def without_cycles(graph: nx.DiGraph) -> nx.DiGraph:
    """The graph without edges that close a cycle: two items may each use a part of the other."""
    kept = nx.DiGraph(graph)
    while not nx.is_directed_acyclic_graph(kept):
        kept.remove_edge(*nx.find_cycle(kept)[-1])
    return kept


def levels(graph: nx.DiGraph) -> dict[str, int]:
    """The column of each box: as far left as what it points to allows."""
    columns = nx.topological_generations(graph.reverse())
    return {id: number for number, column in enumerate(columns) for id in column}


def tightened(graph: nx.DiGraph, level: Mapping[str, int]) -> dict[str, int]:
    """The columns after moving boxes right where that makes edges shorter: foundations go beside their first use."""
    found = dict(level)
    for _ in range(3):
        for id in sorted(graph, key=lambda id: -found[id]):
            users, used = list(graph.predecessors(id)), list(graph.successors(id))
            if len(users) > len(used):
                found[id] = min(found[user] for user in users) - 1
    return found


def layered(graph: nx.DiGraph, sizes: Mapping[str, Size], level: Mapping[str, int]) -> Sheet:
    """A graph without cycles in the columns that `level` says; every edge must point to a lower column."""
    routed = {edge: _through(edge, level) for edge in graph.edges()}
    joined = nx.DiGraph()
    joined.add_nodes_from(graph)
    for spots in routed.values():
        nx.add_path(joined, spots)
    columns = _ordered(joined, _columns(joined, level))
    heights = {spot: sizes[spot][1] if isinstance(spot, str) else LANE for spot in joined}
    middle = _middles(joined, columns, heights)
    top = min((middle[spot] - heights[spot] / 2 for spot in joined), default=0.0)
    places: dict[Spot, Box] = {}
    x = 0.0
    for column in columns:
        width = max((sizes[spot][0] for spot in column if isinstance(spot, str)), default=0.0)
        places |= {spot: Box(x, middle[spot] - top, width, heights[spot]) for spot in column}
        x += width + GAP
    routes = {edge: _points([places[spot] for spot in spots]) for edge, spots in routed.items()}
    bottom = max((box.y + box.height / 2 for box in places.values()), default=0.0)
    return Sheet({id: places[id] for id in graph}, routes, max(x - GAP, 0.0), bottom)


def _through(edge: tuple[str, str], level: Mapping[str, int]) -> list[Spot]:
    """Start, the places in the columns between, end."""
    start, end = edge
    return [start, *((end, number) for number in range(level[start] - 1, level[end], -1)), end]


def _columns(joined: nx.DiGraph, level: Mapping[str, int]) -> list[list[Spot]]:
    numbers = {spot: level[spot] if isinstance(spot, str) else spot[1] for spot in joined}
    used = sorted(set(numbers.values()))
    return [[spot for spot in joined if numbers[spot] == number] for number in used]


def _ordered(joined: nx.DiGraph, columns: list[list[Spot]]) -> list[list[Spot]]:
    """The columns, each ordered by the mean place of its neighbours, from the left and from the right in turn."""
    best, least = columns, _crossings(joined, columns)
    for sweep in range(SWEEPS):
        columns = _swept(joined, columns) if sweep % 2 == 0 else _swept(joined.reverse(), columns[::-1])[::-1]
        if (crossed := _crossings(joined, columns)) < least:
            best, least = columns, crossed
    return best


def _swept(joined: nx.DiGraph, columns: Sequence[Sequence[Spot]]) -> list[list[Spot]]:
    """The columns, each ordered by where those stand that it points to, which are in the column before."""
    swept = [list(columns[0])] if columns else []
    for column in columns[1:]:
        before = {spot: row for row, spot in enumerate(swept[-1])}
        place = {spot: _mean([before[o] for o in joined.successors(spot)], row) for row, spot in enumerate(column)}
        swept.append(sorted(column, key=place.__getitem__))
    return swept


def _crossings(joined: nx.DiGraph, columns: Sequence[Sequence[Spot]]) -> int:
    """How many pairs of edges between neighbouring columns cross."""
    row = {spot: number for column in columns for number, spot in enumerate(column)}
    crossed = 0
    for column in columns:
        ends = [row[end] for spot in column for end in sorted(joined.successors(spot), key=row.__getitem__)]
        crossed += sum(later < earlier for n, earlier in enumerate(ends) for later in ends[n + 1 :])
    return crossed


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _middles(joined: nx.DiGraph, columns: Sequence[Sequence[Spot]], heights: Mapping[Spot, float]) -> dict[Spot, float]:
    """The height at which each spot stands: as near to its neighbours as the order in its column allows."""
    middle: dict[Spot, float] = {}
    for column in columns:
        middle |= dict(zip(column, _apart([0.0] * len(column), column, heights), strict=True))
    for sweep in range(SWEEPS):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            wished = [
                _mean([middle[o] for o in (*joined.successors(s), *joined.predecessors(s))], middle[s]) for s in column
            ]
            middle |= dict(zip(column, _apart(wished, column, heights), strict=True))
    return middle


def _apart(wished: Sequence[float], column: Sequence[Spot], heights: Mapping[Spot, float]) -> list[float]:
    """The heights nearest to those wished at which the spots, in their order, do not overlap (least squares).

    With the least distances taken off, heights must only not decrease: isotonic regression, by pooling neighbours.
    """
    offsets, offset = [], 0.0
    for number, spot in enumerate(column):
        if number:
            offset += (heights[column[number - 1]] + heights[spot]) / 2 + BETWEEN
        offsets.append(offset)
    pools: list[tuple[float, int]] = []
    for wish, offset in zip(wished, offsets, strict=True):
        value, count = wish - offset, 1
        while pools and pools[-1][0] > value:
            other, others = pools.pop()
            value, count = (value * count + other * others) / (count + others), count + others
        pools.append((value, count))
    level = [value for value, count in pools for _ in range(count)]
    return [value + offset for value, offset in zip(level, offsets, strict=True)]


def _points(places: Sequence[Box]) -> tuple[Point, ...]:
    points: list[Point] = []
    for box, following in pairwise(places):
        points += [(box.x, box.y), (following.x + following.width, following.y)]
    return tuple(points)


def direct(boxes: Mapping[str, Box], start: str, end: str) -> tuple[Point, ...]:
    """The points of an edge that goes straight from one box to the other, over what lies between."""
    return _points([boxes[start], boxes[end]])


def _grid(ids: Sequence[str], sizes: Mapping[str, Size], width: float) -> Sheet:
    """Boxes that nothing joins, in rows."""
    widest, highest = (max(sizes[id][side] for id in ids) for side in (0, 1))
    across = max(1, int((width + BETWEEN) // (widest + BETWEEN)))
    boxes = {}
    for number, id in enumerate(ids):
        row, column = divmod(number, across)
        boxes[id] = Box(column * (widest + BETWEEN), row * (highest + BETWEEN) + highest / 2, widest, sizes[id][1])
    rows = -(-len(ids) // across)
    return Sheet(boxes, {}, min(across, len(ids)) * (widest + BETWEEN) - BETWEEN, rows * (highest + BETWEEN) - BETWEEN)


def _shelves(sheets: Iterable[Sheet], width: float) -> Sheet:
    """The sheets side by side, in the order given, on as many shelves as the width asks for."""
    x = y = deep = right = 0.0
    placed = []
    for sheet in sheets:
        if x and x + sheet.width > width:
            x, y, deep = 0.0, y + deep + GAP / 2, 0.0
        placed.append(sheet.moved(x, y))
        right, deep = max(right, x + sheet.width), max(deep, sheet.height)
        x += sheet.width + GAP
    return merged(placed, right, y + deep)


def merged(sheets: Sequence[Sheet], width: float, height: float) -> Sheet:
    """Sheets that do not overlap, as one."""
    boxes = {id: box for sheet in sheets for id, box in sheet.boxes.items()}
    return Sheet(boxes, {edge: points for sheet in sheets for edge, points in sheet.routes.items()}, width, height)
