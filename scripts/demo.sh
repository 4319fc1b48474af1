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

if [[ -e $out && ! -e $out/town/town.osm ]]; then
  echo "demo: $out is there and was not made by this script; name another folder" >&2
  exit 1
fi
rm -rf "$out"
mkdir -p "$out"

build/bin/town "$out/town" --seed 1
# The exact masks that town draws are kept for validation only.
rm "$out"/town/train/*_mask.png
build/bin/rasterize "$out/town/town.osm" --images "$out/town/train" --out "$out/town/train"
# bf16 where the machine computes in it
precision=f32
grep -qE 'avx512_bf16|amx_bf16' /proc/cpuinfo && precision=bf16
build/bin/train "$recipe" --set "precision=$precision" --set "run=$out/run" --set "stages.0.train=$out/town/train" --set "stages.0.validation=$out/town/val"
build/bin/predict "$out/run/roads/best.safetensors" "$out/town/val" "$out/prediction"
build/bin/score iou "$out/town/val" "$out/prediction" --csv "$out/iou.csv"
build/bin/sheet --images "$out/town/val" --truth "$out/town/val" --prediction "$out/prediction" --out "$out/sheet.png" --quiet
echo "Look at $out/sheet.png (and at the whole town: $out/town/town.jpg)"
