#!/usr/bin/env python3
"""Weights to and from PyTorch, and ONNX models beside PyTorch, onnxruntime and OpenVINO, for all networks.

compare_exports.py BIN [--size H W] [--free] [--networks NAME ...]

BIN is the folder of our programs. Needs torch, safetensors, onnx, onnxruntime, openvino, cv2 and the networks in
PyTorch (../shared/peer/torch_model.py, or $PPL_PEER). For each network: random weights, saved by torch in both of its
forms; `weights import`; `weights export` loaded back by torch, to the bit; `weights export --onnx`, checked, run by
onnxruntime and OpenVINO. Prints the largest |difference| of logits, of PyTorch's against each, and of our own from the f32
probabilities of `predict`. Exit code 1 where one is above 1e-4 of the largest logit (or of 1).
"""
import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import openvino
import torch
from safetensors.torch import load_file

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, os.environ.get("PPL_PEER", str(ROOT / "../shared/peer")))
import torch_model  # noqa: E402

MEAN = np.array([0.3262061, 0.39206991, 0.41451698]).reshape(1, 3, 1, 1)
STD = np.array([0.11344261, 0.1211441, 0.14105087]).reshape(1, 3, 1, 1)


def random_network(name):
    torch.manual_seed(sum(name.encode()))
    network = torch_model.build(name)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            torch.nn.init.uniform_(module.weight, 0.5, 1)
            torch.nn.init.normal_(module.bias, 0, 0.1)
    network.eval()
    with torch.no_grad():  # logits of ordinary size: random weights give nearly none
        network.finalconv3.weight *= 5 / network(torch.randn(1, 3, 64, 64)).abs().max()
    return network


def run(*command):
    subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL)


def our_logits(bin_folder, weights, image, folder):
    import cv2
    (folder / "in").mkdir(exist_ok=True)
    cv2.imwrite(str(folder / "in/a.png"), image)
    run(bin_folder / "predict", weights, folder / "in", folder / "out", "--tta", "1", "--probabilities", "tif",
        "--existing", "overwrite", "--quiet")
    p = cv2.imread(str(folder / "out/a_prob.tif"), cv2.IMREAD_UNCHANGED).astype(np.float64)
    return np.log(p / (1 - p))[None, None]


def compare(name, args, folder):
    network = random_network(name)
    state = network.state_dict()
    torch.save({"epoch": 1, "state_dict": state}, folder / "new.pth")
    torch.save({"module." + k: v for k, v in state.items()}, folder / "old.th", _use_new_zipfile_serialization=False)
    weights = args.bin / "weights"
    again = ["--existing", "overwrite", "--quiet"]
    run(weights, "import", folder / "new.pth", folder / "a.safetensors", "--network", name, *again)
    run(weights, "import", folder / "old.th", folder / "b.safetensors", "--network", name, *again)
    run(weights, "diff", folder / "a.safetensors", folder / "b.safetensors", "--quiet")
    run(weights, "export", folder / "a.safetensors", folder / "c.safetensors", *again)
    back = load_file(str(folder / "c.safetensors"))
    torch_model.build(name).load_state_dict(back, strict=True)
    assert all(torch.equal(state[k], v) for k, v in back.items()), "an array changed on its way"

    height, width = args.size
    size = ["0"] if args.free else [str(height), str(width)]
    run(weights, "export", folder / "a.safetensors", folder / "m.onnx", "--onnx", "--size", *size, *again)
    onnx.checker.check_model(str(folder / "m.onnx"), full_check=True)
    image = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    x = ((image.transpose(2, 0, 1)[None] / 255 - MEAN) / STD).astype(np.float32)
    with torch.no_grad():
        expected = network(torch.from_numpy(x)).numpy()
    results = {
        "onnxruntime": onnxruntime.InferenceSession(str(folder / "m.onnx")).run(None, {"input": x})[0],
        "openvino": openvino.compile_model(str(folder / "m.onnx"), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})([x])[0],
    }
    results["ours"] = our_logits(args.bin, folder / "a.safetensors", image, folder)
    largest = np.abs(expected).max()
    errors = {k: float(np.abs(v - expected).max()) for k, v in results.items()}
    for k in ("onnxruntime", "openvino"):
        errors[k + " - ours"] = float(np.abs(results[k] - results["ours"]).max())
    good = all(e <= 1e-4 * max(1, largest) for e in errors.values())
    print(f"{name:<24} largest logit {largest:8.3f}  " + "  ".join(f"{k} {e:.1e}" for k, e in errors.items()) +
          ("" if good else "  ABOVE 1e-4"), flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin", type=Path)
    parser.add_argument("--size", type=int, nargs=2, default=[256, 320])
    parser.add_argument("--free", action="store_true")
    parser.add_argument("--networks", nargs="*", default=list(torch_model.MODELS))
    args = parser.parse_args()
    good = True
    for name in args.networks:
        with tempfile.TemporaryDirectory() as folder:
            good &= compare(name, args, Path(folder))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
