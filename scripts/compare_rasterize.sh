#!/usr/bin/env bash
# Times rasterize on a grid of 512 x 512 tiles beside a rasterio/shapely script and beside ogr2ogr, a buffer and
# gdal_rasterize a tile, in one run; the latter two on every N-th tile, as they take long.
#   scripts/compare_rasterize.sh EXTRACT EPSG PIXEL WEST SOUTH EAST NORTH [EVERY]
# Needs build/bin/rasterize, gdal-bin, and a Python (PYTHON) with rasterio, shapely, pyproj, numpy and osmium.
set -euo pipefail
cd "$(dirname "$0")/.."
extract=$1 epsg=$2 pixel=$3 west=$4 south=$5 east=$6 north=$7 every=${8:-50}
python=${PYTHON:-python3}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
mkdir -p "$out/ours" "$out/python" "$out/gdal"

seconds() { date +%s.%N; }
peak() { awk '/Maximum resident/ { print $6 / 1024 " MB" }' "$1"; }
cpu() { awk '/(User|System) time/ { sum += $4 } END { print sum " s" }' "$1"; }

build/bin/rasterize --print-widths >"$out/widths.json"
begin=$(seconds)
/usr/bin/env time -v build/bin/rasterize "$extract" --grid --crs "EPSG:$epsg" --pixel "$pixel" --bounds "$west" "$south" \
  "$east" "$north" --out "$out/ours" --json --quiet >"$out/ours.json" 2>"$out/ours.time"
ours=$(echo "$(seconds) - $begin" | bc)
tiles=$(sed -n 's/.*"drawn": \([0-9]*\).*/\1/p' "$out/ours.json")
echo "rasterize: $tiles tiles in $ours s, CPU $(cpu "$out/ours.time"), peak $(peak "$out/ours.time")"

begin=$(seconds)
/usr/bin/env time -v "$python" scripts/compare_rasterize.py "$extract" "$epsg" "$pixel" "$out/python" "$out/widths.json" \
  "$west" "$south" "$east" "$north" >"$out/python.json" 2>"$out/python.time"
echo "rasterio and shapely: $(echo "$(seconds) - $begin" | bc) s, CPU $(cpu "$out/python.time"), peak $(peak "$out/python.time")"

begin=$(seconds)
ogr2ogr -q -f GPKG "$out/roads.gpkg" "$extract" lines -t_srs "EPSG:$epsg" -where "highway IS NOT NULL"
prepared=$(echo "$(seconds) - $begin" | bc)
begin=$(seconds)
count=0
side=$(echo "512 * $pixel" | bc)
columns=$(echo "scale=0; c = ($east - $west) / $side; if (c * $side < $east - $west) c += 1; c" | bc)
for ((number = 0; number < tiles; number += every)); do
  left=$(echo "$west + ($number % $columns) * $side" | bc) top=$(echo "$north - ($number / $columns) * $side" | bc)
  right=$(echo "$left + $side" | bc) bottom=$(echo "$top - $side" | bc)
  rm -f "$out/tile.gpkg"
  ogr2ogr -q -f GPKG "$out/tile.gpkg" "$out/roads.gpkg" -spat "$left" "$bottom" "$right" "$top" -dialect SQLite \
    -sql "SELECT ST_Buffer(geom, 3) AS geom FROM lines" -nln roads
  gdal_rasterize -q -burn 1 -ot Byte -of GTiff -te "$left" "$bottom" "$right" "$top" -ts 512 512 -l roads \
    "$out/tile.gpkg" "$out/gdal/$number.tif"
  count=$((count + 1))
done
drawing=$(echo "$(seconds) - $begin" | bc)
echo "ogr2ogr + gdal_rasterize: $prepared s to prepare, $count tiles in $drawing s: for all" \
  "$(echo "$prepared + $drawing * $tiles / $count" | bc) s"
