#!/usr/bin/env bash
# The whole way on real data, with the time of each step: OSM ways -> masks -> train -> predict -> road lines -> APLS
# and pages to look at.
#   EPOCHS=12 TUNE_EPOCHS=12 scripts/whole_way.sh [OUT [BIN]]
# OUT (runs/whole-way) is kept; the same command goes on where it was stopped. BIN: programs, else they are built.
# All of it is real (../shared/data). Stage 1 learns from the Massachusetts tiles, whose masks others drew from OSM lines.
# Stage 2 learns from masks that `rasterize` draws here: of OSM ways over the north half of a SpaceNet image of Paris and
# of SpaceNet's own lines over one of Las Vegas, both thinned to the 1 m pixels of stage 1. Two figures come out:
# - the south half of Paris, which no step has seen, against OSM's ways: one image of 128 x 96 m, so this checks the
#   way and not the network;
# - the 28 Massachusetts validation tiles against the lines traced in their masks, which are OSM's at one remove.
# EPOCHS=1 TUNE_EPOCHS=1 goes the way in a minute or two, and finds next to no roads.
set -euo pipefail
root=$(realpath "$(dirname "$0")/..")
out=$(realpath -m "${1:-$root/runs/whole-way}")
bin=${2:-}
cd "$root"
data=$(realpath ../shared/data)
[[ -d $data/roads_massachusetts && -d $data/rasterize/paris_roads ]] || { echo "whole_way: $data is not there" >&2; exit 1; }
for tool in gdal_translate ogr2ogr; do
  command -v $tool >/dev/null || { echo "whole_way: needs $tool (apt-get install gdal-bin)" >&2; exit 1; }
done
if [[ -z $bin ]]; then
  scripts/setup.sh
  cmake -G Ninja -S . -B build -DCMAKE_BUILD_TYPE=Release -DPPL_TESTS=OFF >/dev/null
  cmake --build build --parallel "$(nproc)" --target rasterize train predict vectorize score
  bin=build/bin
fi
bin=$(realpath "$bin")
mkdir -p "$out"
cd "$out"
export GDAL_PAM_ENABLED=NO
massachusetts=$data/roads_massachusetts

# step NAME COMMAND...: unless it was done before; its time, with what earlier starts of it took, goes to steps.txt
step() {
  [[ ! -e $1.done ]] || return 0
  name=$1 start=$EPOCHREALTIME
  shift
  echo "== $name" >&2
  "$@"
  note_time
  printf '%-34s %8.1f s\n' "$name" "$(paste -sd+ "$name.seconds" | bc)" | tee "$name.done" >>steps.txt
  name=
}
note_time() { [[ -z $name ]] || echo "$EPOCHREALTIME - $start" | bc >>"$name.seconds"; }
name=
trap note_time EXIT

# thinned FROM TO COLUMNS ROWS [ARGUMENTS]: 8 bit, about 1 m a pixel; the georeference follows
thinned() {
  local from=$1 to=$2 columns=$3 rows=$4
  shift 4
  gdal_translate -q -r average -outsize "$columns" "$rows" "$@" "$from" "$to"
}

images() { # of 0.24 x 0.30 m (Las Vegas) and 0.20 x 0.30 m (Paris) a pixel; 10 rows lie between the halves of Paris
  local paris=$data/rasterize/paris_roads/image.tif
  rm -rf vegas north south native
  mkdir vegas north south native
  thinned "$data/rasterize/vegas_roads/image.tif" vegas/vegas_sat.tif 316 390 -ot Byte -scale 100 900 0 255 -exponent 1
  gdal_translate -q -srcwin 0 330 650 320 "$paris" native/paris_south.tif
  thinned "$paris" north/paris_north_sat.tif 128 96 -srcwin 0 0 650 320
  thinned "$paris" south/paris_south_sat.tif 128 96 -srcwin 0 330 650 320
}

masks() { # 7 m wide, as those of Massachusetts; the truth of the south is cut at its image's sides
  local ways=$data/rasterize/paris_roads/osm_roads.geojson options=(--buffer 7 --existing overwrite)
  $bin/rasterize "$ways" --kind-field type --images north --out north "${options[@]}"
  $bin/rasterize "$data/rasterize/vegas_roads/roads.geojson" --images vegas --out vegas "${options[@]}"
  rm -rf truth
  mkdir truth
  ogr2ogr -clipsrc 2.2811814 48.9810159 2.2829364 48.9818799 truth/paris_south.geojson "$ways" 2>/dev/null
}

training() {
  if compgen -G "run/checkpoints/*" >/dev/null; then
    $bin/train --resume run
    return
  fi
  cat >train.json <<JSON
{"run": "run", "seed": 4, "network": {"name": "pp_linknet34_psp64"}, "input": {"ground_sample_distance": 1.0},
 "precision": "bf16", "checkpoint": {"every_minutes": 1},
 "stages": [
  {"name": "massachusetts", "train": "$massachusetts/train", "loss": "focal", "learning_rate": 2e-4,
   "epochs": ${EPOCHS:-12}, "crop": 320, "batch": 8, "patience": 0},
  {"name": "cities",
   "train": [{"path": "north", "weight": 1}, {"path": "vegas", "weight": 2},
             {"path": "$massachusetts/train", "weight": 3}],
   "tiles_per_epoch": 48, "loss": "focal", "learning_rate": 1e-4, "epochs": ${TUNE_EPOCHS:-12}, "crop": 96, "batch": 8, "patience": 0}]}
JSON
  $bin/train train.json --overwrite
}

prediction() { # a georeferenced scene, and a folder
  $bin/predict run/cities/last.safetensors south/paris_south_sat.tif paris_south_mask.tif --precision bf16 --existing overwrite
  $bin/predict run/massachusetts/last.safetensors "$massachusetts/val" masks --precision bf16 --existing overwrite
}

lines() { # lengths are pixels: a third of the defaults, which are meant for 0.3 m
  local options=(--min-object 60 --min-hole 60 --merge 4 --spur 6 --min-length 15 --gap 12 --far-gap 25 --simplify 1
    --existing overwrite)
  $bin/vectorize roads paris_south_mask.tif paris_south.geojson "${options[@]}"
  $bin/vectorize roads masks masks.csv "${options[@]}"
  $bin/vectorize roads "$massachusetts/val" truth.csv "${options[@]}"
}

scores() { # SpaceNet's metric on its own pixels of 0.3 m; then on those of 1 m
  $bin/score iou "$massachusetts/val" masks
  echo "APLS, Massachusetts validation tiles against the lines of their masks:"
  $bin/score roads truth.csv masks.csv --pixel 1 --cities one --missing zero --lenient \
    --html massachusetts.html --existing overwrite --images "$massachusetts/val" | tail -n 8
  echo "APLS, south half of Paris against OSM's ways:"
  $bin/score roads truth paris_south.geojson --images native --cities one --missing zero --lenient --html paris.html \
    --existing overwrite
}

step "images" images
step "OSM ways to masks" masks
step "train" training
step "predict (8 views)" prediction
step "masks to road lines" lines
step "APLS and pages" scores
echo
cat steps.txt
echo "Look at $out/massachusetts.html and $out/paris.html"
