#!/usr/bin/env bash
# Training in one and in two processes of one core each, in turn: tiles/s, where the time goes, how much of the sums is hidden.
#   scripts/ranks.sh [SIZE [BATCH [STEPS]]]     512 4 12; needs mpirun and two idle cores
# With RATE=1gbit the two processes are two "hosts": network namespaces joined by a veth pair whose link is that slow (needs root).
set -euo pipefail
cd "$(dirname "$0")/.."
size=${1:-512} batch=${2:-4} steps=${3:-12}
train=${PPL_BIN:-build/bin}/train scene=${PPL_BIN:-build/bin}/scene
export OMP_NUM_THREADS=1
work=$(mktemp -d)
one=ppl-one-$$ two=ppl-two-$$
clean_up() {
  rm -rf "$work"
  if [[ -n ${RATE:-} ]]; then ip netns del "$one" 2>/dev/null || true; ip netns del "$two" 2>/dev/null || true; fi
}
trap clean_up EXIT

"$scene" "$work/scene" --seed 1 --quiet
cat >"$work/recipe.json" <<JSON
{"run": "$work/run", "precision": "${PRECISION:-f32}", "workers": 1, "threads": 1, "checkpoint": {"every_minutes": 0},
 "ranks": {"wire": "${WIRE:-f32}"},
 "stages": [{"train": "$work/scene/train", "crop": $size, "batch": $batch, "epochs": 1, "monitor": "training_loss", "drop_last": false}]}
JSON

# profile NAME RANKS COMMAND...: steps are the same for any number of ranks.
profile() {
  local name=$1 ranks=$2
  shift 2
  echo "== $name, $size x $size, batch $batch a rank"
  "$@" "$train" "$work/recipe.json" --overwrite --profile --set "stages.0.tiles_per_epoch=$((steps * batch * ranks))" 2>&1 |
    sed -n '/^rank /,$p'
}

two_hosts() {
  ip netns add "$one" && ip netns add "$two"
  ip link add "veth-a$$" netns "$one" type veth peer name "veth-b$$" netns "$two"
  ip -n "$one" addr add 10.77.0.1/24 dev "veth-a$$"
  ip -n "$two" addr add 10.77.0.2/24 dev "veth-b$$"
  for side in "$one veth-a$$" "$two veth-b$$"; do
    read -r space link <<<"$side"
    ip -n "$space" link set lo up
    ip -n "$space" link set "$link" up
    tc -n "$space" qdisc add dev "$link" root tbf rate "$RATE" burst 1mb latency 50ms
  done
  # What mpirun takes for ssh: the host's name, then a command.
  printf '#!/bin/bash\nshift\nexec ip netns exec %s bash -c "$*"\n' "$two" >"$work/agent"
  chmod +x "$work/agent"
}

mpi=(mpirun --allow-run-as-root --oversubscribe --bind-to core -np 2)
if [[ -n ${RATE:-} ]]; then
  two_hosts
  mpi=(ip netns exec "$one" mpirun --allow-run-as-root --bind-to none -np 2 --host 10.77.0.1,10.77.0.2
    --mca plm_rsh_agent "$work/agent" --mca btl tcp,self --mca btl_tcp_if_include 10.77.0.0/24
    --mca oob_tcp_if_include 10.77.0.0/24 -x OMP_NUM_THREADS)
fi
for round in 1 2; do
  profile "one process" 1 taskset -c 0
  profile "two processes${RATE:+, link of $RATE}" 2 "${mpi[@]}"
done
