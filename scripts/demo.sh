#!/usr/bin/env bash
# From nothing to an image: draws a town, rasterizes its OSM file into masks, trains on those over most of the town,
# predicts the rest, scores and shows it.
#   scripts/demo.sh [OUT]   OUT (demo) may be there only where an earlier run made it; it is replaced
set -euo pipefail
root=$(realpath "$(dirname "$0")/..")
out=$(realpath -m "${1:-$root/demo}")
cd "$root"
recipe=scripts/recipes/demo.json

scripts/setup.sh
cmake -G Ninja -S . -B build -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build build --parallel "$(nproc)" --target town rasterize train predict score sheet

if [[ -e $out && ! -e $out/scene/town.osm ]]; then
  echo "demo: $out is there and was not made by this script; name another folder" >&2
  exit 1
fi
rm -rf "$out"
mkdir -p "$out"

build/bin/town "$out/scene" --seed 1
# The exact masks that town draws are kept for validation only.
rm "$out"/scene/train/*_mask.png
build/bin/rasterize "$out/scene/town.osm" --images "$out/scene/train" --out "$out/scene/train"
# bf16 where the machine computes in it
precision=f32
grep -qE 'avx512_bf16|amx_bf16' /proc/cpuinfo && precision=bf16
build/bin/train "$recipe" --set "precision=$precision" --set "run=$out/run" --set "stages.0.train=$out/scene/train" --set "stages.0.validation=$out/scene/val"
build/bin/predict "$out/run/roads/best.safetensors" "$out/scene/val" "$out/prediction"
build/bin/score iou "$out/scene/val" "$out/prediction" --csv "$out/iou.csv"
build/bin/sheet --images "$out/scene/val" --truth "$out/scene/val" --prediction "$out/prediction" --out "$out/sheet.png" --quiet
echo "Look at $out/sheet.png (and at the whole town: $out/scene/town.jpg)"
