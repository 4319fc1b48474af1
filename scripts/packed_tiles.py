"""Reads the packed files that `tiles pack` makes; a module for the scripts that compare what it read."""
import json
import pathlib
import struct
import subprocess
import tempfile

import numpy as np


def unpack(path):
    """[(id, image [h, w, bands], mask [h, w])] of a packed file; io/tiles/README.md has the layout."""
    data = path.read_bytes()
    magic, version, bands, count, index, ids, ids_size, about, about_size = struct.unpack("<8sIIQQQQQQ", data[:64])
    assert magic == b"PPLTILES" and version == 1
    out = []
    for i in range(count):
        at = index + 32 * i
        image_at, mask_at, height, width, id_at, id_size = struct.unpack("<QQIIII", data[at : at + 32])
        name = data[ids + id_at : ids + id_at + id_size].decode()
        image = np.frombuffer(data, np.uint8, height * width * bands, image_at).reshape(height, width, bands)
        mask = np.frombuffer(data, np.uint8, height * width, mask_at).reshape(height, width)
        out.append((name, image, mask))
    return out


def pack(programs, folder, options=(), bands=(3, 2, 1)):
    """The packed tiles of a folder, or the program's message."""
    with tempfile.TemporaryDirectory() as d:
        spec = pathlib.Path(d, "input.json")
        n = len(bands)
        spec.write_text(json.dumps({"bands": list(bands), "mean": [0.5] * n, "std": [0.5] * n}))
        out = pathlib.Path(d, "packed")
        command = [programs / "tiles", "pack", folder, out, "--input", spec, "--allow-empty", *options]
        run = subprocess.run(command, capture_output=True, text=True)
        return unpack(out) if run.returncode == 0 else run.stderr.strip()
