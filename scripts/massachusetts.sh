#!/usr/bin/env bash
# Trains from random weights on the Massachusetts roads (../shared/data): 30 epochs, crop 320, batch 8, bf16. Then predicts
# and scores the validation tiles in one and in eight views.
#   scripts/massachusetts.sh [SEED [RUN [RECIPE]]]   RECIPE: massachusetts, or massachusetts_published as was published
set -euo pipefail
cd "$(dirname "$0")/.."
seed=${1:-0}
run=${2:-runs/massachusetts-$seed}
recipe=${3:-massachusetts}
data=../shared/data/roads_massachusetts
[[ -d $data ]] || { echo "massachusetts: $data is not there" >&2; exit 1; }

scripts/setup.sh
cmake -G Ninja -S . -B build -DCMAKE_BUILD_TYPE=Release -DPPL_TESTS=OFF >/dev/null
cmake --build build --parallel "$(nproc)" --target train predict score
build/bin/train "scripts/recipes/$recipe.json" --set "seed=$seed" --set "run=$run"
for views in 1 8; do
  build/bin/predict "$run/roads/last.safetensors" "$data/val" "$run/masks-$views" --tta "$views" --precision bf16 \
    --existing overwrite
  build/bin/score iou "$data/val" "$run/masks-$views"
done
