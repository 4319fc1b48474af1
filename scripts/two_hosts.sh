#!/usr/bin/env bash
# Two "hosts" on one machine: a command under mpirun, one process in each of two network namespaces, joined by a link.
#   scripts/two_hosts.sh NAME RATE COMMAND...
# NAME (at most 8 letters): the namespaces are NAME-a and NAME-b, their ends of the link NAME-0 (10.77.0.1) and NAME-1
# (10.77.0.2). RATE as `tc` has it, 1gbit; "-" leaves the link as it is. Needs root, iproute2 and Open MPI's mpirun.
# OMP_NUM_THREADS is passed on; exits as mpirun does.
set -euo pipefail
[[ $# -ge 3 ]] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
a=$1-a b=$1-b links=("$1-0" "$1-1") rate=$2
shift 2

agent=$(mktemp)
clean_up() {
  rm -f "$agent"
  ip netns del "$a" 2>/dev/null || true
  ip netns del "$b" 2>/dev/null || true
}
trap clean_up EXIT
trap 'exit 143' TERM INT

ip netns add "$a"
ip netns add "$b"
ip link add "${links[0]}" netns "$a" type veth peer name "${links[1]}" netns "$b"
i=0
for host in "$a" "$b"; do
  ip -n "$host" addr add "10.77.0.$((i + 1))/24" dev "${links[i]}"
  ip -n "$host" link set lo up
  ip -n "$host" link set "${links[i]}" up
  # mpirun itself waits for TCP to give up on a cut link: after some 3 s instead of 15 minutes.
  ip netns exec "$host" sysctl -qw net.ipv4.tcp_retries2=3
  [[ $rate == - ]] || tc -n "$host" qdisc add dev "${links[i]}" root tbf rate "$rate" burst 1mb latency 50ms
  i=$((i + 1))
done
# What mpirun takes for ssh: the host's name, then a command.
printf '#!/bin/bash\nshift\nexec ip netns exec %s bash -c "$*"\n' "$b" >"$agent"
chmod +x "$agent"

ip netns exec "$a" mpirun --allow-run-as-root --bind-to none -np 2 --host 10.77.0.1,10.77.0.2 \
  --mca plm_rsh_agent "$agent" --mca btl tcp,self --mca btl_tcp_if_include 10.77.0.0/24 \
  --mca oob_tcp_if_include 10.77.0.0/24 -x OMP_NUM_THREADS "$@"
