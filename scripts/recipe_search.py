#!/usr/bin/env python3
"""Trains a recipe and one-change variants of it with several seeds, and writes a table of what each change brings.

    scripts/recipe_search.py BASE.json VARIANTS.json OUT [--bin DIR] [--seeds 0 1 2] [--held-back LIST] [--table]

BASE: a configuration of `train` with one stage, whose `train` is one folder of <id>_sat.* and <id>_mask.*. VARIANTS: an
object of names, each an object of keys as --set takes them, such as {"cosine": {"stages.0.schedule.name": "cosine"}};
the base itself comes first, under the name base. A part of the training tiles is held back: the ids of LIST, a line
each, or every fifth by name (OUT/held_back.txt says which). Choices go by these alone; the base's validation tiles are
predicted once at the end with the threshold chosen there, and only reported.

The same command goes on where it was stopped: finished runs are kept, begun ones resumed. Runs whose keys or tiles are
not those of the command are refused. Times are those of this machine, as busy as it is: give it quiet cores. OUT/table.md,
OUT/table.json."""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys


def fail(what):
    sys.exit(f"recipe_search: {what}")


def run(command, **more):
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE, **more)
    if done.returncode == 75:
        sys.exit(75)  # stopped and saved; the same command goes on
    if done.returncode != 0:
        fail(f"{' '.join(str(word) for word in command)}: exit code {done.returncode}")
    return done.stdout


def tile_pairs(source):
    """{id: (image, mask)} of a folder, as `train` reads it."""
    folder = pathlib.Path(source["path"])
    masks = pathlib.Path(source["masks"] or source["path"])
    if not folder.is_dir():
        fail(f"{folder}: expected a folder of tiles; packed files and lists cannot be held back from")
    pairs = {}
    for image in sorted(folder.iterdir()):
        name = image.stem[:-4] if image.stem.endswith("_sat") else image.stem
        if image.stem.endswith("_mask") or (not source["masks"] and not image.stem.endswith("_sat")):
            continue
        found = sorted(masks.glob(f"{name}_mask.*"))
        if len(found) != 1:
            fail(f"{image}: {len(found)} masks {name}_mask.* in {masks}")
        pairs[name] = (image.resolve(), found[0].resolve())
    if not pairs:
        fail(f"{folder}: holds no <id>_sat image")
    return pairs


def hold_back(pairs, path):
    """Ids held back, as a list."""
    if path is None:
        return sorted(pairs)[2::5]
    ids = [line.strip() for line in pathlib.Path(path).read_text().splitlines() if line.strip()]
    unknown = [name for name in ids if name not in pairs]
    if unknown:
        fail(f"{path}: {unknown[0]} is none of the {len(pairs)} training tiles")
    return ids


def write_once(path, text):
    if path.exists() and path.read_text() != text:
        fail(f"{path}: an earlier search had other tiles or keys; take another OUT, or remove this one")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


class Search:
    def __init__(self, arguments):
        self.base, self.out = arguments.base, pathlib.Path(arguments.out).resolve()
        self.bin, self.seeds = pathlib.Path(arguments.bin).resolve(), arguments.seeds
        if not self.base.is_file():
            fail(f"{self.base}: is not there")
        self.variants = {"base": {}}
        for name, keys in json.loads(arguments.variants.read_text()).items():
            if name in self.variants or not isinstance(keys, dict) or "/" in name:
                fail(f"{arguments.variants}: '{name}': expected a name of its own and an object of keys")
            self.variants[name] = keys
        config = json.loads(run([self.bin / "train", self.base, "--print-config"]))
        if len(config["stages"]) != 1 or len(config["stages"][0]["train"]) != 1:
            fail(f"{self.base}: expected one stage with one source of tiles")
        self.stage = config["stages"][0]
        self.held_back = arguments.held_back

    def lists(self):
        pairs = tile_pairs(self.stage["train"][0])
        held = set(hold_back(pairs, self.held_back))
        for name, ids in (("held_back", held), ("kept", set(pairs) - held)):
            if not ids:
                fail(f"no tile is {name.replace('_', ' ')} of {len(pairs)}")
            write_once(self.out / f"{name}.txt", "".join(f"{pairs[i][0]}\t{pairs[i][1]}\n" for i in sorted(ids)))

    def settings(self, name, seed, folder):
        source = {key: value for key, value in self.stage["train"][0].items() if key not in ("path", "masks")}
        sets = {"seed": seed, "run": str(folder),
                "stages.0.train": [{**source, "path": str(self.out / "kept.txt")}],
                "stages.0.validation": [{**source, "path": str(self.out / "held_back.txt")}],
                "stages.0.choose_threshold": True, **self.variants[name]}
        return [word for key, value in sets.items() for word in ("--set", f"{key}={json.dumps(value)}")]

    def train(self, name, seed):
        folder = self.out / f"{name}-{seed}"
        write_once(folder.with_suffix(".keys.json"), json.dumps(self.variants[name], sort_keys=True) + "\n")
        done = folder / "search.json"
        if done.exists():
            return
        begun = (folder / "config.json").exists()
        command = ["--resume", folder] if begun else [self.base, *self.settings(name, seed, folder)]
        print(f"== {name}, seed {seed}{', resumed' if begun else ''}", file=sys.stderr, flush=True)
        run([self.bin / "train", *command])
        stage = folder / self.stage["name"]
        average = stage / "best_average.safetensors"
        weights = average if average.exists() else stage / "best.safetensors"
        info = json.loads(run([self.bin / "weights", "info", weights, "--json"]))
        result = {"weights": weights.name, "threshold": float(info["metadata"]["threshold"]),
                  "held_back": self.score(weights, self.out / "held_back", folder / "held_back"),
                  "val": self.report_val(weights, folder)}
        done.write_text(json.dumps(result) + "\n")

    def report_val(self, weights, folder):
        sources = self.stage["validation"]
        if len(sources) != 1 or sources[0]["masks"] or not pathlib.Path(sources[0]["path"]).is_dir():
            return None
        return self.score(weights, pathlib.Path(sources[0]["path"]), folder / "val")

    def score(self, weights, tiles, out):
        if not tiles.exists():  # held back: a folder of links, since predict takes folders
            tiles.mkdir()
            for line in (self.out / f"{tiles.name}.txt").read_text().splitlines():
                for path in map(pathlib.Path, line.split("\t")):
                    (tiles / path.name).symlink_to(path)
        run([self.bin / "predict", weights, tiles, out, "--tta", "1", "--existing", "overwrite"])
        return json.loads(run([self.bin / "score", "iou", tiles, out, "--json"]))


def epochs_of(folder):
    """[(epoch, seconds since the start, IoU on the held back tiles)] of what was validated."""
    rows, seconds = [], 0.0
    for line in (folder / "log.jsonl").read_text().splitlines():
        epoch = json.loads(line)
        parts = [epoch[part] for part in ("validation", "validation_average") if part in epoch]
        seconds += epoch["seconds"] + sum(part["seconds"] for part in parts)
        if parts:
            rows.append((epoch["epoch"], seconds, max(part["iou"] for part in parts)))
    return rows


def iou_until(rows, limit, column):
    """The best IoU of what lies within a limit of epochs (column 0) or seconds (column 1)."""
    reached = [row[2] for row in rows if row[column] <= limit * (1 + 1e-9)]
    return max(reached) if reached else None


def summary(values):
    values = [value for value in values if value is not None]
    if not values:
        return "-"
    spread = f" ({min(values):.3f} to {max(values):.3f})" if len(values) > 1 else ""
    return f"{statistics.mean(values):.3f}{spread}"


def table(search):
    results = {}
    for name in search.variants:
        for seed in search.seeds:
            folder = search.out / f"{name}-{seed}"
            if (folder / "search.json").exists():
                found = json.loads((folder / "search.json").read_text())
                results.setdefault(name, {})[seed] = {**found, "epochs": epochs_of(folder)}
    if "base" not in results:
        return "no run of the base is finished yet\n", results
    base = results["base"]
    last = max(rows["epochs"][-1][0] for rows in base.values())
    clock = statistics.mean(rows["epochs"][-1][1] for rows in base.values())
    marks = sorted({max(1, round(last * share)) for share in (1 / 3, 2 / 3, 1)})
    text = ("IoU (one view, threshold of the configuration) on the tiles held back: mean of seeds, least to most; F1 and "
            "`val` at the threshold chosen on the tiles held back.\n\n")
    text += "| change | " + " | ".join(f"epoch {mark}" for mark in marks)
    text += (f" | in the base's {clock:.0f} s | own time, s | IoU, chosen threshold | F1 | threshold | val IoU | seeds |\n"
             + "|---" * (len(marks) + 8) + "|\n")
    for name, of_seeds in results.items():
        runs = list(of_seeds.values())
        cells = [summary(iou_until(r["epochs"], mark, 0) for r in runs) for mark in marks]
        cells.append(summary(iou_until(r["epochs"], clock, 1) for r in runs))
        cells.append(f"{statistics.mean(r['epochs'][-1][1] for r in runs):.0f}")
        cells += [summary(r["held_back"][key] for r in runs) for key in ("global_iou", "f1")]
        cells.append(summary(r["threshold"] for r in runs))
        cells.append(summary(r["val"] and r["val"]["global_iou"] for r in runs))
        cells.append(", ".join(str(seed) for seed in of_seeds))
        text += f"| {name} | " + " | ".join(cells) + " |\n"
    return text, results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=pathlib.Path)
    parser.add_argument("variants", type=pathlib.Path)
    parser.add_argument("out")
    parser.add_argument("--bin", default="build/bin", help="folder of the programs")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--held-back", help="ids of training tiles that choices go by, a line each; else every fifth")
    parser.add_argument("--table", action="store_true", help="only the table of what is there")
    search = Search(parser.parse_args())
    if not parser.parse_args().table:
        search.lists()
        for seed in search.seeds:  # the first seed of all changes before the second of any
            for name in search.variants:
                search.train(name, seed)
    text, results = table(search)
    search.out.mkdir(parents=True, exist_ok=True)
    (search.out / "table.md").write_text(text)
    (search.out / "table.json").write_text(json.dumps(results, indent=1) + "\n")
    print(text, end="")


if __name__ == "__main__":
    main()
