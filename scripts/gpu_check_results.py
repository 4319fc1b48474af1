#!/usr/bin/env python3
"""Puts what gpu_check.sh left in a folder into one file, results.json.

  gpu_check_results.py OUT
  gpu_check_results.py --again OUT      prints the phases that failed or had no time, instead
{"device": .., "phases": [{"phase", "exit", "seconds", .., "lines": [JSON lines of its log]}], "summary": {..}}
"""
import json
import os
import sys


PEER_SETTINGS = ["eager_nhwc_bf16", "compile_nhwc_bf16", "autotune_nhwc_bf16"]


def json_lines(path):
    if not os.path.exists(path):
        return []
    lines = []
    for line in open(path, errors="replace"):
        if not line.startswith("{"):
            continue
        try:
            lines.append(json.loads(line))
        except ValueError:
            pass  # cut off by the time limit
    return lines


def skipped_by_itself(path):
    """What a test says that found no device, and passed: it has not been run."""
    if not os.path.exists(path):
        return None
    with open(path, errors="replace") as log:
        said = [line.strip() for line in log if line.startswith("skipped: ")]
    return said[0][len("skipped: "):] if said else None


def best(lines, key, value):
    found = [line[value] for line in lines if key(line) and line.get(value) is not None]
    return min(found) if found else None


def against_peer(lines):
    """For each mode, size and batch: our best ms and MiB in bf16, and in each setting of the peer ours / its."""
    table = []
    ours = [line for line in lines if line.get("bench") == "step"]
    for mode, size, batch in sorted({(line["mode"], line["size"], line["batch"]) for line in ours}):
        def same(line):
            return (line.get("mode"), line.get("size"), line.get("batch")) == (mode, size, batch)

        row = {"mode": mode, "size": size, "batch": batch}
        for precision in ("f32", "bf16"):
            mine = [line for line in ours if same(line) and line["precision"] == precision and
                    line.get("cudnn_epilogues", "0") == "0"]
            for name, graph in (("eager", False), ("graph", True)):
                row[f"{precision}_{name}_ms"] = best(mine, lambda line: line.get("graph", False) == graph, "ms")
        row["bf16_epilogues_ms"] = best(ours, lambda line: same(line) and line.get("cudnn_epilogues") == "1", "ms")
        row["peak_mib"] = best(ours, lambda line: same(line) and line["precision"] == "bf16", "peak_mib")
        mine = best(ours, lambda line: same(line) and line["precision"] == "bf16", "ms")
        row["peer"] = [{"setting": p["setting"], "ms": p["ms"], "peak_mib": p.get("peak_mib"),
                        "speed_of_ours": round(p["ms"] / mine, 3) if mine else None}
                       for p in lines if "peer" in p and same(p)]
        # Its compiled settings are the ones to beat, and the first that a time limit cuts off.
        row["peer_missing"] = [s for s in PEER_SETTINGS if s not in [p["setting"] for p in row["peer"]]]
        table.append(row)
    return table


def fusions(lines):
    """Each graph of cuDNN's beside our two steps: whether the device takes it, and how many times as quick it is."""
    shape = ("fusion", "batch", "side", "in", "out", "stride")
    result = ("supported", "ratio", "deterministic", "equal", "message", "failed")
    return [{key: line[key] for key in shape + result if key in line} for line in lines if line.get("bench") == "fusion"]


def plain_convolutions(lines):
    """What of the steps plain kernels computed, each once."""
    return sorted({c["convolution"] for line in lines for c in line.get("convolutions", []) if c["by"] == "plain"})


def summary(phases):
    lines = {p["phase"]: p["lines"] for p in phases}
    kernels = [k for k in lines.get("kernels", []) if "share_of_copy" in k]
    bound = [k for k in kernels if not k.get("gflop_per_s")]
    steps = [line for name in ("steps", "epilogues", "torch", "torch_autotune") for line in lines.get(name, [])]
    return {
        "failed": [p["phase"] for p in phases if p.get("exit", 0) != 0],
        "skipped": {p["phase"]: p["skipped"] for p in phases if "skipped" in p},
        "kernels_below_85_percent_of_copy": [
            {key: k[key] for key in ("op", "type", "pass", "ms", "share_of_copy")}
            for k in bound if k["share_of_copy"] < 0.85],
        "kernels_measured": len(kernels),
        "fusions": fusions(lines.get("fusions", [])),
        "plain_convolutions": plain_convolutions(steps),
        "steps": against_peer(steps),
    }


def read(out):
    device, phases = None, {}
    for line in json_lines(os.path.join(out, "results.jsonl")):
        if "phase" in line:
            log = os.path.join(out, line["phase"] + ".log")
            phases[line["phase"]] = {**line, "lines": json_lines(log)}
            why = skipped_by_itself(log) if line.get("exit") == 0 else None
            if why:
                phases[line["phase"]]["skipped"] = why
        elif "device" in line:
            device = line["device"]
    return device, list(phases.values())


def again(out):
    """Names of the phases that are worth another try."""
    return [p["phase"] for p in read(out)[1] if p.get("exit", 0) != 0 or "no time left" in p.get("skipped", "")]


def main(out):
    device, phases = read(out)
    result = {"device": device, "summary": summary(phases), "phases": phases}
    path = os.path.join(out, "results.json")
    with open(path + ".tmp", "w") as f:
        json.dump(result, f, indent=1)
        f.write("\n")
    os.replace(path + ".tmp", path)


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--again":
        print(*again(sys.argv[2]))
    elif len(sys.argv) == 2:
        main(sys.argv[1])
    else:
        sys.exit(__doc__)
