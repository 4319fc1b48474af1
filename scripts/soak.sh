#!/usr/bin/env bash
# Long searches for inputs that break something; needs clang with libFuzzer. soak.sh [SECONDS [FOLDER]]: each fuzzer runs
# so long (600), grows its inputs in FOLDER (build/soak) and starts from those in tests/corpora. What it finds it leaves
# in the folder, and the exit code is not 0.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
folder=${2:-build/soak}
command -v clang++ >/dev/null || { echo "soak: needs clang++ (apt-get install clang)" >&2; exit 1; }

# fuzz NAME CORPUS SOURCES...: builds the fuzzer and runs it.
fuzz() {
  local name=$1 corpus=$2
  shift 2
  mkdir -p "$folder/$name"
  clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -ffp-contract=off \
    -DPPL_LIBFUZZER -I. "$@" -o "$folder/$name.bin"
  "$folder/$name.bin" -max_total_time="$seconds" -max_len=2000 -timeout=20 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$folder/$name-" "$folder/$name" "$corpus"
}

fuzz road_tables tests/corpora/road_tables tests/road_fuzz.cpp io/file.cpp io/vector/{roads,spacenet_csv,wkt}.cpp \
  apps/score/apls/*.cpp
