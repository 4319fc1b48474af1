#!/usr/bin/env bash
# Does `predict` keep anything of a tile? Peak memory for 200 and for COUNT tiles of 32 x 32 pixels; fails where the second is
# more than 32 MB above the first.
#   scripts/many_tiles.sh BIN WORK [COUNT]   programs in BIN; 10000 tiles
# Needs gdal_translate (gdal-bin) and GNU time.
set -euo pipefail
[[ $# -ge 2 ]] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
bin=$(realpath "$1") count=${3:-10000}
mkdir -p "$2"
cd "$2"
[[ -d town ]] || "$bin/town" town --tiles 4 --val 0 --size 512 --quiet
if [[ ! -e w.safetensors ]]; then
  stage='{"name":"s","train":"town/train","crop":64,"batch":1,"epochs":0}'
  printf '{"run":"run","network":{"name":"linknet34"},"stages":[%s]}' "$stage" >c.json
  "$bin/train" c.json --quiet
  cp run/s/best.safetensors w.safetensors
fi
image=$(find town/train -name '*_sat.tif' | sort | head -1)
gdal_translate -q -of PNG -srcwin 0 0 32 32 "$image" small.png --config GDAL_PAM_ENABLED NO

peak() { # COUNT: kB
  rm -rf tiles masks
  mkdir tiles
  local i
  for i in $(seq "$1"); do echo "tiles/t${i}_sat.png"; done | xargs -n 1000 bash -c 'for f; do ln small.png "$f"; done' _
  /usr/bin/time -o peak.txt -f %M "$bin/predict" w.safetensors tiles masks --tta 1 --quiet
  if [[ $(find masks -name '*_mask.png' | wc -l) -ne $1 || $(wc -l <masks/manifest.jsonl) -ne $1 ]]; then
    echo "many_tiles: masks are missing" >&2
    exit 1
  fi
  cat peak.txt
}

few=$(peak 200)
many=$(peak "$count")
echo "200 tiles: $few kB at most, $count tiles: $many kB"
((many < few + 32768)) || { echo "many_tiles: memory grows with the number of tiles" >&2; exit 1; }
