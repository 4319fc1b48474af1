#!/usr/bin/env python3
"""Holds gpu_model.py against an emulated step: kernels, bytes, convolutions. Exit code 1 where they differ.

  gpu_model_check.py train|predict SIZE BATCH PROGRAM     PROGRAM: emulated_launches
"""
import collections
import json
import re
import subprocess
import sys

import gpu_model


def launched(program, mode, size, batch):
    """Launches by function, convolutions by shape, as the emulation has counted them."""
    out = subprocess.run([program, mode, str(size), str(batch)], check=True, capture_output=True, text=True).stdout
    functions, convolutions = {}, collections.Counter()
    for line in map(json.loads, out.splitlines()):
        if "convolution" in line:
            convolutions[tuple(line["convolution"]), line["kind"]] = line["calls"]
            continue
        name = re.search(r"ppl::(?:\{anonymous\}::)?(\w+)", line["function"]).group(1)
        f = functions.setdefault(name, [0, 0, 0])
        for i, key in enumerate(("launches", "read", "written")):
            f[i] += line[key]
    return functions, convolutions


# Of these the emulation counts every access: windows that overlap, and rows that are read again. Only launches are held.
COUNTED_OTHERWISE = {"cuda_conv_narrow", "max_pool_forward", "max_pool_backward", "pyramid_pool_forward", "pyramid_pool_backward",
                     "pyramid_resize_forward", "pyramid_resize_backward"}


def check(mode, size, batch, program):
    m = gpu_model.Model(mode, size, batch)
    functions, convolutions = launched(program, mode, size, batch)
    expected, wrong = {}, []
    for launch in m.launches:
        if launch.function != "convolution":
            f = expected.setdefault(launch.function, [0, 0, 0])
            for i, v in enumerate((launch.launches, launch.read, launch.written)):
                f[i] += v
    for name in sorted(set(expected) | set(functions)):
        model, emulated = expected.get(name, [0, 0, 0]), functions.get(name, [0, 0, 0])
        near = all(abs(a - b) <= 0.001 * b for a, b in zip(model[1:], emulated[1:])) or name in COUNTED_OTHERWISE
        if model[0] != emulated[0] or not near:
            wrong.append(f"{name}: launches, bytes read and written are {model} in the model, {emulated} emulated")
    for key in sorted(set(m.convolutions) | set(convolutions)):
        if m.convolutions[key] != convolutions[key]:
            wrong.append(f"convolution {key}: {m.convolutions[key]} in the model, {convolutions[key]} emulated")
    print("\n".join(wrong) or f"{mode}: {len(expected)} kinds of kernel and {len(convolutions)} of convolution as emulated")
    return bool(wrong)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    sys.exit(check(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
