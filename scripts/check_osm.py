#!/usr/bin/env python3
"""An OSM file by rules of JOSM's validator. check_osm.py FILE.osm

Counts, in whole numbers of 1e-7 degrees and so exactly:
  nodes      two nodes at one place (DuplicateNode); nodes of no way
  ways       fewer than two different nodes; the same node twice in a row (DuplicatedWayNodes); the same nodes as another
             way (DuplicateWay); no tags and no relation (UntaggedWay)
  crossings  ways that cross, touch or run along one another without a shared node (CrossingWays, OverlappingWays); a
             way that does so with itself (SelfIntersectingWay). Roads with roads, buildings with buildings.
  areas      buildings that are not closed (UnclosedWays) or have less than three corners; members of multipolygons that
             are not there
Prints one line a rule that is broken, with the first places; exit code 1 where one is.
"""
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict

CELL = 5000  # 1e-7 degrees: about 50 m


def read(path):
    root = ET.parse(path).getroot()
    place = lambda n, k: round(float(n.get(k)) * 1e7)  # noqa: E731
    nodes = {n.get("id"): (place(n, "lon"), place(n, "lat")) for n in root.iter("node")}
    tags = lambda e: {t.get("k"): t.get("v") for t in e.iter("tag")}  # noqa: E731
    ways = {w.get("id"): ([r.get("ref") for r in w.iter("nd")], tags(w)) for w in root.iter("way")}
    relations = {r.get("id"): ([(m.get("type"), m.get("ref")) for m in r.iter("member")], tags(r))
                 for r in root.iter("relation")}
    return nodes, ways, relations


def side(a, b, c):
    v = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return (v > 0) - (v < 0)


def within(a, b, c):
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])


def meets(p, q, shared):
    """Whether segments p and q have a place in common beside the nodes that they share."""
    (a, b), (c, d) = p, q
    if len(shared) == 2:
        return True  # the same segment twice
    if len(shared) == 1:
        s = next(iter(shared))
        u, v = (b if a == s else a), (d if c == s else c)
        return side(s, u, v) == 0 and (u[0] - s[0]) * (v[0] - s[0]) + (u[1] - s[1]) * (v[1] - s[1]) > 0
    o = (side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b))
    if o[0] * o[1] < 0 and o[2] * o[3] < 0:
        return True
    return (o[0] == 0 and within(a, b, c)) or (o[1] == 0 and within(a, b, d)) or \
        (o[2] == 0 and within(c, d, a)) or (o[3] == 0 and within(c, d, b))


def cells(a, b):
    """Cells of the box of every piece of a segment that is one cell long: few more than it touches."""
    pieces = 1 + max(abs(a[0] - b[0]), abs(a[1] - b[1])) // CELL
    found = set()
    for i in range(pieces):
        x = sorted(a[0] + (b[0] - a[0]) * k // pieces for k in (i, i + 1))
        y = sorted(a[1] + (b[1] - a[1]) * k // pieces for k in (i, i + 1))
        found.update((cx, cy) for cx in range((x[0] - 1) // CELL, (x[1] + 1) // CELL + 1)
                     for cy in range((y[0] - 1) // CELL, (y[1] + 1) // CELL + 1))
    return found


def crossings(nodes, ways, chosen, party_walls):
    """Triples (way, way, place) of the chosen ways whose segments meet where they share no node. party_walls: two ways
    may have the same segment."""
    segments, index, found = [], defaultdict(list), {}
    for way in chosen:
        refs = ways[way][0]
        for i in range(len(refs) - 1):
            a, b = nodes[refs[i]], nodes[refs[i + 1]]
            if a == b:
                continue
            for cell in cells(a, b):
                for other in index[cell]:
                    theirs = segments[other]
                    shared = {a, b} & set(theirs[1:3])
                    if len(shared) == 2 and party_walls and theirs[0] != way:
                        continue
                    if meets((a, b), theirs[1:3], shared):
                        found[(other, len(segments))] = (theirs[0], way, a)
                index[cell].append(len(segments))
            segments.append((way, a, b))
    return list(found.values())


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__)
        return 0 if "--help" in sys.argv or "-h" in sys.argv else 2
    nodes, ways, relations = read(sys.argv[1])
    broken = defaultdict(list)
    places = defaultdict(list)
    for node, place in nodes.items():
        places[place].append(node)
    broken["two nodes at one place"] = [v for v in places.values() if len(v) > 1]
    used = {ref for refs, _ in ways.values() for ref in refs}
    broken["nodes that are not there"] = sorted(used - set(nodes))
    broken["nodes of no way"] = sorted(set(nodes) - used)
    if broken["nodes that are not there"]:
        ways = {}
    members = {ref for refs, _ in relations.values() for kind, ref in refs if kind == "way"}
    broken["members that are not there"] = sorted(members - set(ways))
    seen = {}
    part_of_building = {ref for refs, t in relations.values() if "building" in t for _, ref in refs}
    for way, (refs, tags) in ways.items():
        if len(set(refs)) < 2:
            broken["ways with fewer than two nodes"].append(way)
        if any(a == b for a, b in zip(refs, refs[1:])):
            broken["a node twice in a row"].append(way)
        key = min(tuple(refs), tuple(reversed(refs)))
        if key in seen:
            broken["ways with the same nodes"].append((seen[key], way))
        seen[key] = way
        if not tags and way not in members:
            broken["ways without tags"].append(way)
        if ("building" in tags or way in part_of_building) and (refs[0] != refs[-1] or len(set(refs)) < 3):
            broken["buildings that are not closed"].append(way)
    roads = [w for w, (_, t) in ways.items() if "highway" in t]
    walls = [w for w, (_, t) in ways.items() if "building" in t or w in part_of_building]
    for a, b, place in crossings(nodes, ways, roads, False):
        broken["roads that cross themselves" if a == b else "roads that meet without a node"].append((a, b, place))
    for a, b, place in crossings(nodes, ways, walls, True):
        broken["walls that cross themselves" if a == b else "walls that meet without a node"].append((a, b, place))
    for rule, which in broken.items():
        if which:
            print(f"{rule}: {len(which)}, such as {which[:3]}")
    kinds = f"{len(nodes)} nodes, {len(ways)} ways ({len(roads)} roads, {len(walls)} walls), {len(relations)} relations"
    print(kinds + (": no rule is broken" if not any(broken.values()) else ""))
    return 1 if any(broken.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
