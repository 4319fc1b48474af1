#!/usr/bin/env python3
"""A whole ONNX model, run by onnxruntime as QGIS' Deepness plugin runs it, beside `predict`, on tiles.

check_whole.py BIN WEIGHTS TILES [--classes NAME ...]

BIN is the folder of our programs, TILES a folder of 8-bit images, all of one size. Needs numpy, Pillow and onnxruntime;
exit code 77 without them. Exports with --whole, with and without --bytes; reads the metadata as the plugin does; feeds
each tile, applies the plugin's threshold and argmax; and compares with the probabilities and masks of
`predict --tta 1`. Where the package stac-model is installed, the STAC Item is read by it too. Exit code 1 where a
probability differs by more than 1e-4, or a pixel's class does whose probability is further than 1e-4 from the
threshold.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import numpy as np
    import onnxruntime
    from PIL import Image
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

ALLOWED = 1e-4


def run(*command):
    subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL)


def metadata_of(session):
    """What the plugin makes of the texts: all but ours are JSON."""
    texts = session.get_modelmeta().custom_metadata_map
    keys = ("model_type", "class_names", "tile_size", "tiles_size", "tiles_overlap", "seg_thresh",
            "seg_small_segment", "standardization_mean", "standardization_std")
    values = {k: json.loads(texts[k]) for k in keys}
    if "resolution" in texts:
        values["resolution"] = float(json.loads(texts["resolution"]))
    assert values["model_type"].capitalize() == "Segmentor"
    assert sorted(values["class_names"], key=int) == [str(i) for i in range(len(values["class_names"]))]
    assert values["tile_size"] == values["tiles_size"] == session.get_inputs()[0].shape[-1]
    return values


def as_plugin(session, meta, image, as_bytes):
    """[H,W,bands] u8 to the plugin's classes [H,W] and the probabilities [1 + classes,H,W]."""
    bands = session.get_inputs()[0].shape[-3]
    x = image[None, :, :, :bands]
    if not as_bytes:
        x = np.float32(x / 255.0)
        x = np.float32((x - np.array(meta["standardization_mean"])) / np.array(meta["standardization_std"]))
    p = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x.transpose(0, 3, 1, 2))})[0]
    kept = p.copy()
    kept[kept < meta["seg_thresh"]] = 0
    return np.argmax(kept, axis=1)[0], p[0]


def check_item(path):
    item = json.loads(path.read_text())
    assert item["type"] == "Feature" and (path.parent / item["assets"]["model"]["href"]).stat().st_size == \
        item["assets"]["model"]["file:size"]
    try:
        import pystac
        from stac_model.schema import MLModelProperties
    except ImportError:
        print("STAC Item: stac-model is not installed, read as JSON only")
        return
    MLModelProperties(**item["properties"])
    pystac.Item.from_dict({**item, "stac_extensions": []}).validate()  # the core's schemas, which pystac ships
    print("STAC Item: read by stac-model and pystac")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("tiles", type=Path)
    parser.add_argument("--classes", nargs="*", default=[])
    args = parser.parse_args()
    images = sorted(p for p in args.tiles.iterdir() if p.suffix in (".png", ".jpg", ".tif"))
    size = Image.open(images[0]).size[0]
    largest, wrong, unsure, pixels = 0.0, 0, 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(args.bin / "predict", args.weights, args.tiles, folder / "out", "--tta", "1", "--probabilities", "f32",
            "--quiet")
        for as_bytes in (False, True):
            model = folder / ("bytes.onnx" if as_bytes else "unit.onnx")
            run(args.bin / "weights", "export", "--whole", args.weights, model, "--size", size, "--quiet",
                *(["--bytes"] if as_bytes else []), *(["--classes", *args.classes] if args.classes else []))
            check_item(model.with_suffix(".stac.json"))
            session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
            meta = metadata_of(session)
            for path in images:
                stem = path.stem.removesuffix("_sat")
                classes, p = as_plugin(session, meta, np.array(Image.open(path).convert("RGB")), as_bytes)
                theirs = np.array(Image.open(folder / f"out/{stem}_prob.tif"))
                mask = np.array(Image.open(folder / f"out/{stem}_mask.png"))
                largest = max(largest, float(np.abs(p[1] - theirs).max()))
                differs = (classes != 0) != (mask != 0)
                near = np.abs(theirs - meta["seg_thresh"]) <= ALLOWED
                wrong += int((differs & ~near).sum())
                unsure += int((differs & near).sum())
                pixels += mask.size
    print(f"{len(images)} tiles twice: probabilities differ by up to {largest:.1e}; of {pixels} pixels {wrong} have "
          f"another class, and {unsure} more at the threshold itself")
    return 1 if largest > ALLOWED or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
