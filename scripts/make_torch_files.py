#!/usr/bin/env python3
"""Makes the small PyTorch files of tests/weights. Needs torch; run by hand when a form is added.

make_torch_files.py OUT

Every file holds the same numbers: a tensor's element i is i, plus 1000 times the tensor's place in the list below.
"""
import argparse
import collections
import enum
import pickle
import sys
from pathlib import Path

import numpy
import torch


def tensors(prefix=""):
    shapes = [("conv.weight", (2, 3, 1, 2), torch.float32), ("half", (5,), torch.float16),
              ("bfloat", (4,), torch.bfloat16), ("double", (2, 2), torch.float64),
              ("num_batches_tracked", (), torch.int64), ("empty", (0, 3), torch.float32)]
    out = collections.OrderedDict()
    for place, (name, shape, dtype) in enumerate(shapes):
        count = int(torch.tensor(shape).prod()) if shape else 1
        # Small enough for 8 bits of mantissa in bfloat16 after scaling by 8.
        values = torch.arange(count) + (64 * place if dtype == torch.bfloat16 else 1000 * place)
        out[prefix + name] = values.to(dtype).reshape(shape)
    base = torch.arange(24, dtype=torch.float32)
    out[prefix + "transposed"] = base.reshape(4, 6).t()      # [6, 4], strides 1 and 6
    out[prefix + "part"] = base[6:18].reshape(3, 4)          # of the same storage, from element 6
    return out


class Mode(enum.Enum):
    TRAIN = 1


class Settings(dict):
    """A dictionary of a training program's own class."""


def beside_weights():
    """What training programs put beside the weights."""
    return {"args": argparse.Namespace(lr=0.1, path=Path("runs/a"), seen=collections.defaultdict(list, a=[1])),
            "mode": Mode.TRAIN, "set": {1, 2}, "array": numpy.arange(3.0), "scalar": numpy.float64(0.5),
            "loss": torch.tensor(0.25), "rng": torch.get_rng_state()[:16], "complex": torch.zeros(2, dtype=torch.cfloat),
            "settings": Settings(a=1), "device": torch.device("cpu"), "dtype": torch.float32}


def main(out):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    torch.save(tensors(), out / "zip.pth")
    torch.save(tensors("module."), out / "old.th", _use_new_zipfile_serialization=False)
    checkpoint = {"epoch": 7, "best": 0.5, "name": "run", "none": None, "flags": [True, False, (1, -2)],
                  "huge": 1 << 80, "state_dict": tensors(),
                  "optimizer": {"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": []}}
    torch.save(checkpoint, out / "checkpoint.pt")
    torch.save(checkpoint, out / "checkpoint_old.pt", _use_new_zipfile_serialization=False)
    module = torch.nn.Sequential(torch.nn.Linear(2, 1))      # a state dict with version numbers beside it
    torch.save(collections.OrderedDict(weight=torch.nn.Parameter(torch.ones(3))), out / "parameter.pth")
    torch.save(module, out / "model.pth")
    torch.save(module.state_dict(), out / "module_state.pth")

    torch.save({**beside_weights(), "params": {"net": tensors("module.model.")}}, out / "beside.pth")
    torch.save({**beside_weights(), "params": tensors()}, out / "beside4.pth", pickle_protocol=4)
    torch.save({"model": tensors(), "ema": tensors("module."), "epoch": 3}, out / "two.pth")
    torch.save((7, Settings(tensors())), out / "tuple.pth")

    class Call:
        def __reduce__(self):
            import os
            return os.system, ("echo executed > /tmp/executed",)

    torch.save({"a": Call(), "weight": torch.ones(2)}, out / "call.pth")
    torch.save({"a": Call()}, out / "call_old.pth", _use_new_zipfile_serialization=False)
    (out / "plain.pickle").write_bytes(pickle.dumps({"a": 1}))


if __name__ == "__main__":
    main(sys.argv[1])
