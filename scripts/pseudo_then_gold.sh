#!/usr/bin/env bash
# Do pseudo masks help? On ../shared/data/buildings_nz (hand-made truth): stage 1 on all training tiles with masks from a
# degraded map, stage 2 on 40 true ones, beside the 40 alone and the pseudo masks alone; global IoU on val, one view.
#   scripts/pseudo_then_gold.sh [OUT [SEED...]]   seeds 0 1 2; about 9 minutes a seed on two Zen 5 cores
set -euo pipefail
root=$(realpath "$(dirname "$0")/..")
out=$(realpath -m "${1:-$root/runs/pseudo-then-gold}")
cd "$root"
seeds=("${@:2}")
[[ ${#seeds[@]} -gt 0 ]] || seeds=(0 1 2)
data=$(realpath ../shared/data/buildings_nz)
[[ -d $data ]] || { echo "pseudo_then_gold: $data is not there" >&2; exit 1; }

scripts/setup.sh
cmake -G Ninja -S . -B build -DCMAKE_BUILD_TYPE=Release -DPPL_TESTS=OFF >/dev/null
cmake --build build --parallel "$(nproc)" --target vectorize rasterize train predict score
bin=build/bin
mkdir -p "$out"

if [[ ! -e $out/pseudo/manifest.jsonl ]]; then
  # Outlines to within half a metre (7 pixels of 7.5 cm), what is smaller than 1 m2 left out
  $bin/vectorize buildings "$data/train" "$out/true.csv" --min-area 200 --simplify 7
  scripts/degrade_buildings.py "$out/true.csv" "$out/map" --pixel 0.075 --size 224 --seed 0
  $bin/rasterize "$out/map/buildings.geojson" --theme buildings --table "$out/map/tiles.csv" --out "$out/pseudo"
  ln -sf "$data"/train/*_sat.jpg "$out/pseudo/"
  mkdir -p "$out/gold"
  for mask in $(ls "$data"/train/*_mask.png | awk 'NR % 20 == 1' | head -40); do  # 40 tiles spread over all 806
    ln -sf "$mask" "${mask%_mask.png}_sat.jpg" "$out/gold/"
  done
fi
echo "the pseudo masks beside the truth:"
$bin/score iou "$data/train" "$out/pseudo"

# score_of WEIGHTS NAME: global IoU on val, kept in NAME.json
score_of() {
  if [[ ! -e $out/$2.json ]]; then
    $bin/predict "$1" "$data/val" "$out/masks-$2" --views 1 --precision bf16 --quiet
    $bin/score iou "$data/val" "$out/masks-$2" --json >"$out/$2.json"
  fi
}

recipe=scripts/recipes/pseudo_then_gold.json
for seed in "${seeds[@]}"; do
  if [[ ! -e $out/both-$seed.json ]]; then
    $bin/train $recipe --overwrite --set "run=$out/run-$seed" --set "seed=$seed" --set "stages.0.train=$out/pseudo" \
      --set "stages.1.train=$out/gold"
  fi
  score_of "$out/run-$seed/pseudo/best.safetensors" "pseudo-$seed"
  score_of "$out/run-$seed/gold/best.safetensors" "both-$seed"
  if [[ ! -e $out/gold-$seed.json ]]; then
    gold=$($bin/train $recipe --set "stages.1.train=$out/gold" --print-config | python3 -c 'import json, sys; print(json.dumps([json.load(sys.stdin)["stages"][1]]))')
    $bin/train $recipe --overwrite --set "run=$out/gold-run-$seed" --set "seed=$seed" --set "stages=$gold"
  fi
  score_of "$out/gold-run-$seed/gold/best.safetensors" "gold-$seed"
done

python3 - "$out" "${seeds[@]}" <<'PYTHON'
import json, statistics, sys
out, seeds = sys.argv[1], sys.argv[2:]
print("| trained on | global IoU on val, mean | least to most |\n|---|---|---|")
for name, title in (("gold", "40 true tiles"), ("pseudo", "pseudo masks of all tiles"), ("both", "pseudo masks, then the 40 true tiles")):
    iou = [json.load(open(f"{out}/{name}-{s}.json"))["global_iou"] for s in seeds]
    print(f"| {title} | {statistics.mean(iou):.3f} | {min(iou):.3f} to {max(iou):.3f} |")
PYTHON
