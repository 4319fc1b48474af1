#!/usr/bin/env bash
# How much of the network's own speed is left of `predict`, and what a large scene takes; all sides in turn, in one run.
#   TILES=24 THREADS=2 SIDES="5000 20000" VIEWS="8 1" scripts/measure_predict.sh BIN WORK
# Programs in BIN (with step_bench); WORK keeps what is made. For f32 and bf16 and each number of VIEWS, on JPEG tiles of
# 512 x 512, TILES of them for eight views and so many more for fewer that the work is the same:
#   network    the network alone: views x the median forward of step_bench (before and after, the mean)
#   predict    the folder by one process of THREADS threads, a tile: without what one tile costs, which is the start
#   processes  the same by THREADS processes of one thread
#   published  the published loop in PyTorch (peer_predict.py), where $PYTHON (/opt/peer/bin/python) has torch; PEER (4) tiles
# then time and peak memory of scenes of SIDES pixels a side (one view). SIDES="" leaves them out. 500 tiles with
# eight views take about 25 minutes on two Zen 5 cores, the default 6.
# Needs gdal_translate (gdal-bin) to make the images out of those of `town`, and bc.
set -euo pipefail
[[ $# -eq 2 ]] || { sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 2; }
scripts=$(realpath "$(dirname "$0")")
bin=$(realpath "$1") work=$2
tiles=${TILES:-24} threads=${THREADS:-2} peer=${PEER:-4} python=${PYTHON:-/opt/peer/bin/python}
mkdir -p "$work"
cd "$work"
export OMP_NUM_THREADS=$threads GDAL_PAM_ENABLED=NO PPL_PEER=${PPL_PEER:-$scripts/../../shared/peer}

calculate() { echo "scale=6; $1" | bc; }
since() { calculate "$EPOCHREALTIME - $1"; }

folder_of() { # COUNT: so many tiles, by links to the images there are
  rm -rf "tiles$1"
  mkdir "tiles$1"
  local i count
  count=$(find all -name '*.jpg' | wc -l)
  for i in $(seq "$1"); do ln "all/$((i % count)).jpg" "tiles$1/t${i}_sat.jpg"; done
}

make_inputs() {
  [[ -d town ]] || "$bin/town" town --tiles 64 --val 16 --size 512 --quiet
  mkdir -p all
  local images=(town/*/*_sat.tif) i
  for i in $(seq 0 $((${#images[@]} - 1))); do
    [[ -e all/$i.jpg ]] || gdal_translate -q -of JPEG "${images[$i]}" "all/$i.jpg"
  done
  folder_of 1
  for i in ${VIEWS:-8 1}; do folder_of $((tiles * 8 / i)); done
  if [[ ! -e w.safetensors ]]; then
    local stage='{"name":"s","train":"town/train","crop":512,"batch":1,"epochs":0}'
    printf '{"run":"run","network":{"name":"pp_linknet34_psp64"},"stages":[%s]}' "$stage" >c.json
    "$bin/train" c.json --quiet
    "$bin/weights" export run/s/best.safetensors peer.safetensors --quiet
    cp run/s/best.safetensors w.safetensors
  fi
}

network() { # PRECISION VIEWS: seconds a tile
  local ms
  ms=$("$bin/step_bench" --mode predict --size 512 --batch 1 --precision "$1" --no-roof | sed 's/.*"ms":\([0-9.]*\).*/\1/')
  calculate "$2 * $ms / 1000"
}

folder() { # FOLDER PROCESSES THREADS PRECISION VIEWS: seconds
  local start=$EPOCHREALTIME ids=() id share=()
  rm -rf out
  [[ $2 -eq 1 ]] || share=(--share)
  for ((id = 0; id < $2; ++id)); do
    "$bin/predict" w.safetensors "$1" out --precision "$4" --tta "$5" --threads "$3" "${share[@]}" --quiet &
    ids+=($!)
  done
  wait "${ids[@]}"
  since "$start"
}

a_tile() { # PROCESSES THREADS PRECISION VIEWS: seconds of all of it, and a tile beyond the first
  local first all count=$((tiles * 8 / $4))
  first=$(folder tiles1 1 "$2" "$3" "$4")
  all=$(folder "tiles$count" "$@")
  echo "$all $(calculate "($all - $first) / ($count - 1)")"
}

published() { # PRECISION VIEWS: seconds a tile, or nothing
  "$python" -c 'import torch, cv2, safetensors' 2>/dev/null || return 0
  "$python" "$scripts/peer_predict.py" peer.safetensors "tiles$((tiles * 8 / $2))" peer_out --precision "$1" \
    --tta "$2" --threads "$threads" --count "$peer"
}

compare() { # PRECISION VIEWS
  local before after alone one one_tile many many_tile peer_tile
  before=$(network "$1" "$2")
  read -r one one_tile < <(a_tile 1 "$threads" "$1" "$2")
  read -r many many_tile < <(a_tile "$threads" 1 "$1" "$2")
  peer_tile=$(published "$1" "$2")
  after=$(network "$1" "$2")
  alone=$(calculate "($before + $after) / 2")
  echo "$1, $2 views, $threads threads: seconds in all, seconds a tile, network / that"
  printf '  %-42s %10s %9.4f\n' "network alone ($before, $after)" "" "$alone"
  printf '  %-42s %10.2f %9.4f %7.3f\n' "predict, one process" "$one" "$one_tile" "$(calculate "$alone / $one_tile")"
  printf '  %-42s %10.2f %9.4f %7.3f   (%.3f of one process)\n' "predict, $threads processes of one thread" "$many" "$many_tile" \
    "$(calculate "$alone / $many_tile")" "$(calculate "$one / $many")"
  [[ -z $peer_tile ]] || printf '  %-42s %10s %9.4f           (%.2f times ours)\n' "published loop in PyTorch" "" "$peer_tile" \
    "$(calculate "$peer_tile / $one_tile")"
}

scenes() {
  local side first
  first=$(find town/train -name '*_sat.tif' | sort | head -1)
  for side in ${SIDES-5000 20000}; do
    [[ -e scene$side.tif ]] ||
      gdal_translate -q -outsize "$side" "$side" -r nearest -co TILED=YES -co COMPRESS=DEFLATE "$first" "scene$side.tif"
    /usr/bin/time -f "scene of $side x $side, one view, bf16: %e s, %M kB at most" \
      "$bin/predict" w.safetensors "scene$side.tif" "mask$side.tif" --tta 1 --precision bf16 --threads "$threads" --quiet \
      --existing overwrite
  done
}

make_inputs
for precision in f32 bf16; do
  for views in ${VIEWS:-8 1}; do compare "$precision" "$views"; done
done
scenes
