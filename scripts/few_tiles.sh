#!/usr/bin/env bash
# Fine-tunes given weights on a few tiles of one's own, and says by cross-validation what to expect of them elsewhere.
#   scripts/few_tiles.sh [--bin DIR] [--frozen] [--folds 3] [--epochs 10] [--crops 96] [--crop 256] WEIGHTS TILES OUT
# TILES: a folder of <id>_sat.* and <id>_mask.*, ten or so. Each fold is trained without its tiles and scored on them, then
# all tiles train OUT/weights.safetensors, with the mean of the folds' thresholds.
# --frozen  the encoder's weights stay as they are: for very few tiles, or imagery like that of WEIGHTS
# --crops   an epoch's; --crop its side (train makes it smaller where the tiles are). One class only.
# The same command goes on where it was stopped. SEED=1 takes other crops and folds.
set -euo pipefail
here=$(realpath "$(dirname "$0")/..")
bin='' frozen=0 folds=3 epochs=10 crops=96 crop=256
while [[ ${1:-} == --* ]]; do
  case $1 in
    --bin) bin=$(realpath "${2:?}") && shift ;;
    --frozen) frozen=1 ;;
    --folds | --epochs | --crops | --crop)
      [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || { echo "few_tiles: $1 wants a whole number" >&2 && exit 2; }
      declare "${1#--}=$2" && shift ;;
    *) echo "few_tiles: unknown option $1" >&2 && exit 2 ;;
  esac
  shift
done
[[ $# -eq 3 ]] || { sed -n '3p' "$0" | cut -c3- >&2 && exit 2; }
weights=$(realpath "$1") tiles=$(realpath "$2") out=$(realpath -m "$3")
if [[ -z $bin ]]; then
  cd "$here"
  scripts/setup.sh
  cmake -G Ninja -S . -B build -DCMAKE_BUILD_TYPE=Release -DPPL_TESTS=OFF >/dev/null
  cmake --build build --parallel "$(nproc)" --target train predict score weights
  bin=$here/build/bin
fi
mkdir -p "$out"
"$bin/weights" info "$weights" --json >"$out/start.json"
epochs=$epochs crops=$crops crop=$crop frozen=$frozen python3 - "$bin" "$weights" "$tiles" "$out" "$folds" "${SEED:-0}" <<'PYTHON'
import json, os, pathlib, statistics, subprocess, sys

bin, weights, tiles, out = map(pathlib.Path, sys.argv[1:5])
folds, seed = int(sys.argv[5]), int(sys.argv[6])
number = {name: int(os.environ[name]) for name in ("epochs", "crops", "crop", "frozen")}


def fail(what):
    sys.exit(f"few_tiles: {what}")


def run(*words):
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)  # the program has said why
    return done.stdout


start = json.loads((out / "start.json").read_text())["metadata"]
if "network" not in start:
    fail(f"{weights}: names no network; weights import --network makes a file that does")
if start.get("classes", "1") != "1":
    fail(f"{weights}: has {start['classes']} classes; expected one")
pairs = {}
for image in sorted(tiles.glob("*_sat.*")):
    found = sorted(tiles.glob(f"{image.stem[:-4]}_mask.*"))
    if len(found) != 1:
        fail(f"{image}: {len(found)} masks beside it")
    pairs[image.stem[:-4]] = (image, found[0])
if len(pairs) < folds or folds < 2:
    fail(f"{tiles}: {len(pairs)} tiles <id>_sat.* for {folds} folds; expected two folds, and a tile for each")
ids = sorted(pairs)
parts = [ids[(k + seed) % folds::folds] for k in range(folds)]


def listed(name, of):
    (out / f"{name}.txt").write_text("".join(f"{pairs[i][0]}\t{pairs[i][1]}\n" for i in of))
    return str(out / f"{name}.txt")


def folder(name, of):
    where = out / name
    where.mkdir(exist_ok=True)
    for i in of:
        for path in pairs[i]:
            if not (where / path.name).is_symlink():
                (where / path.name).symlink_to(path)
    return where


def configuration(name, train, validation):
    stage = {"name": "own", "train": listed(f"{name}-train", train), "tiles_per_epoch": number["crops"],
             "loss": "dice_bce", "learning_rate": 1e-4, "schedule": {"name": "cosine"}, "optimizer": {"name": "adamw"},
             "epochs": number["epochs"], "crop": number["crop"], "batch": 4, "patience": 0, "monitor": "training_loss",
             "freeze_encoder_epochs": number["epochs"] if number["frozen"] else 0, "validate_every": 1000000}
    if validation:
        stage |= {"validation": [{"path": listed(f"{name}-validation", validation), "allow_empty": True}],
                  "choose_threshold": True}
    return {"run": str(out / name), "seed": seed, "initial_weights": str(weights), "input": json.loads(start["input"]),
            "network": {"name": start["network"], "bands": int(start["bands"])}, "stages": [stage]}


def train(name, train, validation=()):
    path, text = out / f"{name}.json", json.dumps(configuration(name, train, validation), indent=1)
    if path.exists() and path.read_text() != text:
        fail(f"{path}: made with other tiles or options; take another OUT, or remove this one")
    path.write_text(text)
    begun = (out / name / "config.json").exists()
    run(bin / "train", *(["--resume", out / name] if begun else [path]))
    return out / name / "own/best.safetensors"


def predicted(name, of, by, *more):
    run(bin / "predict", by, folder(f"{name}-tiles", of), out / f"{name}-masks", "--tta", "1", "--existing", "overwrite",
        *more)
    return json.loads(run(bin / "score", "iou", out / f"{name}-tiles", out / f"{name}-masks", "--json"))


before, after, thresholds = [], [], []
for k, held in enumerate(parts):
    by = train(f"fold{k}", [i for i in ids if i not in held], held)
    # Best by training loss, at the threshold of the other folds: what is scored has chosen nothing.
    best = json.loads(run(bin / "weights", "info", out / f"fold{k}/own/best.safetensors", "--json"))["metadata"]
    thresholds.append(float(best["threshold"]))
for k, held in enumerate(parts):
    others = statistics.mean(t for j, t in enumerate(thresholds) if j != k)
    before.append(predicted(f"before{k}", held, weights)["global_iou"])
    after.append(predicted(f"fold{k}", held, out / f"fold{k}/own/best.safetensors", "--threshold", f"{others:.4f}")["global_iou"])
threshold = statistics.mean(thresholds)
final = train("all", ids)
run(bin / "weights", "import", final, out / "weights.safetensors", "--threshold", f"{threshold:.4f}", "--existing", "overwrite")
figures = {"before": before, "after": after, "threshold": threshold}
(out / "expect.json").write_text(json.dumps(figures) + "\n")
said = lambda v: f"{statistics.mean(v):.3f} ({min(v):.3f} to {max(v):.3f})"
print(f"{out}/weights.safetensors: expect an IoU of {said(after)} on tiles like these, {len(parts)} folds;\n"
      f"the weights as they were: {said(before)}. Threshold {threshold:.3f}.")
if statistics.mean(after) <= statistics.mean(before):
    print("Fine-tuning has not helped: keep the weights as they were, or add tiles.")
PYTHON
