#!/usr/bin/env bash
# Training in one process, in two alone at the same time, and in two together, of one core each, in turn: tiles/s a rank,
# where the time goes, how much of the sums is hidden. What the two alone lose against the one is the machine's (memory,
# clock), what the two together lose against them is training together.
#   scripts/ranks.sh [SIZE [BATCH [STEPS]]]     512 4 12; needs mpirun and two idle cores
# With RATE=1gbit the two processes are two "hosts": network namespaces joined by a veth pair whose link is that slow (needs root).
set -euo pipefail
cd "$(dirname "$0")/.."
size=${1:-512} batch=${2:-4} steps=${3:-12}
train=${PPL_BIN:-build/bin}/train town=${PPL_BIN:-build/bin}/town
export OMP_NUM_THREADS=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$town" "$work/town" --seed 1 --quiet
cat >"$work/recipe.json" <<JSON
{"run": "$work/run", "precision": "${PRECISION:-f32}", "workers": 1, "threads": 1, "checkpoint": {"every_minutes": 0},
 "ranks": {"wire": "${WIRE:-f32}"},
 "stages": [{"train": "$work/town/train", "crop": $size, "batch": $batch, "epochs": 1, "monitor": "training_loss", "drop_last": false}]}
JSON

# profile NAME RANKS COMMAND...: steps are the same for any number of ranks.
profile() {
  local name=$1 ranks=$2
  shift 2
  echo "== $name, $size x $size, batch $batch a rank"
  "$@" "$train" "$work/recipe.json" --overwrite --profile --set "run=$work/run-$BASHPID" --set "stages.0.tiles_per_epoch=$((steps * batch * ranks))" 2>&1 |
    sed -n '/^rank /,$p'
}

mpi=(mpirun --allow-run-as-root --oversubscribe --bind-to core -np 2)
[[ -z ${RATE:-} ]] || mpi=(scripts/two_hosts.sh "ppl$$" "$RATE")
for round in 1 2; do
  profile "one process" 1 taskset -c 0
  profile "one of two processes alone" 1 taskset -c 1 >/dev/null &
  profile "one of two processes alone" 1 taskset -c 0
  wait
  profile "two processes${RATE:+, link of $RATE}" 2 "${mpi[@]}"
done
