#!/usr/bin/env bash
# Do pseudo masks help? Stage 1 on all training tiles with masks from a degraded map, stage 2 on 40 true ones, beside
# the 40 alone and the pseudo masks alone; global IoU on val, one view, threshold 0.25.
#   scripts/pseudo_then_gold.sh [--data NAME] [--same-steps] [--bin DIR] [--table] [OUT [SEED...]]   seeds 0 1 2
# --data buildings_nz (hand-made truth; the default): about 9 minutes a seed on two Zen 5 cores
# --data roads_massachusetts (truth that others drew from OSM's lines): about 14 at 11 to 12 images/s
# --same-steps  also a stage 2 on the pseudo masks of the 40 tiles: what more steps do without more truth
# --bin         programs, else they are built; --table prints what there is and stops
# The same command goes on where it was stopped. EPOCHS=1 GOLD_EPOCHS=1 ALONE_EPOCHS=1: a quick try.
set -euo pipefail
root=$(realpath "$(dirname "$0")/..")
name=buildings_nz bin='' same_steps='' only_table=''
while [[ ${1:-} == --* ]]; do
  case $1 in
    --data) name=${2:?} && shift ;;
    --bin) bin=$(realpath "${2:?}") && shift ;;
    --same-steps) same_steps=1 ;;
    --table) only_table=1 ;;
    *) echo "pseudo_then_gold: unknown option $1" >&2 && exit 2 ;;
  esac
  shift
done
case $name in
  buildings_nz) theme=buildings recipe=pseudo_then_gold alone_epochs=60 out=pseudo-then-gold ;;
  # The 40 alone get as many steps as both stages together
  roads_massachusetts) theme=roads recipe=pseudo_then_gold_roads alone_epochs=120 out=pseudo-then-gold-roads ;;
  *) echo "pseudo_then_gold: --data: expected buildings_nz or roads_massachusetts, got $name" >&2 && exit 2 ;;
esac
out=$(realpath -m "${1:-$root/runs/$out}")
cd "$root"
seeds=("${@:2}")
[[ ${#seeds[@]} -gt 0 ]] || seeds=(0 1 2)
recipe=scripts/recipes/$recipe.json

table() {
  python3 - "$out" "${seeds[@]}" <<'PYTHON'
import json, pathlib, statistics, sys
out, seeds = pathlib.Path(sys.argv[1]), sys.argv[2:]
print("| trained on | global IoU on val, mean | least to most | seeds |\n|---|---|---|---|")
for name, title in (("gold", "40 true tiles"), ("pseudo", "pseudo masks of all tiles"),
                    ("same", "pseudo masks, then those of the 40 tiles"),
                    ("both", "pseudo masks, then the 40 true tiles")):
    files = {s: out / f"{name}-{s}.json" for s in seeds}
    iou = {s: json.loads(f.read_text())["global_iou"] for s, f in files.items() if f.exists()}
    if iou:
        each = ", ".join(f"{s}: {v:.3f}" for s, v in iou.items())
        least, most = min(iou.values()), max(iou.values())
        print(f"| {title} | {statistics.mean(iou.values()):.3f} | {least:.3f} to {most:.3f} | {each} |")
PYTHON
}
[[ -z $only_table ]] || { table && exit; }

data=$(realpath -m "../shared/data/$name")
[[ -d $data ]] || { echo "pseudo_then_gold: $data is not there" >&2; exit 1; }
if [[ -z $bin ]]; then
  scripts/setup.sh
  cmake -G Ninja -S . -B build -DCMAKE_BUILD_TYPE=Release -DPPL_TESTS=OFF >/dev/null
  cmake --build build --parallel "$(nproc)" --target vectorize rasterize train predict score
  bin=build/bin
fi
mkdir -p "$out/pseudo" "$out/gold" "$out/few"

map_of_buildings() { # outlines to within half a metre (7 pixels of 7.5 cm), what is smaller than 1 m2 left out
  $bin/vectorize buildings "$data/train" "$out/true.csv" --min-area 200 --simplify 7 --existing overwrite
  scripts/degrade_buildings.py "$out/true.csv" "$out/map" --pixel 0.075 --size 224 --seed 0
}
map_of_roads() { # lengths are pixels of 1 m; what ends in the truth ends in the map
  $bin/vectorize roads "$data/train" "$out/true.csv" --min-object 60 --min-hole 60 --merge 4 --spur 6 --min-length 15 \
    --gap 0 --far-gap 0 --simplify 3 --existing overwrite
  scripts/degrade_roads.py "$out/true.csv" "$out/map" --pixel 1 --size 400 --seed 0
}
width=()
[[ $theme == buildings ]] || width=(--buffer 5) # a less mapped place has no widths; those of the truth are 7 m

if [[ ! -e $out/pseudo/manifest.jsonl ]]; then
  map_of_$theme
  ln -sf "$data"/train/*_sat.jpg "$out/pseudo/"
  # 40 tiles spread over all
  every=$(($(ls "$data"/train/*_mask.png | wc -l) / 40))
  for mask in $(ls "$data"/train/*_mask.png | awk "NR % $every == 1" | head -40); do
    ln -sf "$mask" "${mask%_mask.png}_sat.jpg" "$out/gold/"
    ln -sf "$out/pseudo/${mask##*/}" "${mask%_mask.png}_sat.jpg" "$out/few/"
  done
  $bin/rasterize "$out/map/$theme.geojson" --theme $theme "${width[@]}" --table "$out/map/tiles.csv" \
    --out "$out/pseudo" --existing overwrite
fi
echo "the pseudo masks beside the truth:"
$bin/score iou "$data/train" "$out/pseudo"

# trained RUN ARGUMENTS...: goes on where it was stopped
trained() {
  if compgen -G "$out/$1/checkpoints/*" >/dev/null; then
    $bin/train --resume "$out/$1"
  else
    $bin/train $recipe --overwrite --set "run=$out/$1" "${@:2}"
  fi
}

# score_of WEIGHTS NAME: global IoU on val, kept in NAME.json
score_of() {
  if [[ ! -e $out/$2.json ]]; then
    $bin/predict "$1" "$data/val" "$out/masks-$2" --tta 1 --precision bf16 --existing overwrite --quiet
    $bin/score iou "$data/val" "$out/masks-$2" --json >"$out/$2.json.partial"
    mv "$out/$2.json.partial" "$out/$2.json"
  fi
}

# second_stage TILES [EPOCHS]: the recipe's second stage as the only one
second_stage() {
  $bin/train $recipe --set "stages.1.train=$1" ${2:+--set "stages.1.epochs=$2"} --print-config |
    python3 -c 'import json, sys; print(json.dumps([json.load(sys.stdin)["stages"][1]]))'
}

for seed in "${seeds[@]}"; do
  if [[ ! -e $out/both-$seed.json ]]; then
    trained "run-$seed" --set "seed=$seed" --set "stages.0.train=$out/pseudo" --set "stages.1.train=$out/gold" \
      ${EPOCHS:+--set "stages.0.epochs=$EPOCHS"} ${GOLD_EPOCHS:+--set "stages.1.epochs=$GOLD_EPOCHS"}
  fi
  score_of "$out/run-$seed/pseudo/best.safetensors" "pseudo-$seed"
  score_of "$out/run-$seed/gold/best.safetensors" "both-$seed"
  if [[ ! -e $out/gold-$seed.json ]]; then
    trained "gold-run-$seed" --set "seed=$seed" \
      --set "stages=$(second_stage "$out/gold" "${ALONE_EPOCHS:-$alone_epochs}")"
  fi
  score_of "$out/gold-run-$seed/gold/best.safetensors" "gold-$seed"
  if [[ -n $same_steps ]]; then
    if [[ ! -e $out/same-$seed.json ]]; then
      trained "same-run-$seed" --set "seed=$seed" --set "initial_weights=$out/run-$seed/pseudo/best.safetensors" \
        --set "stages=$(second_stage "$out/few" "${GOLD_EPOCHS:-}")"
    fi
    score_of "$out/same-run-$seed/gold/best.safetensors" "same-$seed"
  fi
done
table
