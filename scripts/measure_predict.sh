#!/usr/bin/env bash
# How much of the network's own speed is left of `predict`, and what a large scene takes.
#   scripts/measure_predict.sh BIN WORK [TILES]   programs in BIN; WORK keeps what is made; 500 tiles of 512 x 512
# Both sides of every comparison are taken in turn, in this run. Prints a line a measurement: the network alone
# (step_bench, one view), predict of the folder by one process of two threads and by two of one, and time and peak
# memory of scenes of 2,500, 5,000 and 20,000 pixels a side (one view).
# Needs gdal_translate (gdal-bin) to make the pictures out of those of `scene`, and bc.
set -euo pipefail
[[ $# -ge 2 ]] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
bin=$(realpath "$1") work=$2 tiles=${3:-500}
mkdir -p "$work"
cd "$work"

seconds() { # CMD...: wall time of a command
  local start end
  start=$(date +%s.%N)
  "$@" >/dev/null
  end=$(date +%s.%N)
  echo "$end - $start" | bc
}

[[ -d town ]] || "$bin/scene" town --tiles 64 --val 16 --size 512 --quiet
if [[ ! -d jpeg ]]; then
  mkdir jpeg
  pictures=(town/*/*_sat.tif)
  for i in $(seq "$tiles"); do
    gdal_translate -q -of JPEG "${pictures[$((i % ${#pictures[@]}))]}" "jpeg/t${i}_sat.jpg" --config GDAL_PAM_ENABLED NO
  done
fi
if [[ ! -e w.safetensors ]]; then
  stage='{"name":"s","train":"town/train","crop":512,"batch":1,"epochs":0}'
  printf '{"run":"run","network":{"name":"pp_linknet34_psp64"},"stages":[%s]}' "$stage" >c.json
  "$bin/train" c.json --quiet
  cp run/s/best.safetensors w.safetensors
fi

for precision in f32 bf16; do
  for views in 1 8; do
    "$bin/step_bench" --mode predict --size 512 --batch 1 --precision "$precision" --no-roof
    rm -rf out two
    common=(--views "$views" --precision "$precision" --quiet)
    one=$(seconds "$bin/predict" w.safetensors jpeg out "${common[@]}" --threads 2)
    start=$(date +%s.%N)
    for _ in 1 2; do
      "$bin/predict" w.safetensors jpeg two "${common[@]}" --threads 1 --share &
    done
    wait
    both=$(echo "$(date +%s.%N) - $start" | bc)
    echo "folder $precision views $views, $tiles tiles: one process of two threads $one s, two of one $both s"
  done
done

for side in 2500 5000 20000; do
  if [[ ! -e scene$side.tif ]]; then
    first=$(find town/train -name '*_sat.tif' | sort | head -1)
    gdal_translate -q -outsize "$side" "$side" -r nearest -co TILED=YES -co COMPRESS=DEFLATE "$first" "scene$side.tif"
  fi
  /usr/bin/time -f "scene $side: %e s, %M kB at most" \
    "$bin/predict" w.safetensors "scene$side.tif" "mask$side.tif" --views 1 --quiet
done
