#!/usr/bin/env python3
"""Does rasterize draw of a map what other tools read in it? Compares masks and counts, format by format.

compare_readings_maps.py BIN EXTRACT.osm.pbf EPSG PIXEL [--work DIR]

From the extract, osmium-tool and ogr2ogr write what people have: OSM XML (plain, gzip, bzip2, without an extension),
places inside ways, GeoPackage, GeoJSON and GeoJSON lines of everything, Geofabrik's shapefiles, osmnx' lists, Open
Buildings' table, Microsoft's lines. Each is drawn by BIN/rasterize on one tile of PIXEL in EPSG and compared, pixel for
pixel, with what pyosmium (OSM) and pyogrio (layers) read, filtered here in Python, and rasterio with shapely draw.
Needs osmium-tool, ogr2ogr, and Python's osmium, pyogrio, geopandas, shapely, rasterio. Exit code 1 where counts differ,
or more than LIMIT of the foreground: shapely's circles have corners, and grids have a scale.
"""
import argparse
import gzip
import json
import math
import pathlib
import shutil
import subprocess
import sys
import tempfile
import warnings
import zipfile

import geopandas
import numpy as np
import osmium
import pandas
import pyproj
import rasterio
import rasterio.features
import shapely

warnings.filterwarnings("ignore", category=rasterio.errors.NotGeoreferencedWarning)
LIMIT = 0.005
GONE = {"proposed", "planned", "demolished", "razed", "removed", "destroyed", "dismantled", "no", ""}


def first(value):
    """The first of a list written as Python, JSON or with semicolons; "" for nothing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    text = str(value)
    if text.startswith("["):
        text = text.strip("[]").split(",")[0].strip(" '\"")
    return text.split(";")[0].strip()


def hidden(get, theme):
    if theme == "buildings":
        return get("location") == "underground"
    return first(get("tunnel")) not in ("", "no", "F")


def width_of(get, kind, table):
    try:
        width = float(first(get("width")).removesuffix("m").strip().replace(",", "."))
        if 0.1 <= width <= 200:
            return width
    except ValueError:
        pass
    lanes = first(get("lanes"))
    if lanes.isdigit() and 1 <= int(lanes) <= 30:
        return int(lanes) * table["lane_width"]
    return table["classes"][kind]["width"]


class OsmReader(osmium.SimpleHandler):
    """Roads (line or area, width) or buildings of an OSM file in degrees."""

    def __init__(self, theme, table):
        super().__init__()
        self.theme, self.table, self.key = theme, table, "highway" if theme == "roads" else "building"
        self.lines, self.widths, self.areas = [], [], []
        self.wkb = osmium.geom.WKBFactory()

    def kind(self, tags):
        kind = first(tags.get(self.key))
        wanted = kind in self.table["classes"] if self.theme == "roads" else kind not in GONE
        return kind if wanted and not hidden(lambda k: tags.get(k, ""), self.theme) else None

    def way(self, way):
        kind = self.kind(way.tags)
        if self.theme != "roads" or not kind or (way.is_closed() and way.tags.get("area") == "yes"):
            return
        parts = [[]]
        for node in way.nodes:
            parts[-1].append((node.lon, node.lat)) if node.location.valid() else parts.append([])
        parts = [p for p in parts if len(p) > 1]
        if parts:
            self.lines.append(shapely.multilinestrings([shapely.linestrings(p) for p in parts]))
            self.widths.append(width_of(lambda k: way.tags.get(k, ""), kind, self.table))

    def area(self, area):
        filled = self.theme == "buildings" or area.tags.get("area") == "yes" or not area.from_way()
        if self.kind(area.tags) and filled:
            self.areas.append(shapely.from_wkb(self.wkb.create_multipolygon(area)))


def read_layer(path, theme, table, key, layer=None, everything=False):
    """The same of a layer that geopandas reads, by the attribute `key`."""
    frame = geopandas.read_file(path, layer=layer, engine="pyogrio")
    lines, widths, areas = [], [], []
    for record in frame.to_dict("records"):
        shape, kind = record["geometry"], first(record.get(key)).replace("track_grade1", "track")
        if shape is None:
            continue
        get = lambda k: record.get(k) if isinstance(record.get(k), str) else ""
        good = kind in table["classes"] if theme == "roads" else kind not in GONE
        if not everything and (not good or hidden(get, theme)):
            continue
        if theme == "roads" and "LineString" in shape.geom_type:
            lines.append(shape)
            widths.append(table["other_width"] if everything else width_of(get, kind, table))
        elif theme == "buildings" and "Polygon" in shape.geom_type:
            areas.append(shape)
    return lines, widths, areas


def draw(shapes, epsg, grid):
    lines, widths, areas = shapes
    project = pyproj.Transformer.from_crs(4326, epsg, always_xy=True)
    turn = lambda s: shapely.transform(s, lambda xy: np.column_stack(project.transform(xy[:, 0], xy[:, 1])))
    burnt = [turn(a) for a in areas]
    burnt += [shapely.buffer(turn(line), width / 2, quad_segs=32) for line, width in zip(lines, widths)]
    left, top, pixel, side = grid
    transform = rasterio.transform.from_origin(left, top, pixel, pixel)
    return rasterio.features.rasterize(burnt, out_shape=(side, side), transform=transform, dtype="uint8")


class Comparison:
    def __init__(self, options):
        self.o, self.bad = options, 0
        text = subprocess.run([f"{options.bin}/rasterize", "--print-widths"], capture_output=True, check=True).stdout
        self.table = json.loads(text)
        self.references = {}

    def reference(self, name, make):
        if name not in self.references:
            shapes = make()
            self.references[name] = (len(shapes[0]) + len(shapes[2]), draw(shapes, self.o.epsg, self.o.grid))
        return self.references[name]

    def by_osmium(self, path, theme):
        def make():
            reader = OsmReader(theme, self.table)
            reader.apply_file(str(path), locations=True)
            return reader.lines, reader.widths, reader.areas

        return self.reference((str(path), theme), make)

    def ours(self, path, theme, *more):
        left, top, pixel, side = self.o.grid
        bounds = [left, top - side * pixel, left + side * pixel, top]
        out = self.o.work / "out"
        run = subprocess.run([f"{self.o.bin}/rasterize", str(path), "--theme", theme, "--out", str(out), "--grid", "--crs",
                              f"EPSG:{self.o.epsg}", "--pixel", str(pixel), "--size", str(side), "--bounds",
                              *map(str, bounds), "--existing", "overwrite", "--json", "--quiet", *more],
                             capture_output=True, text=True)
        if run.returncode != 0:
            return None, run.stderr.strip()
        with rasterio.open(out / "r0c0_mask.png") as file:
            return json.loads(run.stdout)["features"], file.read(1) > 0

    def compare(self, name, path, theme, reference, *more, counts=True):
        features, mask = self.ours(path, theme, *more)
        if features is None:
            self.bad += 1
            print(f"{name:34} {theme:9} refused: {mask}")
            return
        expected, drawn = reference
        off = int(np.count_nonzero(mask != (drawn > 0))) / max(1, int(drawn.sum()))
        good = off <= LIMIT and (features == expected or not counts)
        self.bad += not good
        print(f"{name:34} {theme:9} {features:7} features, theirs {expected:7}; pixels off {100 * off:.3f} %"
              f"{'' if good else '   <-- differs'}")


def run(*command):
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


def make_osm(work, extract):
    for name in ("a.osm", "a.osm.gz", "a.osm.bz2"):
        run("osmium", "cat", extract, "-o", work / name, "-O")
    shutil.copy(work / "a.osm", work / "map")
    run("osmium", "add-locations-to-ways", extract, "-o", work / "placed.osm.pbf", "-O")
    run("osmium", "add-locations-to-ways", extract, "-o", work / "placed.osm", "-O")
    return ["a.osm", "a.osm.gz", "a.osm.bz2", "map", "placed.osm.pbf", "placed.osm"]


def make_layers(work, extract):
    run("ogr2ogr", "-f", "GPKG", work / "ogr.gpkg", extract)
    run("osmium", "export", extract, "-o", work / "export.geojson", "-O")
    run("osmium", "export", extract, "-f", "geojsonseq", "-o", work / "export.geojsonseq", "-O")
    roads = geopandas.read_file(work / "ogr.gpkg", layer="lines", engine="pyogrio")
    roads = roads[roads["highway"].notna()]
    buildings = geopandas.read_file(work / "ogr.gpkg", layer="multipolygons", engine="pyogrio")
    buildings = buildings[buildings["building"].notna()]
    fclass = roads["highway"].replace("track", "track_grade1")
    shapes = work / "shapes"
    shapes.mkdir()
    geopandas.GeoDataFrame({"fclass": fclass, "tunnel": "F"}, geometry=roads.geometry, crs=4326).to_file(
        shapes / "gis_osm_roads_free_1.shp", engine="pyogrio")
    geopandas.GeoDataFrame({"fclass": "building", "type": buildings["building"]}, geometry=buildings.geometry,
                           crs=4326).to_file(shapes / "gis_osm_buildings_a_free_1.shp", engine="pyogrio")
    around = shapely.box(*buildings.geometry.bounds.to_numpy().T)
    geopandas.GeoDataFrame({"fclass": ["residential"] * len(around)}, geometry=around, crs=4326).to_file(
        shapes / "gis_osm_landuse_a_free_1.shp", engine="pyogrio")
    with zipfile.ZipFile(work / "region.shp.zip", "w") as archive:
        for file in shapes.iterdir():
            archive.write(file, file.name)
    lists = geopandas.GeoDataFrame({"highway": [f"['{h}', 'path']" for h in roads["highway"]]},
                                   geometry=roads.geometry.to_numpy(), crs=4326)
    lists.to_file(work / "edges.gpkg", layer="edges", engine="pyogrio")
    table = pandas.DataFrame({"latitude": 0.0, "longitude": 0.0, "confidence": 0.9,
                              "geometry": shapely.to_wkt(np.array(buildings.geometry), rounding_precision=7)})
    table.to_csv(work / "open_buildings.csv.gz", index=False)
    with gzip.open(work / "part.csv.gz", "wt") as lines:
        for shape in buildings.geometry:
            lines.write(json.dumps({"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shape)}) + "\n")
    with open(work / "roads.tsv", "w") as lines:
        for shape in roads.geometry:
            feature = {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shape)}
            lines.write("AAA\t" + json.dumps(feature) + "\n")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("bin")
    p.add_argument("extract", type=pathlib.Path)
    p.add_argument("epsg", type=int)
    p.add_argument("pixel", type=float)
    p.add_argument("--work", type=pathlib.Path)
    o = p.parse_args()
    o.work = pathlib.Path(tempfile.mkdtemp(dir=o.work))
    box = osmium.io.Reader(str(o.extract)).header().box()
    project = pyproj.Transformer.from_crs(4326, o.epsg, always_xy=True)
    west, south, east, north = project.transform_bounds(box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon,
                                                        box.top_right.lat)
    o.grid = (math.floor(west), math.ceil(north), o.pixel, math.ceil(max(east - west, north - south) / o.pixel))
    c = Comparison(o)
    osm = make_osm(o.work, o.extract)
    make_layers(o.work, o.extract)
    for theme in ("roads", "buildings"):
        reference = c.by_osmium(o.extract, theme)
        c.compare("extract", o.extract, theme, reference)
        for name in osm:
            c.compare(name, o.work / name, theme, reference)
        # An export has closed ways twice, as lines and as polygons, and parts of multipolygons one by one.
        for name in ("ogr.gpkg", "export.geojson", "export.geojsonseq"):
            c.compare(name, o.work / name, theme, reference, counts=False)
    for path, key, theme in (("shapes/gis_osm_roads_free_1.shp", "fclass", "roads"), ("edges.gpkg", "highway", "roads"),
                             ("shapes/gis_osm_buildings_a_free_1.shp", "type", "buildings")):
        made = c.reference(path, lambda: read_layer(o.work / path, theme, c.table, key))
        c.compare(path, o.work / path, theme, made, counts=theme == "roads")
        if path != "edges.gpkg":
            c.compare("region.shp.zip", o.work / "region.shp.zip", theme, made, counts=theme == "roads")
    shapes = o.work / "shapes"
    houses = c.reference("houses", lambda: read_layer(shapes / "gis_osm_buildings_a_free_1.shp", "buildings", c.table, "",
                                                      everything=True))
    for name in ("open_buildings.csv.gz", "part.csv.gz"):
        c.compare(name, o.work / name, "buildings", houses, counts=False)
    ways = c.reference("ways", lambda: read_layer(shapes / "gis_osm_roads_free_1.shp", "roads", c.table, "",
                                                  everything=True))
    c.compare("roads.tsv", o.work / "roads.tsv", "roads", ways)
    shutil.rmtree(o.work)
    print(f"{c.bad} differ")
    return 1 if c.bad else 0


if __name__ == "__main__":
    sys.exit(main())
