#!/usr/bin/env python3
"""Compares how `tiles pack` reads images and masks with Pillow and rasterio, over made inputs and those of folders.

  compare_readings_images.py BIN [FOLDER ...]    BIN: folder of the built programs; FOLDER: pairs <id>_sat.*, <id>_mask.*

Needs Pillow, numpy and rasterio. Each made mask is read as what was meant, or refused in a message that names it and the
option: what is expected stands beside it. Of the pairs in folders, images are read by Pillow or rasterio, masks in this
file's own words of the rules. Exit code 1 where a pixel differs.
"""
import argparse
import pathlib
import sys
import tempfile
import warnings

import numpy as np
import rasterio
from PIL import Image, ImageFile
from rasterio.transform import from_origin

from packed_tiles import pack

Image.MAX_IMAGE_PIXELS = None
ImageFile.LOAD_TRUNCATED_IMAGES = True
warnings.filterwarnings("ignore", category=rasterio.errors.NotGeoreferencedWarning)
SIDE = 32
rng = np.random.default_rng(3)
SHAPE = np.zeros((SIDE, SIDE), bool)
SHAPE[8:20, 5:25] = True
HOLE = np.zeros((SIDE, SIDE), bool)
HOLE[:6] = True
NO_DATA = np.where(HOLE, 255, SHAPE)  # classes with the top rows ignored


def tiff(path, bands, **profile):
    bands = np.asarray(bands)
    bands = bands[None] if bands.ndim == 2 else bands
    colormap, alpha = profile.pop("colormap", None), profile.pop("alpha", None)
    profile = {"driver": "GTiff", "height": bands.shape[1], "width": bands.shape[2], "count": bands.shape[0],
               "dtype": bands.dtype, "transform": from_origin(0, 0, 1, 1), **profile}
    with rasterio.open(path, "w", **profile) as f:
        if colormap:
            f.write_colormap(1, colormap)
        if alpha:
            kinds = rasterio.enums.ColorInterp
            f.colorinterp = [kinds.gray] + [kinds.undefined] * (bands.shape[0] - 2) + [kinds.alpha]
        f.write(bands)


def palette_png(path, index, colours, **options):
    image = Image.fromarray(index.astype(np.uint8), "P")
    image.putpalette([v for c in colours for v in c])
    image.save(path, **options)


def painted(on, off=(0, 0, 0)):
    return np.where(SHAPE[..., None], np.array(on, np.uint8), np.array(off, np.uint8)).astype(np.uint8)


def grey(on, off=0, dtype=np.uint8):
    return np.where(SHAPE, on, off).astype(dtype)


def save_png(array, **options):
    return lambda path: Image.fromarray(array).save(path + ".png", **options)


def save_tiff(array, **profile):
    return lambda path: tiff(path + ".tif", array, **profile)


def voc_palette():
    colours = []
    for i in range(256):
        c = [0, 0, 0]
        for bit in range(8):
            for k in range(3):
                c[k] |= (i >> (3 * bit + k) & 1) << (7 - bit)
        colours.append(tuple(c))
    return colours


VOC = voc_palette()
REFUSED = None
Y = SHAPE.astype(np.uint8)

# name: (writes the mask, what is meant or REFUSED, options)
MASKS = {
    "0/1": (save_png(grey(1)), Y),
    "0/255": (save_png(grey(255)), Y),
    "one bit": (save_png(SHAPE), Y),
    "0/255 as R,G,B": (save_png(painted((255, 255, 255))), Y),
    "0/1/255": (save_png(np.where(HOLE, 255, grey(1)).astype(np.uint8)), NO_DATA),
    "0/255 in 16 bits": (save_png(grey(255, dtype=np.uint16)), Y),
    "0/65535": (save_png(grey(65535, dtype=np.uint16)), Y),
    "red": (save_png(painted((255, 0, 0))), Y),
    "dark blue": (save_png(painted((0, 0, 100))), Y),
    "CVAT's colour": (save_png(painted((250, 50, 83))), Y),
    "red on white": (save_png(painted((255, 0, 0), (255, 255, 255))), REFUSED),
    "red on white, told": (save_png(painted((255, 0, 0), (255, 255, 255))), Y, "--foreground=255,0,0"),
    "three colours": (save_png(np.where(HOLE[..., None], np.uint8(9) * np.array([1, 2, 3], np.uint8),
                                        painted((255, 0, 0)))), REFUSED),
    "DeepGlobe's, not pure": (save_png(np.where(HOLE, 3, grey(252)).astype(np.uint8)), REFUSED),
    "DeepGlobe's, told": (save_png(np.where(HOLE, 3, grey(252)).astype(np.uint8)), Y, "--foreground=128-255"),
    "JPEG": (lambda p: Image.fromarray(grey(255)).save(p + ".jpg", quality=80), REFUSED),
    "JPEG, told": (lambda p: Image.fromarray(grey(255)).save(p + ".jpg", quality=98), Y, "--foreground=128-255"),
    "labelme's palette": (lambda p: palette_png(p + ".png", Y, VOC), Y),
    "VOC with its border": (lambda p: palette_png(p + ".png", np.where(HOLE, 255, Y), VOC), NO_DATA),
    "VOC's class 15": (lambda p: palette_png(p + ".png", Y * 15, VOC), REFUSED),
    "VOC's class 15, told": (lambda p: palette_png(p + ".png", Y * 15, VOC), Y, "--foreground=15"),
    "VOC's class 15, by colour": (lambda p: palette_png(p + ".png", Y * 15, VOC), Y, "--foreground=192,128,128"),
    "palette, white first": (lambda p: palette_png(p + ".png", 1 - Y, [(255, 255, 255), (0, 0, 0)]), REFUSED),
    "grey palette": (lambda p: palette_png(p + ".png", Y * 255, [(i, i, i) for i in range(256)]), Y),
    "palette TIFF": (save_tiff(Y, colormap={0: (0, 0, 0, 255), 1: (255, 0, 0, 255)}), Y),
    "0/2": (save_png(grey(2)), REFUSED),
    "1/2": (save_png(grey(2, 1)), REFUSED),
    "1/2, told": (save_png(grey(2, 1)), Y, "--foreground=2"),
    "0/100": (save_png(grey(100)), REFUSED),
    "probabilities": (save_png((rng.random((SIDE, SIDE)) * 255).astype(np.uint8)), REFUSED),
    "float TIFF": (save_tiff(grey(1, dtype=np.float32)), Y),
    "float TIFF with NaN": (save_tiff(np.where(HOLE, np.nan, grey(1)).astype(np.float32)), NO_DATA),
    "float TIFF of 0.5": (save_tiff(grey(0.5, dtype=np.float32)), REFUSED),
    "int16 TIFF": (save_tiff(grey(1, dtype=np.int16)), Y),
    "int32 TIFF, -9999 declared": (save_tiff(np.where(HOLE, -9999, grey(1, dtype=np.int32)), nodata=-9999), NO_DATA),
    "int32 TIFF, -9999": (save_tiff(np.where(HOLE, -9999, grey(1, dtype=np.int32))), REFUSED),
    "255 declared": (save_tiff(np.where(HOLE, 255, grey(1)).astype(np.uint8), nodata=255), NO_DATA),
    "0/255, 7 declared": (save_tiff(np.where(HOLE, 7, grey(255)).astype(np.uint8), nodata=7), NO_DATA),
    "0 declared (QGIS)": (save_tiff(grey(1), nodata=0), REFUSED),
    "0 declared, told": (save_tiff(grey(1), nodata=0), Y, "--foreground=1"),
    "TIFF with opacity": (save_tiff(np.stack([grey(255), np.where(HOLE, 0, 255).astype(np.uint8)]), alpha=True), NO_DATA),
    "white is zero": (save_tiff(grey(0, 255), photometric="MINISWHITE"), Y),
    "opacity is the shape": (save_png(np.dstack([painted((255, 0, 0), (255, 0, 0)), grey(255)])), REFUSED),
    "opacity, told": (save_png(np.dstack([painted((255, 0, 0), (255, 0, 0)), grey(255)])), Y, "--foreground=alpha"),
    "transparent is no data": (save_png(np.dstack([painted((255, 0, 0)), np.where(HOLE, 0, 255).astype(np.uint8)])),
                               NO_DATA),
}


def compare_masks(programs):
    bad = 0
    for name, (write, meant, *options) in MASKS.items():
        with tempfile.TemporaryDirectory() as d:
            Image.new("RGB", (SIDE, SIDE), (50, 90, 130)).save(pathlib.Path(d, "t_sat.png"))
            write(str(pathlib.Path(d, "t_mask")))
            got = pack(programs, pathlib.Path(d), options)
        if meant is REFUSED:
            good = isinstance(got, str) and "t_mask" in got and "--" in got
        else:
            good = not isinstance(got, str) and np.array_equal(got[0][2], meant)
        if not good:
            bad += 1
            said = got if isinstance(got, str) else dict(zip(*np.unique(got[0][2], return_counts=True)))
            print(f"mask {name}: expected {'a refusal' if meant is REFUSED else 'what is meant'}, got {said}")
    print(f"{len(MASKS) - bad} of {len(MASKS)} made masks are as expected")
    return bad


RGB = rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
ALPHA = np.where(HOLE, 0, 255).astype(np.uint8)


def colormap_tiff(path):
    tiff(path + ".tif", RGB[..., 0], colormap={i: (*VOC[i], 255) for i in range(256)})


def saved(image, ending, **options):
    return lambda path: image.save(path + ending, **options)


def cut_jpeg(path):
    Image.fromarray(RGB).save(path + ".jpg")
    data = pathlib.Path(path + ".jpg").read_bytes()
    pathlib.Path(path + ".jpg").write_bytes(data[:-2])


def transparent_palette(path):
    palette_png(path + ".png", np.where(HOLE, 3, 1 + Y), VOC, transparency=3)


# name: (writes the image, where it has data or None for everywhere); the values are Pillow's and rasterio's.
IMAGES = {
    "PNG": (saved(Image.fromarray(RGB), ".png"), None),
    "grey PNG": (saved(Image.fromarray(RGB[..., 0]), ".png"), None),
    "one bit PNG": (saved(Image.fromarray(SHAPE), ".png"), None),
    "palette PNG": (lambda p: palette_png(p + ".png", RGB[..., 0], VOC), None),
    "transparent palette PNG": (transparent_palette, ~HOLE),
    "transparent PNG": (saved(Image.fromarray(np.dstack([RGB, ALPHA])), ".png"), ~HOLE),
    "grey + alpha PNG": (saved(Image.fromarray(np.dstack([RGB[..., 0], ALPHA])), ".png"), ~HOLE),
    "JPEG": (saved(Image.fromarray(RGB), ".jpg"), None),
    "grey JPEG": (saved(Image.fromarray(RGB[..., 0]), ".jpeg"), None),
    "progressive JPEG": (saved(Image.fromarray(RGB), ".jpg", progressive=True), None),
    "JPEG without its last two bytes": (cut_jpeg, None),
    "TIFF": (save_tiff(np.moveaxis(RGB, -1, 0)), None),
    "palette TIFF": (colormap_tiff, None),
    "TIFF, white is zero": (save_tiff(RGB[..., 0], photometric="MINISWHITE"), None),
    "one bit TIFF": (saved(Image.fromarray(SHAPE), ".tif"), None),
    "TIFF with no-data value": (save_tiff(np.moveaxis(np.where(HOLE[..., None], 0, RGB | 1), -1, 0), nodata=0), ~HOLE),
    "TIFF with opacity": (save_tiff(np.moveaxis(np.dstack([RGB, ALPHA]), -1, 0), alpha=True), ~HOLE),
    "TIFF, opacity as fifth band": (save_tiff(np.moveaxis(np.dstack([RGB, RGB[..., 0], ALPHA]), -1, 0), alpha=True), ~HOLE),
    "grey + alpha TIFF": (save_tiff(np.moveaxis(np.dstack([RGB[..., 0], ALPHA]), -1, 0), alpha=True), ~HOLE),
}


def read_image(path):
    """B,G,R by rasterio for TIFFs of several bands, else by Pillow."""
    if path.suffix.lower() in (".tif", ".tiff"):
        with rasterio.open(path) as f:
            if f.count >= 3:
                return np.moveaxis(f.read([3, 2, 1]), 0, -1)
            if f.count == 2:
                return np.repeat(f.read(1)[..., None], 3, -1)
    return np.asarray(Image.open(path).convert("RGB"))[..., ::-1]


def compare_images(programs):
    bad = 0
    for name, (write, valid) in IMAGES.items():
        with tempfile.TemporaryDirectory() as d:
            folder = pathlib.Path(d)
            Image.fromarray(grey(1)).save(folder / "t_mask.png")
            write(str(folder / "t_sat"))
            expected = read_image(next(folder.glob("t_sat.*")))
            got = pack(programs, folder)
        meant = Y if valid is None else np.where(valid, Y, 255)
        if isinstance(got, str):
            problem = got
        else:
            seen = np.ones((SIDE, SIDE), bool) if valid is None else valid
            differ = int((got[0][1][seen] != expected[seen]).sum())
            problem = f"{differ} values differ" if differ else "" if np.array_equal(got[0][2], meant) else "other no data"
        if problem:
            bad += 1
            print(f"image {name}: {problem}")
    print(f"{len(IMAGES) - bad} of {len(IMAGES)} made images are as Pillow and rasterio have them")
    return bad


def mask_in_own_words(path):
    if path.suffix.lower() in (".tif", ".tiff"):
        with rasterio.open(path) as f:
            values, valid = f.read(1), f.dataset_mask() != 0
    else:
        image = Image.open(path)
        values = np.asarray(image if image.mode in ("1", "L", "P", "I;16", "I") else image.convert("L")).astype(int)
        valid = np.ones(values.shape, bool)
    there = set(np.unique(values[valid]).tolist())
    ones = there <= {0, 1} or there <= {0, 1, 255} and 1 in there
    return np.where(valid, np.where(values == 255, 255, values) if ones else values > 0, 255).astype(np.uint8)


def compare_folder(programs, folder):
    bad = pairs = refused = 0
    for image in sorted(folder.rglob("*_sat.*")):
        masks = list(image.parent.glob(image.stem.removesuffix("_sat") + "_mask.*"))
        if len(masks) != 1 or image.name.startswith("."):
            continue
        with tempfile.TemporaryDirectory() as d:
            for file in (image, masks[0]):
                pathlib.Path(d, file.name).symlink_to(file.resolve())
            got = pack(programs, pathlib.Path(d))
        pairs += 1
        if isinstance(got, str):
            refused += 1
            print(f"{image}: {got.splitlines()[-1][:200]}")
            continue
        for what, ours, theirs in (("image", got[0][1], read_image(image)), ("mask", got[0][2], mask_in_own_words(masks[0]))):
            if not np.array_equal(ours, theirs):
                bad += 1
                print(f"{image}: {what}: {int((ours != theirs).sum())} values differ")
    print(f"{folder}: {pairs} pairs, {refused} refused, {bad} that differ")
    return bad


def main():
    p = argparse.ArgumentParser()
    p.add_argument("bin", type=pathlib.Path)
    p.add_argument("folders", nargs="*", type=pathlib.Path)
    o = p.parse_args()
    programs = o.bin.resolve()
    bad = compare_masks(programs) + compare_images(programs) + sum(compare_folder(programs, f) for f in o.folders)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
