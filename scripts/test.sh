#!/usr/bin/env bash
# Builds with warnings as errors and runs every test, then the tests of ops and files once more under
# AddressSanitizer and UndefinedBehaviorSanitizer. Build folders: build/test and build/asan.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=$(nproc)

scripts/setup.sh

cmake -G Ninja -S . -B build/test -DCMAKE_BUILD_TYPE=Release -DPPL_WERROR=ON
cmake --build build/test --parallel "$jobs"
# A thread each, side by side; the tests of kernels choose threads themselves, and under the sanitizers all have several.
OMP_NUM_THREADS=1 ctest --test-dir build/test --output-on-failure --parallel "$jobs"
scripts/kernel_resources.sh

# No warnings as errors here: the sanitizers' code makes g++ 12 warn about values that are set.
cmake -G Ninja -S . -B build/asan -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DPPL_SANITIZE=ON -DPPL_GPU=none
tests=$(cmake --build build/asan --target help | sed -nE 's/^((op|emulated_op|emulated_kernel|emulated_augment|emulate|tape|kernel|conv_kernel|pixel_loss|batch_norm|io_[a-z_]+|vectorize_(skeleton|roads|buildings)|rasterize_geometry|(road|building)_fuzz)_test): phony$/\1/p')
[[ -n $tests ]] || { echo "test: no tests to run under the sanitizers" >&2; exit 1; }
cmake --build build/asan --parallel "$jobs" --target $tests
ctest --test-dir build/asan --output-on-failure --no-tests=error --tests-regex "^($(echo $tests | tr ' ' '|'))\$"
