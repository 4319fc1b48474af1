#!/usr/bin/env bash
# Checks the format and what CUDA kernels take of a device, builds with warnings as errors, runs clang-tidy over what was
# changed and every test, then the tests of ops, files and maps once more under AddressSanitizer and
# UndefinedBehaviorSanitizer. Build folders: build/test, build/asan.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=$(nproc)

scripts/setup.sh
scripts/tidy.sh format
scripts/kernel_resources.sh

cmake -G Ninja -S . -B build/test -DCMAKE_BUILD_TYPE=Release -DPPL_WERROR=ON
cmake --build build/test --parallel "$jobs"
# clang-tidy takes ten seconds a source: only where a branch or the working tree differs from main, and in few of them.
base=$(git merge-base HEAD origin/main 2>/dev/null || git rev-parse HEAD 2>/dev/null || true)
mapfile -t changed < <([[ -z $base ]] || git diff --name-only --diff-filter=d "$base" -- '*.cpp')
if ((${#changed[@]} > 30)); then
  echo "test: ${#changed[@]} sources differ from main; clang-tidy over them: scripts/tidy.sh build/test" >&2
elif ((${#changed[@]})); then
  scripts/tidy.sh build/test "${changed[@]}"
fi
# A thread each, side by side, one more than cores as some wait rather than compute; the tests of kernels choose threads
# themselves.
export OMP_NUM_THREADS=1
ctest --test-dir build/test --output-on-failure --parallel $((jobs + 1))

# No warnings as errors here: the sanitizers' code makes g++ 12 warn about values that are set.
cmake -G Ninja -S . -B build/asan -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O0 -DPPL_SANITIZE=ON -DPPL_GPU=none
cmake --build build/asan --parallel "$jobs" --target sanitized_tests
ctest --test-dir build/asan --output-on-failure --no-tests=error --label-regex '^sanitized$' \
  --parallel $((jobs + 1))
