#!/usr/bin/env python3
"""Tables and layers as pandas, geopandas and shapely write them, read by `score`, beside what these tools make of them.

compare_readings.py BIN [--seed N]

BIN is the folder of our programs. Needs pandas, geopandas, shapely (pip install geopandas). Roads and buildings of a few
made-up images are written in every form below; each is scored against the plain form of a poorer copy, and the result
must be that of the plain forms. Lengths, counts, precision and recall are computed by shapely, too. Layers that
`vectorize` writes are read back by geopandas. Prints a line a form, exit code 1 where one differs.
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import geopandas
import numpy as np
import pandas
import shapely
import shapely.affinity
from shapely.geometry import LineString, MultiLineString, Polygon, box

IMAGES = [f"AOI_{n}_{city}_img{k}" for n, city in ((2, "Vegas"), (9, "San_Juan")) for k in (1, 7, 12)]
EMPTY = IMAGES[2]  # without roads and buildings
bad = 0


def say(name, ok, what=""):
    global bad
    bad += not ok
    print(f"{'ok  ' if ok else 'BAD '} {name}{'  ' + what if what and not ok else ''}")


def score(programs, *arguments):
    r = subprocess.run([programs / "score", *map(str, arguments), "--json", "--quiet"], capture_output=True, text=True)
    return (json.loads(r.stdout), "") if r.returncode == 0 else (None, r.stderr.strip())


def made_roads(rng):
    """Streets of a crooked grid, one row each; junctions are shared to the digit."""
    rows = []
    for image in IMAGES:
        if image == EMPTY:
            continue
        place = {(i, j): (round(i * 90 + rng.uniform(-20, 20), 2) + 25, round(j * 90 + rng.uniform(-20, 20), 2) + 25)
                 for i in range(4) for j in range(4)}
        for (i, j), here in place.items():
            for there in ((i + 1, j), (i, j + 1)):
                if there in place and rng.random() < 0.9:
                    rows.append((image, LineString([here, place[there]])))
    return rows


def made_buildings(rng):
    rows = []
    for image in IMAGES:
        if image == EMPTY:
            continue
        for i in range(5):
            for j in range(5):
                x, y = i * 60 + rng.uniform(0, 15), j * 60 + rng.uniform(0, 15)
                shape = box(x, y, x + rng.uniform(15, 35), y + rng.uniform(15, 35))
                if rng.random() < 0.3:
                    shape = shape.difference(box(x + 5, y + 5, x + 9, y + 9))
                rows.append((image, shape))
    return rows


def frame(rows, column, empty):
    table = pandas.DataFrame([(image, shape.wkt) for image, shape in rows], columns=["ImageId", column])
    return pandas.concat([table, pandas.DataFrame([(EMPTY, empty)], columns=table.columns)], ignore_index=True)


def decorated(image):
    aoi, kind = image.rsplit("_", 1)
    return f"SN3_roads_train_{aoi}_PS-RGB_{kind}.tif"


def table_forms(table, column, empty_forms):
    """(name, function that writes the table to a path)"""
    def with_ids(change):
        return table.assign(ImageId=table.ImageId.map(change))

    def text(change):
        return lambda path: path.write_text(change(table.to_csv(index=False)))

    shuffled = table.sample(frac=1, random_state=1)
    forms = [
        ("plain", lambda p: table.to_csv(p, index=False)),
        ("index column", lambda p: table.to_csv(p)),
        ("everything quoted", lambda p: table.to_csv(p, index=False, quoting=1)),
        ("byte order mark", lambda p: table.to_csv(p, index=False, encoding="utf-8-sig")),
        ("Windows' line ends", lambda p: table.to_csv(p, index=False, lineterminator="\r\n")),
        ("old Mac's line ends", lambda p: table.to_csv(p, index=False, lineterminator="\r")),
        ("semicolons", lambda p: table.to_csv(p, index=False, sep=";")),
        ("tabs", lambda p: table.to_csv(p, index=False, sep="\t")),
        ("columns turned round", lambda p: table[table.columns[::-1]].to_csv(p, index=False)),
        ("more columns", lambda p: table.assign(length_m=12.5, travel_time_s=np.nan).to_csv(p, index=False)),
        ("rows anywhere", lambda p: shuffled.to_csv(p, index=False)),
        ("image_id", lambda p: table.rename(columns={"ImageId": "image_id"}).to_csv(p, index=False)),
        ("geometry (geopandas)", lambda p: table.rename(columns={column: "geometry"}).to_csv(p, index=False)),
        ("WKT (QGIS, ogr2ogr)",
         lambda p: table.rename(columns={column: "WKT"})[["WKT", "ImageId"]].to_csv(p, index=False)),
        ("blanks round ids", lambda p: with_ids(lambda i: f" {i} ").to_csv(p, index=False)),
        (".tif in ids", lambda p: with_ids(lambda i: i + ".tif").to_csv(p, index=False)),
        ("SpaceNet's names of files", lambda p: with_ids(decorated).to_csv(p, index=False)),
        ("a header again", text(lambda t: t + t.splitlines()[0] + "\n")),
        ("blank lines and comments", text(lambda t: "# made by hand\n\n" + t.replace("\n", "\n\n") + "# end\n")),
        ("no line end at the end", text(lambda t: t.rstrip("\n"))),
        ("Z", lambda p: table.assign(
            **{column: [shapely.force_3d(g, 7.5).wkt for g in shapely.from_wkt(table[column])]}).to_csv(p, index=False)),
    ]
    for empty in empty_forms:
        forms.append((f"empty as '{empty}'", lambda p, e=empty: table.assign(
            **{column: table[column].where(table.ImageId != EMPTY, e)}).to_csv(p, index=False)))
    return forms


def same(name, got, why, expected, keys):
    if got is None:
        return say(name, False, why)
    def differ(a, b):  # sums depend on the order of rows
        return abs(a - b) > 1e-12 if isinstance(a, float) else a != b

    wrong = [f"{k}: {got[k]}, expected {expected[k]}" for k in keys if differ(got[k], expected[k])]
    say(name, not wrong, "; ".join(wrong))


def check_roads(programs, folder, rng):
    rows = made_roads(rng)
    poorer = [r for r in rows if rng.random() > 0.15]
    table = frame(rows, "WKT_Pix", "LINESTRING EMPTY")
    frame(poorer, "WKT_Pix", "LINESTRING EMPTY").to_csv(folder / "poorer.csv", index=False)
    table.to_csv(folder / "truth.csv", index=False)
    expected, why = score(programs, "roads", folder / "truth.csv", folder / "poorer.csv")
    assert expected, why
    for image in expected["images"]:
        length = sum(line.length for i, line in rows if i == image["id"]) * 0.31
        say(f"length of {image['id']} by shapely", abs(image["road_metres"][0] - length) < 1e-6 * (1 + length),
            f"{image['road_metres'][0]}, expected {length}")
    keys = ["apls", "image_mean", "road_weighted", "only_truth", "only_prediction", "bad_rows"]
    empties = [LineString().wkt, MultiLineString().wkt, "LINESTRING Z EMPTY", "GEOMETRYCOLLECTION EMPTY", "", "nan",
               "None"]
    for name, write in table_forms(table, "WKT_Pix", empties):
        path = folder / "form.csv"
        write(path)
        same("roads, " + name, *score(programs, "roads", path, folder / "poorer.csv"), expected, keys)
    multi = table[table.ImageId != EMPTY].groupby("ImageId").WKT_Pix.apply(
        lambda t: MultiLineString(list(shapely.from_wkt(t))).wkt).reset_index()
    multi.to_csv(folder / "form.csv", index=False)
    got, why = score(programs, "roads", folder / "form.csv", folder / "truth.csv")
    say("roads, a MultiLineString an image", got is not None and got["images"][0]["apls"] == 1, why)
    headless = table.to_csv(index=False, header=False)
    (folder / "form.csv").write_text(headless)
    same("roads, no header", *score(programs, "roads", folder / "form.csv", folder / "poorer.csv"), expected, keys)


def f1_by_shapely(truth, prediction):
    """Greedy in the order of the rows, as SpaceNet matches predictions of equal confidence."""
    found = wrong = missed = 0
    for image in IMAGES:
        free = [g for i, g in truth if i == image]
        for shape in (g for i, g in prediction if i == image):
            ious = [shape.intersection(g).area / shape.union(g).area for g in free]
            best = int(np.argmax(ious)) if ious else -1
            if best >= 0 and ious[best] > 0.5:
                free.pop(best)
                found += 1
            else:
                wrong += 1
        missed += len(free)
    return found, wrong, missed


def check_buildings(programs, folder, rng):
    rows = made_buildings(rng)
    moved = [(i, shapely.affinity.translate(g, rng.uniform(-9, 9), rng.uniform(-9, 9)))
             for i, g in rows if rng.random() > 0.1]
    table = frame(rows, "PolygonWKT_Pix", "POLYGON EMPTY")
    frame(moved, "PolygonWKT_Pix", "POLYGON EMPTY").to_csv(folder / "moved.csv", index=False)
    table.to_csv(folder / "truth.csv", index=False)
    expected, why = score(programs, "buildings", folder / "truth.csv", folder / "moved.csv")
    assert expected, why
    counts = tuple(expected[k] for k in ("true_positive", "false_positive", "false_negative"))
    say("buildings, counts by shapely", counts == f1_by_shapely(rows, moved), f"{counts}, {f1_by_shapely(rows, moved)}")
    keys = ["f1", "true_positive", "false_positive", "false_negative", "only_truth", "only_prediction"]
    empties = [Polygon().wkt, "MULTIPOLYGON EMPTY", "POLYGON Z EMPTY", "GEOMETRYCOLLECTION EMPTY", "", "nan", "None"]
    for name, write in table_forms(table, "PolygonWKT_Pix", empties):
        path = folder / "form.csv"
        write(path)
        same("buildings, " + name, *score(programs, "buildings", path, folder / "moved.csv"), expected, keys)
    for name, confidence in (("all blank", ""), ("nan", np.nan), ("equal", 0.5)):
        table_of_moved = frame(moved, "PolygonWKT_Pix", "POLYGON EMPTY").assign(BuildingId=1, Confidence=confidence)
        table_of_moved.loc[table_of_moved.ImageId == EMPTY, "Confidence"] = None
        table_of_moved.to_csv(folder / "form.csv", index=False)
        same(f"buildings, confidences {name}", *score(programs, "buildings", folder / "truth.csv", folder / "form.csv"),
             expected, keys)


def check_layers(programs, folder, rng):
    """One image's buildings and roads on the earth, by geopandas, in systems and formats."""
    shapes = [shapely.affinity.translate(g, 500000, 5200000) for i, g in made_buildings(rng) if i == IMAGES[0]]
    roads = [shapely.affinity.translate(g, 500000, 5200000) for i, g in made_roads(rng) if i == IMAGES[0]]
    for kind, geometries in (("buildings", shapes), ("roads", roads)):
        layer = geopandas.GeoDataFrame({"name": ["x"] * len(geometries)}, geometry=geometries, crs=25832)
        part = layer.iloc[: len(layer) * 3 // 4]
        layer.to_file(folder / "truth.gpkg")
        part.to_file(folder / "part.gpkg")
        expected, why = score(programs, kind, folder / "truth.gpkg", folder / "part.gpkg")
        say(f"{kind}, two layers in one system", expected is not None, why)
        if expected is None:
            continue
        figure = "f1" if kind == "buildings" else "apls"
        if kind == "buildings":
            precise = 2 * len(part) / (len(part) + len(layer))
            say("buildings, F1 of a part", abs(expected["f1"] - precise) < 1e-12,
                f"{expected['f1']}, expected {precise}")
        for crs in (25832, 4326, 3857, 2056, "OGC:CRS84"):
            for name in ("o.geojson", "o.gpkg", "o.fgb", "o.shp"):
                part.to_crs(crs).to_file(folder / name)
                got, why = score(programs, kind, folder / "truth.gpkg", folder / name)
                most = 1e-12 if kind == "buildings" else 0.002  # other systems move control points a little
                close = got is not None and abs(got[figure] - expected[figure]) < most
                say(f"{kind}, {name} in {crs}", close, why or f"{got and got[figure]}, expected {expected[figure]}")


def check_written(programs, folder):
    """vectorize's layers in pixels, read by geopandas."""
    from PIL import Image

    mask = np.zeros((200, 200), np.uint8)
    mask[40:80, 50:120] = 255
    (folder / "masks").mkdir()
    Image.fromarray(mask).save(folder / "masks/a_mask.png")
    for name in ("v.geojson", "v.gpkg", "v.fgb"):
        subprocess.run([programs / "vectorize", "buildings", folder / "masks", folder / name, "--quiet"],
                       check=True, capture_output=True)
        layer = geopandas.read_file(folder / name)
        earth = layer.crs is not None and (layer.crs.is_geographic or layer.crs.is_projected)
        ok = not earth and layer.geometry[0].equals(box(50, 40, 120, 80)) and layer.image_id[0] == "a"
        say(f"vectorize {name}: pixels, no system of the earth", ok, f"{layer.crs}, {layer.geometry[0]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    o = parser.parse_args()
    rng = random.Random(o.seed)
    for check in (check_roads, check_buildings, check_layers):
        with tempfile.TemporaryDirectory() as folder:
            check(o.bin.resolve(), pathlib.Path(folder), rng)
    with tempfile.TemporaryDirectory() as folder:
        check_written(o.bin.resolve(), pathlib.Path(folder))
    print(f"{bad} differ" if bad else "all are equal")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
