"""Sat2Graph's TOPO by plain search."""
import math

from ground import METRE, apart, degrees


class Roads:
    def __init__(self, graph):
        order = list(graph) + [o for others in graph.values() for o in others]
        numbers = {k: i for i, k in enumerate(dict.fromkeys(order))}
        self.places = [degrees(k) for k in numbers]
        self.near = [[] for _ in numbers]
        for k, others in graph.items():
            self.near[numbers[k]] += [numbers[o] for o in dict.fromkeys(others)]


def part(a, b, t):
    return (1 - t) * a[0] + t * b[0], (1 - t) * a[1] + t * b[1]


def starts_of(roads, south, east):
    region = south - 300 / METRE, -71 - 500 / METRE, 41 + 300 / METRE, east + 500 / METRE
    lat, lon = 0.07 * (region[2] - region[0]), 0.07 * (region[3] - region[1])
    found, passed = [], set()
    for node, near in enumerate(roads.near):
        for after in near if len(near) != 2 else []:
            if after in passed:
                continue
            chain = [node, after]
            while len(roads.near[chain[-1]]) == 2:
                chain.append(next(n for n in roads.near[chain[-1]] if n != chain[-2]))
            passed.update(chain[1:-1])
            walked = [0]
            for a, b in zip(chain, chain[1:]):
                walked.append(walked[-1] + apart(roads.places[a], roads.places[b], 1))
            if walked[-1] < 0.00025:
                continue
            count = max(1, int(walked[-1] / 0.0005))
            for at in ((i + 1) / (count + 1) * walked[-1] for i in range(count)):
                for a, b, w, v in zip(chain, chain[1:], walked, walked[1:]):
                    if w <= at <= v:
                        p = part(roads.places[a], roads.places[b], (at - w) / (v - w))
                        if all((p[0] - region[0] > lat, region[2] - p[0] > lat, p[1] - region[1] > lon,
                                region[3] - p[1] > lon)):
                            found.append((p, a, b, at - w, v - at))
    return found


def differ(u, v):
    shrink = math.cos(math.radians(40))
    (a, b), (c, d) = (u[0], u[1] * shrink), (v[0], v[1] * shrink)
    return 1 - abs(a * c + b * d) / math.hypot(a, b) / math.hypot(c, d)


def minus(a, b):
    return a[0] - b[0], a[1] - b[1]


def nearest_edge(roads, start, direction):
    best = None
    for a, near in enumerate(roads.near):
        for b in near:
            s = math.cos(math.radians(roads.places[a][0]))
            (y, x), (v, u) = minus(roads.places[b], roads.places[a]), minus(start, roads.places[a])
            t = min(1, max(0, (x * s * u * s + y * v) / (x * x * s * s + y * y)))
            d = math.hypot(u * s - t * x * s, v - t * y)
            if d < (best[0] if best else 1e-4) and differ((y, x), direction) < 0.04:
                best = d, a, b, apart(roads.places[a], start, 1), apart(roads.places[b], start, 1)
    return best and (start, *best[1:])


def marks(roads, start, radius, twice):
    step, (_, a, b, to_a, to_b) = 0.00005, start
    found, reached, until = {}, {}, {}

    def add(place, direction):
        found.setdefault((place, direction))
        if twice:
            found.setdefault(((place[0] + 1e-5, place[1] + 1e-5), direction))

    pa, pb = roads.places[a], roads.places[b]
    length, t = apart(pb, pa, 1), 0
    while t <= 1:
        place = pa[0] * t + pb[0] * (1 - t), pa[1] * t + pb[1] * (1 - t)
        if to_a - apart(place, pa, 1) < radius or to_b - apart(place, pb, 1) < radius:
            add(place, minus(pb, pa))
        t += step / length
    queue = [(a, None, to_a), (b, None, to_b)]
    for node, before, d in queue:
        old = reached.get(node)
        if d > radius or (old is not None and old <= d):
            continue
        reached[node] = d
        for n in roads.near[node]:
            if n in (before, a, b):
                continue
            p, q = roads.places[node], roads.places[n]
            length = apart(q, p, 1)
            queue.append((n, node, d + length))
            if (1 if old is None else old) + length < radius:
                continue
            low, high = until.get((node, n), 0), length - until.get((n, node), 0)
            x = step * math.ceil(d / step) - d
            while x < length:
                t = x / length
                if d + length * t > radius or (length * t >= low and length * t > high):
                    break
                if length * t >= low:
                    add((q[0] * t + p[0] * (1 - t), q[1] * t + p[1] * (1 - t)), minus(q, p))
                x += step
            until[node, n] = x - step
    return list(found)


def matching(ones, others):
    near = [[j for j, o in enumerate(others) if abs(m[0][0] - o[0][0]) < 1e-4 and apart(m[0], o[0], 1) < 1e-4 and
             differ(m[1], o[1]) < 0.29] for m in ones]
    owner = {}

    def place(i, asked):
        for j in near[i]:
            if j not in asked:
                asked.add(j)
                if j not in owner or place(owner[j], asked):
                    owner[j] = i
                    return True
        return False

    return sum(place(i, set()) for i in range(len(ones)))


def along(roads, one, two):
    (_, a, b, to_a, _), (_, c, d, to_c, to_d) = one, two
    if (a, b) == (c, d):
        return abs(to_a - to_c)
    if (a, b) == (d, c):
        return abs(to_a - to_d)
    best, reached, queue = math.inf, {}, [(a, None, to_a), (b, None, to_a)]
    for node, before, dist in queue:
        if reached.get(node, math.inf) <= dist or dist > 0.0003:
            continue
        reached[node] = dist
        for n in roads.near[node]:
            if n in (before, a, b):
                continue
            best = min([best] + [dist + to_c] * ((node, n) == (c, d)) + [dist + to_d] * ((node, n) == (d, c)))
            queue.append((n, node, dist + apart(roads.places[n], roads.places[node], 1)))
    return best


def beside(a, b):
    """Within boxes of 0.0003 and 0.000001 degrees of latitude."""
    return abs(a[0] - b[0]) <= 0.000301 and abs(a[1] - b[1]) <= 0.0003 / math.cos(math.radians(a[0])) + 1e-6


def topo(truth, prediction, radius):
    t, p = Roads(truth), Roads(prediction)
    everywhere = t.places + p.places
    starts = starts_of(t, min([41.0] + [x[0] for x in everywhere]), max([-71.0] + [x[1] for x in everywhere]))
    rows = []
    for start in starts:
        found = nearest_edge(p, start[0], minus(t.places[start[2]], t.places[start[1]]))
        if found:
            marbles, holes = marks(p, found, radius, False), marks(t, start, radius, False)
            rows.append((matching(marbles, marks(t, start, radius, True)) / len(marbles),
                         matching(holes, marbles) / len(holes), found))
    taken, kept = set(), []
    for i in sorted(range(len(rows)), key=lambda i: (rows[i][0], i), reverse=True):
        if i not in taken or rows[i][0] >= 0.9:
            kept.append(rows[i])
            taken |= {j for j in range(len(rows)) if beside(rows[i][2][0], rows[j][2][0]) and
                      along(p, rows[i][2], rows[j][2]) < 0.0002}
    if not starts:
        return None
    mean = [sum(r[k] for r in kept) / max(1, len(kept)) for k in (0, 1)]
    return mean[0], mean[1] * len(kept) / len(starts)
