#!/usr/bin/env bash
# What `vectorize` takes for one large mask, and for the same as a mosaic of tiles; the lines must be the same.
#   SIDE=20000 TILE=5000 STEP=170 scripts/measure_vectorize.sh BIN WORK
# The mask (8 bit, tiled, deflated) is a net of slanting streets, one every STEP pixels, with gaps.
# Needs python3 and gdal_translate (gdal-bin).
set -euo pipefail
[[ $# -eq 2 ]] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
bin=$(realpath "$1") work=$2 side=${SIDE:-20000} tile=${TILE:-5000} step=${STEP:-170}
mkdir -p "$work"
cd "$work"
export GDAL_PAM_ENABLED=NO

python3 - "$side" "$step" <<'PYTHON'
import sys
side, step = int(sys.argv[1]), int(sys.argv[2])
with open("mask.raw", "wb") as out:
    for y in range(side):
        across = y % step < 12
        row = b"\1" * side if across else (b"\1" * 14 + b"\0" * (step - 14)) * (side // step + 3)
        start = y // 4 % step
        row = bytearray(row[:side] if across else row[start:start + side])
        if y % 997 < 15:
            row[side // 3:side // 3 + 400] = bytes(400)  # gaps
        out.write(row)
with open("mask.hdr", "w") as out:
    out.write(f"ENVI\nsamples = {side}\nlines = {side}\nbands = 1\nheader offset = 0\ndata type = 1\ninterleave = bsq\n")
PYTHON
place=(-a_srs EPSG:32632 -a_ullr 500000 5000000 $((500000 + side / 2)) $((5000000 - side / 2)))
options=(-q -of GTiff -co TILED=YES -co COMPRESS=DEFLATE)
gdal_translate "${options[@]}" -co BIGTIFF=IF_SAFER "${place[@]}" mask.raw one_mask.tif
rm -rf tiles mask.raw mask.hdr
mkdir tiles
for ((y = 0; y < side; y += tile)); do
  for ((x = 0; x < side; x += tile)); do
    w=$((x + tile < side ? tile : side - x)) h=$((y + tile < side ? tile : side - y))
    gdal_translate "${options[@]}" -srcwin $x $y $w $h one_mask.tif "tiles/$(printf %06d_%06d $y $x)_mask.tif"
  done
done
for kind in roads buildings; do
  /usr/bin/time -f "$kind of one mask of $side x $side: %e s, %U s user, %M kB at most" \
    "$bin/vectorize" $kind one_mask.tif one_$kind.geojson --quiet
  /usr/bin/time -f "$kind of its tiles of $tile x $tile: %e s, %U s user, %M kB at most" \
    "$bin/vectorize" $kind tiles tiles_$kind.geojson --mosaic one --quiet
  cmp one_$kind.geojson tiles_$kind.geojson && echo "$kind: the same bytes"
done
