#!/usr/bin/env python3
"""The published prediction loop in PyTorch, to be timed beside `predict` on the same tiles in the same run.

peer_predict.py WEIGHTS.safetensors TILES OUT [--tta 1|8] [--precision f32|bf16] [--threads N] [--count N]

One tile after the other, as published: decoded by OpenCV, normalised, eight views in two batches of four, sigmoids
added up, the mask written as PNG. channels-last; WEIGHTS is what `weights export` writes. Needs torch, safetensors, cv2 and
the networks in PyTorch (../shared/peer/torch_model.py, or $PPL_PEER). Prints seconds a tile, the first left out.
"""
import argparse
import os
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import load_file

sys.path.insert(0, os.environ.get("PPL_PEER", str(Path(__file__).resolve().parent.parent / "../shared/peer")))
import torch_model  # noqa: E402

MEAN = np.array([0.3262061, 0.39206991, 0.41451698], np.float32)  # B, G, R
STD = np.array([0.11344261, 0.1211441, 0.14105087], np.float32)


def views_of(image, count):
    """[height, width, 3] -> batches of turns and flips; how each is undone is in mean_of."""
    if count == 1:
        return [image[None]]
    four = [image, image[::-1], image[:, ::-1], image[::-1, ::-1]]
    return [np.stack(four), np.stack([v.transpose(1, 0, 2) for v in four])]


def mean_of(batches):
    if len(batches) == 1 and len(batches[0]) == 1:
        return batches[0][0]
    total = 0
    for turned, batch in enumerate(batches):
        for v, p in enumerate(batch):
            p = p.T if turned else p
            total = total + p[:: -1 if v & 1 else 1, :: -1 if v & 2 else 1]
    return total / 8


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights")
    parser.add_argument("tiles", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--network", default="pp_linknet34_psp64")
    parser.add_argument("--tta", type=int, choices=(1, 8), default=8)
    parser.add_argument("--precision", choices=("f32", "bf16"), default="f32")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--count", type=int, default=0, help="of tiles; 0: all")
    o = parser.parse_args()
    torch.set_num_threads(o.threads)
    network = torch_model.build(o.network)
    network.load_state_dict(load_file(o.weights), strict=False)
    network = network.eval().to(memory_format=torch.channels_last)
    o.out.mkdir(parents=True, exist_ok=True)
    paths = sorted(o.tiles.glob("*_sat.jpg"))
    paths = paths[: o.count or len(paths)]
    seconds = []
    for path in paths:
        start = time.perf_counter()
        image = (cv2.imread(str(path)).astype(np.float32) / 255 - MEAN) / STD
        batches = []
        for batch in views_of(image, o.tta):
            x = torch.from_numpy(np.ascontiguousarray(batch.transpose(0, 3, 1, 2))).contiguous(memory_format=torch.channels_last)
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=o.precision == "bf16"):
                batches.append(torch.sigmoid(network(x)).float().numpy()[:, 0])
        mask = (mean_of(batches) > 0.25).astype(np.uint8) * 255
        cv2.imwrite(str(o.out / path.name.replace("_sat.jpg", "_mask.png")), mask)
        seconds.append(time.perf_counter() - start)
    rest = seconds[1:] or seconds
    print(sum(rest) / len(rest))


if __name__ == "__main__":
    main()
