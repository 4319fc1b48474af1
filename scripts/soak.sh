#!/usr/bin/env bash
# Long runs of the fuzz loops that the tests run briefly: changed tables of tiles and widths, and world files.
#   scripts/soak.sh [SECONDS]   for each parser (600)
set -euo pipefail
cd "$(dirname "$0")/.."
cmake -G Ninja -S . -B build/asan -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DPPL_SANITIZE=ON >/dev/null
cmake --build build/asan --parallel "$(nproc)" --target rasterize_tables_test
PPL_FUZZ_SECONDS=${1:-600} build/asan/bin/rasterize_tables_test --test-case="changed tables*"
