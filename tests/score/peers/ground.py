"""Places of Sat2Graph's ground, shared by its APLS and TOPO."""
import math

METRE = 111111.0


def degrees(place):
    return 41.0 - place[0] / METRE, -71.0 + place[1] / METRE / math.cos(math.radians(41.0))


def apart(a, b, unit=METRE):
    """In metres, or by unit=1 in degrees of latitude."""
    # Written so because last bits decide where marks end.
    y, x = (a[0] - b[0]) * unit, (a[1] - b[1]) * unit * math.cos(math.radians(a[0]))
    return math.sqrt(y * y + x * x)
