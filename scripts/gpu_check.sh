#!/usr/bin/env bash
# What needs a GPU, on a machine that has one: build, tests on the device, goldens, training, steps beside PyTorch,
# compute-sanitizer. On a machine without one it says what it could not do.
#   gpu_check.sh pack DIR          copies what a bare machine lacks: headers (doctest, CLI11, fmt, nlohmann/json), and
#                                  PyTorch's side of the steps where it is there
#   gpu_check.sh run [OPTIONS]     all of that in one call of 8 minutes, the surest evidence first
#   gpu_check.sh again [OPTIONS]   the phases of OUT that failed, once more; 4 minutes
#   gpu_check.sh benches [OPTIONS] kernels, products and fusions, where there is time for them
# Options: --out DIR (build/gpu_check)   --copy DIR: gets results.json and logs.tgz after every phase
#          --build DIR (build/gpu)   --packed DIR (what pack made)   --python EXE (python3)   --device cuda|cpu (cuda)
#          --peer FILE (DIR/peer/torch_bench.py, else ../shared/peer/torch_bench.py)
#          --skip PHASE, --limit PHASE=SECONDS (may be repeated)   --total SECONDS   --small (to try this script)
# Phases of run: versions build ops parts augment batches graphs ranks training goldens goldens_bf16 steps torch
# epilogues plain cublaslt memcheck memcheck_batches racecheck torch_autotune; of benches: kernels products fusions
# resources.
# Every phase ends at its limit, or where the total is spent, and leaves OUT/<phase>.log as it goes; OUT/results.jsonl
# gets a line a phase, OUT/results.json holds all. Exit code 1 where a phase failed.
set -uo pipefail
here=$(realpath "$(dirname "$0")/..")

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
  # fmt's configuration names its libraries.
  cp -a --parents /usr/lib/x86_64-linux-gnu/libfmt.{a,so*} "$prefix" 2>/dev/null || true
  # doctest's says where it was installed; here it is wherever the folder goes.
  grep -rl --include='*.cmake' 'set(_IMPORT_PREFIX "/usr")' "$prefix/usr" | while read -r found; do
    sed -i "s|set(_IMPORT_PREFIX \"/usr\")|get_filename_component(_IMPORT_PREFIX \"\${CMAKE_CURRENT_LIST_DIR}/$(
      realpath --relative-to="$(dirname "$found")" "$prefix/usr")\" ABSOLUTE)|" "$found"
  done
  if [[ -e $here/../shared/peer/torch_bench.py ]]; then
    mkdir -p "$prefix/peer" && cp "$here"/../shared/peer/torch_{bench,model}.py "$prefix/peer"
  fi
  echo "gpu_check: headers are in $prefix/usr, PyTorch's side in $prefix/peer"
}

what=${1:-}
if [[ $what == pack ]]; then
  (($# == 2)) || die "pack wants a folder"
  mkdir -p "$2" && pack "$2"
  exit
fi
case $what in
  run) total=480 ;;
  again) total=240 ;;
  benches) total=480 ;;
  *) die "expected pack DIR, run, again or benches; see the file's head" ;;
esac
shift

out=$here/build/gpu_check copy='' build=$here/build/gpu packed='' peer='' python=python3 device=cuda small=''
declare -A skip=() limits=() only=()  # only: the phases of `again`
selected=''
while (($#)); do
  [[ $1 == --small ]] && { small=1; shift; continue; }
  (($# > 1)) || die "$1 wants a value"
  case $1 in
    --out) out=$(realpath -m "$2") ;;
    --copy) copy=$(realpath -m "$2") ;;
    --build) build=$(realpath -m "$2") ;;
    --packed) packed=$(realpath -e "$2" 2>/dev/null) || die "--packed: no folder $2" ;;
    --peer) peer=$2 ;;
    --python) python=$2 ;;
    --device) device=$2 ;;
    --skip) skip[$2]=1 ;;
    --limit) [[ $2 =~ ^([a-z_0-9]+)=([0-9]+)$ ]] || die "--limit: expected PHASE=SECONDS, got $2"
      limits[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]} ;;
    --total) total=$2 ;;
    *) die "unknown option $1" ;;
  esac
  shift 2
done
[[ $device == cuda || $device == cpu ]] || die "--device: expected cuda or cpu, got $device"
if [[ -z $peer ]]; then
  peer=$here/../shared/peer/torch_bench.py
  [[ -z $packed || ! -e $packed/peer/torch_bench.py ]] || peer=$packed/peer/torch_bench.py
fi
command -v nvcc >/dev/null || PATH=$PATH:/usr/local/cuda/bin
mkdir -p "$out"
cd "$here" || exit 1
failed=()

note() { echo "$1" | tee -a "$out/results.jsonl"; }
left_out() { note "{\"phase\": \"$1\", \"skipped\": \"$2\"}"; }

# What there is so far, where it survives this machine: a command that is killed runs no trap.
collect() {
  "$python" "$here/scripts/gpu_check_results.py" "$out" || echo "gpu_check: $out/results.json could not be written" >&2
  [[ -n $copy ]] || return 0
  mkdir -p "$copy" && cp "$out/results.json" "$copy" && tar -C "$out" -czf "$copy/logs.tgz" --exclude='run*' \
    --exclude='*.packed' . || echo "gpu_check: $copy could not be written" >&2
}

# phase NAME SECONDS COMMAND...: the command may be a function of this script.
phase() {
  local name=$1 limit=${limits[$1]:-$2} start=$SECONDS code
  shift 2
  [[ -z $selected || -n ${only[$name]:-} ]] || return 0
  [[ -z ${skip[$name]:-} ]] || { left_out "$name" "asked for"; return; }
  ((limit > total - SECONDS)) && limit=$((total - SECONDS))
  ((limit > 0)) || { left_out "$name" "no time left of $total s"; return; }
  export here out build packed peer python device small
  timeout --kill-after=5 "$limit" bash -c "$(declare -f); \"\$@\"" phase "$@" >"$out/$name.log" 2>&1
  code=$?
  note "{\"phase\": \"$name\", \"exit\": $code, \"seconds\": $((SECONDS - start)), \"limit\": $limit}"
  ((code == 0)) || failed+=("$name")
  collect
}

versions() {
  cmake --version | head -1
  nvcc --version | tail -2
  nvidia-smi 2>/dev/null | head -15
  "$python" -c 'import torch; print("torch", torch.__version__, "cuDNN", torch.backends.cudnn.version())' 2>/dev/null ||
    echo "no PyTorch here"
}

# CMake stops where it finds no cuDNN: without it everything would run on plain kernels.
build_all() {
  local arch
  arch=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -1 | tr -d .)
  cmake -G Ninja -S "$here" -B "$build" -DCMAKE_BUILD_TYPE=Release -DPPL_GPU=cuda -DPPL_PYTHON="$(command -v "$python")" \
    ${packed:+-DCMAKE_PREFIX_PATH=$packed/usr} ${arch:+-DCMAKE_CUDA_ARCHITECTURES=$arch-real} &&
    cmake --build "$build" --parallel "$(nproc)" \
      --target cuda_op_test cuda_kernel_test cuda_augment_test cuda_batches_test cuda_graph_test communication_test golden_test op_bench \
      pointwise_bench fusion_bench step_bench train
}

# Trains on packed tiles without and with graphs: losses fall, and are the same to the bit.
training() {
  local tiles=32 side=512 batch=8 run
  [[ -z $small ]] || tiles=4 side=64 batch=2
  "$python" scripts/make_packed_tiles.py "$out/tiles.packed" --tiles "$tiles" --side "$side" || return
  cat >"$out/recipe.json" <<RECIPE
{"run": "$out/run", "seed": 1, "precision": "bf16",
 "network": {"name": "pp_linknet34_psp64"},
 "stages": [{"name": "bars", "train": "$out/tiles.packed", "loss": "dice_focal", "learning_rate": 5e-4, "epochs": 4,
             "crop": $side, "batch": $batch, "monitor": "training_loss"}]}
RECIPE
  for graph in false true; do
    run=$out/run_graph_$graph
    "$build/bin/train" "$out/recipe.json" --device "$device" --set "run=$run" --set "graph=$graph" --overwrite || return
  done
  "$python" - "$out" <<'COMPARE'
import json, sys
runs = {g: [json.loads(line) for line in open(f"{sys.argv[1]}/run_graph_{g}/log.jsonl")] for g in ("false", "true")}
losses = {g: [line["loss"] for line in lines] for g, lines in runs.items()}
equal, fell = losses["false"] == losses["true"], losses["false"][-1] < losses["false"][0]
rates = {g: lines[-1]["images_per_second"] for g, lines in runs.items()}
print(json.dumps({"bench": "training", "losses": losses["false"], "images_per_s": rates["false"],
                  "images_per_s_graph": rates["true"], "graph_equals_eager": equal, "loss_fell": fell}))
sys.exit(not (equal and fell))
COMPARE
}

kinds() { [[ -n $small ]] && echo "train:64:1 predict:64:1" || echo "train:1024:8 predict:1024:8"; }

# Ours, eager and as graphs, a process each: what one leaves allocated is no other's peak.
steps() {
  local kind mode size batch result=0
  for kind in $(kinds); do
    IFS=: read -r mode size batch <<<"$kind"
    for graph in "" --graph; do
      [[ $device == cuda || -z $graph ]] || continue
      "$build/bin/step_bench" --device "$device" --no-roof --mode "$mode" --size "$size" --batch "$batch" \
        --precision bf16 --no-plain $graph || result=1
    done
  done
  return $result
}

# Prediction with bias, residual and ReLU in cuDNN's own kernels. Most are compiled at first: the first step is long.
epilogues() {
  local size=1024 batch=8
  [[ -z $small ]] || size=64 batch=1
  PPL_CUDNN_EPILOGUES=1 "$build/bin/step_bench" --device "$device" --no-roof --mode predict --size "$size" \
    --batch "$batch" --precision bf16 --no-plain $([[ $device == cpu ]] || echo --graph)
}

# PyTorch's settings, the same steps: torch_side SETTINGS.
torch_side() {
  local kind mode size batch result=0
  [[ -e $peer ]] || { echo "skipped: there is no $peer"; return 0; }
  "$python" -c 'import torch' 2>/dev/null || { echo "skipped: there is no PyTorch"; return 0; }
  for kind in $(kinds); do
    IFS=: read -r mode size batch <<<"$kind"
    (cd "$(dirname "$peer")" &&
      "$python" "$(basename "$peer")" --device "$device" --mode "$mode" --size "$size" --batch "$batch" --settings "$1") ||
      result=1
  done
  return $result
}

# sanitized TOOL PROGRAM, our kernels only: what cuDNN provokes inside itself is its own. Versions differ in options.
sanitized() {
  command -v compute-sanitizer >/dev/null || { echo "skipped: no compute-sanitizer here"; return 0; }
  local help options=(--tool "$1")
  help=$(compute-sanitizer --help 2>&1)
  [[ $help != *--kernel-name* ]] || options+=(--kernel-name kernel_substring=_ZN3ppl)
  [[ $help != *--report-api-errors* ]] || options+=(--report-api-errors no)
  # Memory that a stream uses before it is taken or after it is given back on another one.
  [[ $1 != memcheck || $help != *--track-stream-ordered-races* ]] || options+=(--track-stream-ordered-races all)
  compute-sanitizer "${options[@]}" --error-exitcode 1 "$build/bin/$2"
}

cublaslt() {
  PPL_CUBLASLT=1 "$build/bin/cuda_kernel_test" && PPL_CUBLASLT=1 "$build/bin/cuda_op_test"
}

run() {
  phase versions 20 versions
  phase build 200 build_all
  if [[ ! -x $build/bin/step_bench ]]; then
    echo "gpu_check: nothing is built, so nothing is run" >&2
    return
  fi
  phase ops 60 env PPL_SYNC=1 "$build/bin/cuda_op_test"
  phase parts 20 "$build/bin/cuda_kernel_test"
  phase augment 20 "$build/bin/cuda_augment_test"
  phase batches 30 "$build/bin/cuda_batches_test"
  phase graphs 30 "$build/bin/cuda_graph_test"
  phase ranks 45 "$build/bin/communication_test"
  phase training 60 training
  phase goldens 45 "$build/bin/golden_test" --dir tests/goldens --device "$device"
  phase goldens_bf16 30 "$build/bin/golden_test" --dir tests/goldens --device "$device" --bf16
  phase steps 45 steps
  phase torch 120 torch_side eager_nhwc_bf16,compile_nhwc_bf16
  phase epilogues 60 epilogues
  phase plain 40 env PPL_CUDNN=0 "$build/bin/cuda_op_test"
  phase cublaslt 40 cublaslt
  phase memcheck 60 sanitized memcheck cuda_op_test
  phase memcheck_batches 30 sanitized memcheck cuda_batches_test
  phase racecheck 45 sanitized racecheck cuda_kernel_test
  phase torch_autotune 120 torch_side autotune_nhwc_bf16
}

# Only what failed before, or was left out for want of time.
again() {
  local name
  selected=1
  for name in $("$python" "$here/scripts/gpu_check_results.py" --again "$out"); do only[$name]=1; done
  ((${#only[@]})) || { echo "gpu_check: nothing failed in $out"; return; }
  run
}

benches() {
  [[ -x $build/bin/step_bench ]] || phase build 200 build_all
  phase kernels 120 "$build/bin/op_bench" --device "$device" --megabytes 1024
  if [[ $device == cuda ]]; then
    phase products 30 "$build/bin/pointwise_bench"
    phase fusions 60 "$build/bin/fusion_bench" ${small:+--small}
  else
    left_out products "they are for a GPU"
    left_out fusions "they are for a GPU"
  fi
  phase resources 120 scripts/kernel_resources.sh
}

name=$(nvidia-smi -L 2>/dev/null | sed -n 's/^GPU 0: \(.*\) (UUID.*/\1/p')
if [[ -n $name ]]; then
  note "{\"device\": \"$name\"}"
else
  note '{"device": null, "note": "no GPU: what runs on one says that it skips, or fails"}'
fi
"$what"
collect
((${#failed[@]} == 0)) || { echo "gpu_check: failed: ${failed[*]} (logs in $out)" >&2; exit 1; }
