#!/usr/bin/env python3
"""Sat2Graph's APLS and TOPO once more, by plain search, against `score roads --metric sat2graph`.

sat2graph.py SCORE     made-up street grids with jitter, gaps and false ways, as pickles of every protocol
"""
import heapq
import math
import pickle
import random
import sys
import tempfile
from pathlib import Path

from ground import METRE, apart, degrees
from peer import Comparison, score
from sat2graph_topo import topo

TILES = {"cityscale": (2048, 100, 25, 100, 4, 0.003), "small": (352, 30, 15, 30, 3, 0.0015),
         "spacenet": (352, 30, 10, 30, 3, 0.0015)}


class Dense:
    def __init__(self, graph):
        self.places, self.near, numbers = [], [], {}

        def number(place):
            key = "%.7f %.7f" % place
            if key not in numbers:
                numbers[key] = len(self.places)
                self.places.append(place)
                self.near.append(set())
            return numbers[key]

        done = set()
        for k, others in graph.items():
            for o in others:
                if (k, o) in done or (o, k) in done:
                    continue
                done.add((k, o))
                a, b = degrees(k), degrees(o)
                length = apart(a, b)
                pieces = int(length / 2) + 1 if length > 3 else 1
                before = number(a)
                for i in range(1, pieces + 1):
                    t = i / pieces
                    after = number(b if i == pieces else (a[0] * (1 - t) + b[0] * t, a[1] * (1 - t) + b[1] * t))
                    self.near[before].add(after)
                    self.near[after].add(before)
                    before = after

    def around(self, node, steps):
        seen, rim = {node}, {node}
        for _ in range(steps if node < len(self.places) else 0):
            rim = {n for r in rim for n in self.near[r]} - seen
            seen |= rim
        return seen

    def centimetres_from(self, start):
        best, queue = {}, [(0, start)]
        while queue:
            d, node = heapq.heappop(queue)
            if node in best:
                continue
            best[node] = d
            for n in self.near[node]:
                if n not in best:
                    heapq.heappush(queue, (d + int(apart(self.places[node], self.places[n]) * 100), n))
        return best


def control_points(graph, other, side, margin, interval):
    points, covered, cells, passed = [], set(), set(), set()

    def add(node):
        lat, lon = graph.places[node]
        south, east = (41.0 - lat) * METRE, (lon + 71.0) * METRE * math.cos(math.radians(41.0))
        cell = int(lat * METRE / 2), int(lon * METRE / 2)
        if not (margin < south < side - margin and margin < east < side - margin) or cell in cells:
            return
        cells.add(cell)
        points.append(node)
        covered.update(other.around(node, 4))

    for node in range(len(graph.places)):
        if len(graph.near[node]) == 2:
            continue
        for after in sorted(graph.near[node]):
            if after in passed:
                continue
            chain = [node, after]
            while len(graph.near[chain[-1]]) == 2:
                chain += graph.near[chain[-1]] - {chain[-2]}
            if len(chain) > int(1.5 * interval):
                parts = int(len(chain) / interval) + 1
                for i in range(1, parts):
                    if chain[int(len(chain) * i / parts)] not in covered:
                        add(chain[int(len(chain) * i / parts)])
            passed.update(chain)
        if node not in covered or len(graph.near[node]) == 1:
            add(node)
    return sorted(points)


def one_way(graph, other, tiles):
    side, margin, interval, shortest, cover, _ = tiles
    points = control_points(graph, other, side, margin, interval)
    taken, image = set(), {}
    for p in points:
        lat, lon = graph.places[p]
        boxes = sorted((max(0, abs(a - lat) - 1e-6) ** 2 + max(0, abs(b - lon) - 1e-6) ** 2, n)
                       for n, (a, b) in enumerate(other.places))
        for _, n in boxes[:10]:
            if n not in taken and apart(other.places[n], (lat, lon)) < 10:
                image[p] = n
                taken |= other.around(n, cover)
                break
    lost = pairs = 0
    for i, p in enumerate(points):
        here = graph.centimetres_from(p) if p in image else {}
        there = other.centimetres_from(image[p]) if p in image else {}
        for q in points[i + 1:]:
            if p not in image or q not in image:
                lost, pairs = lost + 1, pairs + 1
            elif here.get(q, 0) / 100 > shortest:
                d = here[q] / 100
                lost, pairs = lost + min(1, abs(d - there.get(image[q], 0) / 100) / d), pairs + 1
    return 1 - lost / pairs if pairs else None


# --- made-up roads ----------------------------------------------------------------------------------------------------

def town(rng, side, jitter, lost, false_ways):
    """Streets 40 to 70 m apart with points between, as {(south, east): [(south, east), ...]}."""
    rows, columns = [sorted(rng.sample(range(5, side - 5), side // 60)) for _ in range(2)]
    ways = [((r, a), (r, b)) for r in rows for a, b in zip(columns, columns[1:])]
    ways += [((a, c), (b, c)) for c in columns for a, b in zip(rows, rows[1:])]
    ways = [w for w in ways if rng.random() >= lost]
    ways += [((rng.choice(rows), rng.choice(columns)), (rng.uniform(0, side), rng.uniform(0, side)))
             for _ in range(false_ways)]
    moved, graph = {}, {}
    for way in ways:
        ends = [moved.setdefault(e, (e[0] + rng.gauss(0, jitter), e[1] + rng.gauss(0, jitter))) for e in way]
        if ends[0] == ends[1]:
            continue
        middle = tuple((a + b) / 2 + rng.gauss(0, 1) for a, b in zip(*ends))
        for a, b in ((ends[0], middle), (middle, ends[1])):
            for x, y in ((a, b), (b, a)):
                if y not in graph.setdefault(x, []):
                    graph[x].append(y)
    return graph


def junctions(truth, prediction, radius):
    """Pairs of places where three ways meet: as many as there can be."""
    t, p = [[k for k, near in graph.items() if len(near) > 2] for graph in (truth, prediction)]
    owner = {}

    def place(a, asked):
        for b in (b for b in p if math.dist(a, b) <= radius and b not in asked):
            asked.add(b)
            if b not in owner or place(owner[b], asked):
                owner[b] = a
                return True
        return False

    pairs = sum(place(a, set()) for a in t)
    return {"true_positive": pairs, "false_positive": len(p) - pairs, "false_negative": len(t) - pairs}


def main(program):
    close = Comparison("sat2graph", 1e-9)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(5):
            rng = random.Random(number)
            kind = ("small", "spacenet", "small", "spacenet", "cityscale")[number]
            side = 440 if kind == "cityscale" else 260
            state = rng.getstate()
            truth = town(rng, side, 0, 0, 0)
            rng.setstate(state)
            found = town(rng, side, 1.5, 0.15, number % 4) if number else truth
            pair = {name: Path(folder) / f"{number}_{name}.p" for name in ("gt", "prop")}
            for name, graph in (("gt", truth), ("prop", found)):
                pair[name].write_bytes(pickle.dumps(graph, protocol=number % 6))
            got = score(program, "roads", pair["gt"], pair["prop"], "--metric", "sat2graph", "--tiles", kind, "--topo",
                        "--junctions", 4)
            image = got["images"][0]
            dense = Dense(truth), Dense(found)
            forth, back = one_way(*dense, TILES[kind]), one_way(*dense[::-1], TILES[kind])
            close(f"{number}: mean", (forth + back) / 2, image["apls"])
            close(f"{number}: forth", forth, image["truth_to_prediction"])
            close(f"{number}: back", back, image["prediction_to_truth"])
            precision, recall = topo(truth, found, TILES[kind][5])
            close(f"{number}: TOPO precision", precision, image["topo"]["precision"])
            close(f"{number}: TOPO recall", recall, image["topo"]["recall"])
            for what, expected in junctions(truth, found, 4).items():
                close(f"{number}: junctions: {what}", expected, image["junctions"][what])
    close.done(40)


main(sys.argv[1])
