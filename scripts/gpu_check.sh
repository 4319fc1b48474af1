#!/usr/bin/env bash
# What needs a GPU, on a machine that has one: build, tests on the device, sanitizer, benches beside PyTorch, a short
# training run. On a machine without one it says what it could not do.
#   gpu_check.sh pack DIR          copies the headers that a bare machine lacks (doctest, CLI11, fmt, nlohmann/json)
#   gpu_check.sh right [OPTIONS]   build, tests of ops, kernels, augmentation, batches and sums of ranks on the device,
#                                  goldens, training, compute-sanitizer
#   gpu_check.sh quick [OPTIONS]   benches of kernels, products and fusions, steps beside PyTorch, kernel resources
# Options: --out DIR (build/gpu_check)   --build DIR (build/gpu)   --headers DIR (what pack made)
#          --peer FILE (../shared/peer/torch_bench.py)   --python EXE (python3)   --device cuda|cpu (cuda)
#          --skip PHASE, --limit PHASE=SECONDS (may be repeated)   --total SECONDS (530)   --small (to try this script)
# Phases: build ops parts augment batches ranks goldens training memcheck racecheck; kernels products fusions steps
# resources.
# Every phase ends at its limit, or where the total is spent, and leaves OUT/<phase>.log as it goes; OUT/results.jsonl
# gets a line a phase, OUT/results.json holds all in the end. Exit code 1 where a phase failed.
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
  echo "gpu_check: headers are in $prefix/usr"
}

what=${1:-}
if [[ $what == pack ]]; then
  (($# == 2)) || die "pack wants a folder"
  mkdir -p "$2" && pack "$2"
  exit
fi
[[ $what == right || $what == quick ]] || die "expected pack DIR, right or quick; see the file's head"
shift

out=$here/build/gpu_check build=$here/build/gpu headers='' peer=$here/../shared/peer/torch_bench.py python=python3
device=cuda total=530 small=''
declare -A skip=() limits=()
while (($#)); do
  [[ $1 == --small ]] && { small=1; shift; continue; }
  (($# > 1)) || die "$1 wants a value"
  case $1 in
    --out) out=$(realpath -m "$2") ;;
    --build) build=$(realpath -m "$2") ;;
    --headers) headers=$(realpath "$2") || die "--headers: no folder $2" ;;
    --peer) peer=$2 ;;
    --python) python=$2 ;;
    --device) device=$2 ;;
    --skip) skip[$2]=1 ;;
    --limit) [[ $2 =~ ^([a-z]+)=([0-9]+)$ ]] || die "--limit: expected PHASE=SECONDS, got $2"
      limits[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]} ;;
    --total) total=$2 ;;
    *) die "unknown option $1" ;;
  esac
  shift 2
done
[[ $device == cuda || $device == cpu ]] || die "--device: expected cuda or cpu, got $device"
command -v nvcc >/dev/null || PATH=$PATH:/usr/local/cuda/bin
mkdir -p "$out"
cd "$here" || exit 1
failed=()

note() { echo "$1" | tee -a "$out/results.jsonl"; }
left_out() { note "{\"phase\": \"$1\", \"skipped\": \"$2\"}"; }

# phase NAME SECONDS COMMAND...: the command may be a function of this script.
phase() {
  local name=$1 limit=${limits[$1]:-$2} start=$SECONDS code
  shift 2
  [[ -z ${skip[$name]:-} ]] || { left_out "$name" "asked for"; return; }
  ((limit > total - SECONDS)) && limit=$((total - SECONDS))
  ((limit > 0)) || { left_out "$name" "no time left of $total s"; return; }
  export here out build headers peer python device small
  timeout --kill-after=5 "$limit" bash -c "$(declare -f); \"\$@\"" phase "$@" >"$out/$name.log" 2>&1
  code=$?
  note "{\"phase\": \"$name\", \"exit\": $code, \"seconds\": $((SECONDS - start)), \"limit\": $limit}"
  ((code == 0)) || failed+=("$name")
}

# The folder of a Python package of NVIDIA's, such as nvidia.cudnn; nothing where it is missing.
python_package() {
  "$python" -c "import importlib.util as u; print(list(u.find_spec('$1').submodule_search_locations)[0])" 2>/dev/null
}

# from_python NAME PACKAGE HEADER: CMake's variables for a library that the toolkit lacks and Python has.
from_python() {
  local folder library
  for folder in /usr/include /usr/include/x86_64-linux-gnu "$(dirname "$(command -v nvcc)")/../include"; do
    [[ ! -e $folder/$3 ]] || return
  done
  folder=$(python_package "$2") || return
  library=$(ls "$folder"/lib/lib"${2#nvidia.}".so* 2>/dev/null | head -1)
  [[ -n $library ]] && echo "-D$1_INCLUDE_DIR=$folder/include -D$1_LIBRARY=$library"
}

build_all() {
  local arch
  arch=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -1 | tr -d .)
  # shellcheck disable=SC2046  # words on purpose
  cmake -G Ninja -S "$here" -B "$build" -DCMAKE_BUILD_TYPE=Release -DPPL_GPU=cuda ${headers:+-DCMAKE_PREFIX_PATH=$headers/usr} \
    ${arch:+-DCMAKE_CUDA_ARCHITECTURES=$arch-real} $(from_python CUDNN nvidia.cudnn cudnn.h) \
    $(from_python NCCL nvidia.nccl nccl.h) &&
    cmake --build "$build" --parallel "$(nproc)" \
      --target cuda_op_test cuda_kernel_test cuda_augment_test cuda_batches_test communication_test golden_test op_bench \
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

# Ours, eager and as graphs, and then PyTorch's settings, for each kind of step; the larger ones first.
steps() {
  local kinds="train:1024:8 predict:1024:8 train:512:1 predict:512:1" kind mode size batch result=0
  [[ -z $small ]] || kinds="train:64:1 predict:64:1"
  [[ -e $peer ]] || echo "PyTorch's side is left out: there is no $peer"
  for kind in $kinds; do
    IFS=: read -r mode size batch <<<"$kind"
    for graph in "" --graph; do
      [[ $device == cuda || -z $graph ]] || continue
      echo "GRAPH ${graph:-off} $kind"
      "$build/bin/step_bench" --device "$device" --no-roof --mode "$mode" --size "$size" --batch "$batch" $graph || result=1
    done
    [[ -e $peer ]] || continue
    (cd "$(dirname "$peer")" &&
      timeout 170 "$python" "$(basename "$peer")" --device "$device" --mode "$mode" --size "$size" --batch "$batch" --settings all) ||
      echo "PyTorch's side ended with $?: $kind"
  done
  return $result
}

sanitized() {
  compute-sanitizer --tool "$1" --error-exitcode 1 "$build/bin/cuda_op_test"
}

right() {
  phase build 260 build_all
  phase ops 60 env PPL_SYNC=1 "$build/bin/cuda_op_test"
  phase parts 30 "$build/bin/cuda_kernel_test"
  phase augment 30 "$build/bin/cuda_augment_test"
  phase batches 30 "$build/bin/cuda_batches_test"
  phase ranks 60 "$build/bin/communication_test"
  phase goldens 60 "$build/bin/golden_test" --dir tests/goldens --device "$device"
  phase training 60 training
  for tool in memcheck racecheck; do
    if command -v compute-sanitizer >/dev/null; then
      phase $tool 90 sanitized $tool
    else
      left_out $tool "no compute-sanitizer here"
    fi
  done
}

quick() {
  [[ -x $build/bin/step_bench ]] || phase build 260 build_all
  phase kernels 70 "$build/bin/op_bench" --device "$device" --megabytes 1024
  if [[ $device == cuda ]]; then
    phase products 30 "$build/bin/pointwise_bench"
    phase fusions 60 "$build/bin/fusion_bench" ${small:+--small}
  else
    left_out products "they are for a GPU"
    left_out fusions "they are for a GPU"
  fi
  phase steps 400 steps
  phase resources 120 scripts/kernel_resources.sh
}

name=$(nvidia-smi -L 2>/dev/null | sed -n 's/^GPU 0: \(.*\) (UUID.*/\1/p')
if [[ -n $name ]]; then
  note "{\"device\": \"$name\"}"
else
  note '{"device": null, "note": "no GPU: what runs on one says that it skips, or fails"}'
fi
"$what"
"$python" scripts/gpu_check_results.py "$out" || echo "gpu_check: $out/results.json could not be written" >&2
((${#failed[@]} == 0)) || { echo "gpu_check: failed: ${failed[*]} (logs in $out)" >&2; exit 1; }
