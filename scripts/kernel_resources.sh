#!/usr/bin/env bash
# Registers, shared memory and spills of every CUDA kernel on sm_90, from ptxas. A kernel that spills fails the check
# unless it is named in `may_spill`. Without nvcc says so and does nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

may_spill=()  # parts of demangled names

nvcc=$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)
if [[ ! -x $nvcc ]]; then
  echo "kernel_resources: skipped, there is no nvcc here"
  exit 0
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

ls kernels/cuda/*.cu | xargs -P "${PPL_JOBS:-$(nproc)}" -I{} bash -c '
  "$0" -std=c++20 --expt-relaxed-constexpr -O3 -DNDEBUG -DPPL_CUDA_KERNELS=1 -I. -arch=sm_90 -cubin -Xptxas -v \
    -o "$1/$(basename {}).cubin" {} 2>"$1/$(basename {}).log" || { cat "$1/$(basename {}).log" >&2; exit 255; }' \
  "$nvcc" "$out"

cat "$out"/*.log | c++filt | awk -v allowed="$(IFS='|'; echo "${may_spill[*]}")" '
  /Compiling entry function/ {
    name = $0; sub(/.*Compiling entry function .?/, "", name); sub(/.? for .sm_90.*/, "", name)
    gsub(/\(anonymous namespace\)::|ppl::|_kernel/, "", name); sub(/^.?void /, "", name); sub(/\(.*/, "", name)
  }
  /spill stores/ { stack = $1; stores = $5; loads = $9 }
  /Used [0-9]+ registers/ {
    registers = shared = 0
    for (i = 1; i < NF; ++i) {
      if ($(i + 1) ~ /^registers/) registers = $i
      if ($(i + 1) == "bytes" && $(i + 2) ~ /^smem/) shared = $i
    }
    kernels++
    spills = stores + loads
    bad = spills > 0 && (allowed == "" || name !~ allowed)
    failed += bad
    printf "%4d registers %6d shared %5d stack %5d spilled  %s%s\n", registers, shared, stack, spills, name,
           bad ? "  SPILLS" : ""
  }
  END {
    printf "%d kernels, %d of them spill unnamed\n", kernels, failed
    exit failed > 0 || kernels == 0
  }'
