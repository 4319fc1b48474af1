#!/usr/bin/env bash
# Long searches for what breaks something, too long for every test run; needs clang with libFuzzer and OpenMP
# (apt-get install clang libomp-dev).
#   scripts/soak.sh [SECONDS [FOLDER]]   each search runs so long (600); FOLDER (build/soak) keeps inputs from run to run
#   scripts/soak.sh faults               every program with every single write, rename, open, thread and allocation failing
# Tables of roads, of buildings, of tiles and of widths, GeoJSON of roads and buildings, world files, names, PBF, PyTorch
# files, safetensors, JSON, PNG and JPEG by libFuzzer, from the inputs in tests; changed tables of tiles and widths;
# training runs killed at 20 moments. What a fuzzer finds it leaves in the folder, and the exit code is not 0.
# Every layer's convolutions on maps of all sizes at every instruction set of this machine (an hour and more).
# Last the memory of `predict` for 10,000 small tiles.
set -euo pipefail
cd "$(dirname "$0")/.."
if [[ ${1-} == faults ]]; then
  cmake -G Ninja -S . -B build/test -DCMAKE_BUILD_TYPE=Release >/dev/null
  cmake --build build/test --parallel "$(nproc)" --target faults_test
  PPL_FAULTS=all exec build/test/bin/faults_test
fi
seconds=${1:-600}
folder=${2:-build/soak}
command -v clang++ >/dev/null || { echo "soak: needs clang++ (apt-get install clang libomp-dev)" >&2; exit 1; }

cmake -G Ninja -S . -B "$folder/build" -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1 \
  -DPPL_SANITIZE=ON -DPPL_FUZZ=ON -DPPL_GPU=none >/dev/null
cmake --build "$folder/build" --parallel "$(nproc)" --target fuzzers

# fuzz NAME CORPUS
fuzz() {
  mkdir -p "$folder/$1"
  "$folder/build/bin/$1" -max_total_time="$seconds" -max_len=2000 -timeout=20 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$folder/$1-" "$folder/$1" "$2"
}

fuzz road_fuzz tests/corpora/road_tables
fuzz pbf_fuzz tests/corpora/pbf
fuzz torch_file_fuzz tests/weights
fuzz format_fuzz tests/corpora/formats
# GDAL keeps memory of its own to the end.
export ASAN_OPTIONS=detect_leaks=0
fuzz building_fuzz tests/corpora/building_tables
fuzz layer_fuzz tests/corpora/layers
fuzz tile_fuzz tests/corpora/tile_texts

cmake -G Ninja -S . -B build/asan -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O0 -DPPL_SANITIZE=ON >/dev/null
cmake --build build/asan --parallel "$(nproc)" --target rasterize_tables_test
PPL_FUZZ_SECONDS=$seconds build/asan/bin/rasterize_tables_test --test-case="changed tables*"

cmake -G Ninja -S . -B build/test -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build build/test --parallel "$(nproc)" --target resume_test conv_layers_test town train predict
PPL_KILLS=20 build/test/bin/resume_test --test-case="*killed*"
PPL_LONG_TESTS=1 build/test/bin/conv_layers_test
scripts/many_tiles.sh build/test/bin "$folder/many_tiles"
