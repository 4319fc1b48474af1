#!/usr/bin/env bash
# What needs a GPU, on a machine that has one: build, tests on the device, sanitizer, benches. On a machine without one
# it says what it could not do.
#   gpu_check.sh pack DIR             copies the headers that a bare machine lacks (doctest, CLI11, fmt, nlohmann/json)
#   gpu_check.sh right [OUT] [DIR]    build, op tests and goldens on the device, compute-sanitizer
#   gpu_check.sh quick [OUT] [DIR]    kernel resources, benches of kernels and steps
# Phases: build ops goldens memcheck racecheck resources kernels steps. SKIP="racecheck steps" leaves some out. Every
# phase has a time limit and leaves OUT/<phase>.log as it goes; OUT/results.jsonl holds a line a phase.
set -uo pipefail
cd "$(dirname "$0")/.."
what=${1:-}
out=${2:-build/gpu_check}
build=build/gpu

die() {
  echo "gpu_check: $*" >&2
  exit 2
}

# A folder that mirrors /usr, with the headers and their CMake configurations.
pack() {
  local prefix=$1 found
  for name in doctest CLI fmt nlohmann CLI11 nlohmann_json; do
    found=$(ls -d /usr/include/$name /usr/{share,lib,lib/x86_64-linux-gnu}/cmake/$name 2>/dev/null)
    [[ -z $found ]] || cp -r --parents $found "$prefix"
  done
  cp --parents /usr/lib/x86_64-linux-gnu/libfmt.a "$prefix" 2>/dev/null || true
  echo "gpu_check: headers are in $prefix/usr"
}

# phase NAME SECONDS COMMAND...
phase() {
  local name=$1 limit=$2 start=$SECONDS code
  shift 2
  if [[ " ${SKIP:-} " == *" $name "* ]]; then
    echo "{\"phase\": \"$name\", \"skipped\": \"asked for\"}" | tee -a "$out/results.jsonl"
    return 0
  fi
  timeout "$limit" "$@" >"$out/$name.log" 2>&1
  code=$?
  echo "{\"phase\": \"$name\", \"exit\": $code, \"seconds\": $((SECONDS - start)), \"limit\": $limit}" |
    tee -a "$out/results.jsonl"
  ((code == 0)) || failed+=("$name")
  return 0
}

without() {  # without TOOL NAME: the phase is left out, and why
  echo "{\"phase\": \"$2\", \"skipped\": \"no $1 here\"}" | tee -a "$out/results.jsonl"
}

build_all() {
  local prefix=${1:+-DCMAKE_PREFIX_PATH=$(realpath "$1")/usr}
  cmake -G Ninja -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DPPL_GPU=cuda ${prefix:-} &&
    cmake --build "$build" --parallel "$(nproc)" --target cuda_op_test golden_test op_bench step_bench
}

build_phase() {  # in a shell of its own, so that the limit can end it
  phase build 400 bash -c "build=$build; $(declare -f build_all); build_all \"\$1\"" build "$headers"
}

right() {
  build_phase
  phase ops 60 env PPL_SYNC=1 "$build/bin/cuda_op_test"
  phase goldens 120 "$build/bin/golden_test" --dir tests/goldens --device cuda
  if command -v compute-sanitizer >/dev/null; then
    phase memcheck 120 compute-sanitizer --tool memcheck --error-exitcode 1 "$build/bin/cuda_op_test"
    phase racecheck 120 compute-sanitizer --tool racecheck --error-exitcode 1 "$build/bin/cuda_op_test"
  else
    without compute-sanitizer memcheck
    without compute-sanitizer racecheck
  fi
}

quick() {
  [[ -x $build/bin/step_bench ]] || build_phase
  phase resources 120 scripts/kernel_resources.sh
  phase kernels 120 "$build/bin/op_bench" --device cuda --megabytes 1024
  phase steps 240 "$build/bin/step_bench" --device cuda --size 512 1024 --batch 1 8
}

[[ $what == right || $what == quick || ($what == pack && $# == 2) ]] || die "expected pack DIR, right or quick; see the file's head"
if [[ $what == pack ]]; then
  mkdir -p "$2" && pack "$2"
  exit
fi
headers=${3:-}
mkdir -p "$out"
failed=()
if command -v nvidia-smi >/dev/null && nvidia-smi -L 2>/dev/null | grep -q GPU; then
  nvidia-smi -L | sed 's/.*: \(.*\) (UUID.*/{"device": "\1"}/' | tee -a "$out/results.jsonl"
else
  echo '{"device": null, "note": "no GPU: what runs on one is skipped by the tests themselves"}' |
    tee -a "$out/results.jsonl"
fi
"$what"
((${#failed[@]} == 0)) || { echo "gpu_check: failed: ${failed[*]} (logs in $out)" >&2; exit 1; }
