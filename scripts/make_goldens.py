#!/usr/bin/env python3
"""Makes the golden files of tests/goldens: what PyTorch computes in float64. Needs torch, numpy and safetensors.

make_goldens.py PEER OUT [--only NAME ...]    PEER: the folder with torch_model.py, the networks and losses in PyTorch

Weights, inputs and targets follow from their names by the formula in tests/support/golden_case.h. Which elements a
summary holds and the image of the prediction are drawn once: they are taken from the file in tests/goldens where there
is one. Each file's line says how far the new numbers are from those there.
"""
import argparse
import json
import pathlib
import sys

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

HERE = pathlib.Path(__file__).resolve().parent.parent / "tests" / "goldens"
MEAN, STD = [0.3262061, 0.39206991, 0.41451698], [0.11344261, 0.1211441, 0.14105087]


def unit(name, count):
    """u_i = (splitmix64(fnv1a64(name) + i) >> 40) / 2^23 - 1"""
    h = 0xcbf29ce484222325
    for byte in name.encode():
        h = (h ^ byte) * 0x100000001b3 & (1 << 64) - 1
    with np.errstate(over="ignore"):
        x = np.uint64(h) + np.arange(count, dtype=np.uint64) + np.uint64(0x9e3779b97f4a7c15)
        x = (x ^ x >> np.uint64(30)) * np.uint64(0xbf58476d1ce4e5b9)
        x = (x ^ x >> np.uint64(27)) * np.uint64(0x94d049bb133111eb)
        return ((x ^ x >> np.uint64(31)) >> np.uint64(40)).astype(np.float64) / 8388608.0 - 1


def values(name, shape):
    return unit(name, int(np.prod(shape))).reshape(shape)


def rounded(a):
    return torch.from_numpy(np.ascontiguousarray(a, dtype=np.float32).astype(np.float64))


def weight(name, prefix, shape):
    u = values(f"{prefix}/{name}", shape)
    if name.endswith("running_var"):
        return rounded(1 + 0.5 * u)
    if name.endswith(("running_mean", "bias")):
        return rounded(0.1 * u)
    if len(shape) == 4:
        return rounded(np.sqrt(6 / np.prod(shape[1:])) * u)
    return rounded(1 + 0.1 * u)


def network(peer, case):
    net = peer.build(case["model"], bands=int(case.get("bands", 3)), classes=int(case.get("classes", 1))).double()
    state = {k: weight(k, case["prefix"], tuple(v.shape)) for k, v in net.state_dict().items()
             if not k.endswith("num_batches_tracked")}
    net.load_state_dict(state, strict=False)
    return net


def golden_input(prefix, shape):
    return rounded(2 * values(f"{prefix}/input", shape))


def golden_target(prefix, n, h, w, classes):
    planes = []
    for c in range(classes):
        name = prefix + (f"/class{c}" if classes > 1 else "") + "/target"
        blocks = values(name, (n, h // 16, w // 16)) > 0.4
        planes.append(blocks.repeat(16, 1).repeat(16, 2))
    return torch.from_numpy(np.stack(planes, 1).astype(np.float64))


def calibrated(net, x):
    """Running statistics become those of the batch, so that activations stay near 1; returns them as f32."""
    norms = [m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    before = [m.momentum for m in norms]
    for m in norms:
        m.momentum = None
        m.reset_running_stats()
    net.train()
    with torch.no_grad():
        net(x)
    for m, momentum in zip(norms, before):
        m.momentum = momentum
        m.running_mean = rounded(m.running_mean.numpy())
        m.running_var = rounded(m.running_var.numpy())
    net.eval()
    return {f"buffer/{k}": v.numpy().astype(np.float32) for k, v in net.named_buffers() if "running" in k}


def summary(named, samples):
    """Sum, norm and eight elements of each tensor."""
    rows = []
    for (name, t), at in zip(named, samples):
        flat = t.detach().numpy().reshape(-1)
        rows.append([flat.sum(), np.sqrt((flat * flat).sum()), *flat[at]])
    return np.array(rows, np.float64)


def samples(case, there, key, named):
    if key in there:
        return there[key]
    return np.array([[int((u + 1) / 2 * t.numel()) for u in values(f"{case['prefix']}/{name}/samples", (8,))]
                     for name, t in named], np.int64)


def forward(peer, case, _):
    net, x = network(peer, case), golden_input(case["prefix"], json.loads(case["input_shape"]))
    out = calibrated(net, x)
    with torch.no_grad():
        return {**out, "logits": net(x).numpy().astype(np.float32)}


def batch(case):
    n, _, h, w = shape = json.loads(case["input_shape"])
    return golden_input(case["prefix"], shape), golden_target(case["prefix"], n, h, w, int(case.get("classes", 1)))


def train(peer, case, there):
    net = network(peer, case).train()
    x, target = batch(case)
    logits = net(x)
    loss = peer.LOSSES[case["loss"]](logits, target)
    loss.backward()
    gradients = [(k, p.grad) for k, p in net.named_parameters()]
    buffers = [(k, b) for k, b in net.named_buffers() if "running" in k]
    case["gradient_names"] = json.dumps([k for k, _ in gradients])
    case["buffer_names"] = json.dumps([k for k, _ in buffers])
    out = {"logits": logits.detach().numpy().astype(np.float32), "loss": np.array([loss.item()])}
    for key, named in (("gradient", gradients), ("buffer", buffers)):
        out[f"{key}_samples"] = samples(case, there, f"{key}_samples", named)
        out[f"{key}s"] = summary(named, out[f"{key}_samples"])
    return out


def adam(peer, case, there):
    net = network(peer, case).train()
    x, target = batch(case)
    o = json.loads(case["optimizer"])
    rates = [2e-4 * (1 - i / 10) ** 0.9 for i in range(10)]
    optimizer = torch.optim.Adam(net.parameters(), betas=o["betas"], eps=o["eps"], weight_decay=o["weight_decay"])
    losses = []
    for rate in rates:
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        loss = peer.LOSSES[case["loss"]](net(x), target)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    named = list(net.named_parameters())
    case["parameter_names"] = json.dumps([k for k, _ in named])
    at = samples(case, there, "parameter_samples", named)
    return {"learning_rates": np.array(rates), "losses": np.array(losses), "parameter_samples": at,
            "parameters": summary(named, at)}


def loss(peer, case, _):
    n, c, h, w = shape = json.loads(case["shape"])
    logits = (3 * golden_input(case["prefix"], shape)).float().double().requires_grad_()
    value = peer.LOSSES[case["loss"]](logits, golden_target(case["prefix"], n, h, w, c))
    value.backward()
    return {"loss": np.array([value.item()]), "gradient": logits.grad.numpy().astype(np.float32)}


def predict(peer, case, there):
    """The sum over four turns and their mirror images, padded by reflection to multiples of 32 and cut again."""
    net = network(peer, case)
    image = there["image_bgr"] if "image_bgr" in there else \
        ((values(case["prefix"] + "/image", (100, 130, 3)) + 1) * 127.5).astype(np.uint8)
    x = torch.from_numpy(((image / 255 - MEAN) / STD).transpose(2, 0, 1)[None])
    height, width = image.shape[:2]
    top, left = -height % 32 // 2, -width % 32 // 2
    padded = torch.nn.functional.pad(x, (left, -width % 32 - left, top, -height % 32 - top), mode="reflect")
    buffers = {k: v for k, v in there.items() if k.startswith("buffer/")} or calibrated(net, padded)
    net.load_state_dict({k[7:]: torch.from_numpy(v.astype(np.float64)) for k, v in buffers.items()}, strict=False)
    net.eval()
    total = 0
    with torch.no_grad():
        for turns in range(4):
            for mirrored in (False, True):
                view = torch.rot90(padded, turns, (2, 3))
                view = view.flip(3) if mirrored else view
                p = torch.sigmoid(net(view))
                total = total + torch.rot90(p.flip(3) if mirrored else p, -turns, (2, 3))
    return {**buffers, "image_bgr": image,
            "probability_sum": total[0, 0, top:top + height, left:left + width].numpy().astype(np.float32)}


NETWORKS = ["linknet34", "d_linknet34", "d_linknet34_context", "d_linknet50", "d_linknet101", "pp_linknet34",
            "pp_linknet34_psp64", "pp_linknet34_psp128", "pp_linknet34_psp64_hdc"]
LOSSES = ["focal", "focal_full_gradient", "dice", "dice_batch", "bce", "dice_focal", "dice_bce"]
LARGE, SMALL = "[2, 3, 96, 128]", "[1, 3, 64, 96]"
FOUR_BANDS = {"model": "pp_linknet34_psp64", "bands": "4", "classes": "3"}


def cases():
    """(file's path below public/, function, metadata)"""
    for name in NETWORKS:
        size = SMALL if name in ("d_linknet50", "d_linknet101") else LARGE
        yield f"forward/{name}", forward, {"model": name, "mode": "eval", "input_shape": size}
    yield "forward/pp_linknet34_psp64_b4c3", forward, {**FOUR_BANDS, "mode": "eval", "input_shape": "[1, 4, 64, 96]"}
    for name in LOSSES:
        yield f"loss/{name}", loss, {"loss": name, "shape": "[3, 1, 64, 48]", "logits": "3 * input"}
    for model in ("d_linknet34", "pp_linknet34_psp64"):
        for name in ("focal", "dice_bce"):
            yield f"train/{model}/{name}", train, {"mode": "train", "model": model, "loss": name, "input_shape": LARGE}
    yield "train/pp_linknet34_psp64_b4c3/dice_focal", train, {
        **FOUR_BANDS, "mode": "train", "loss": "dice_focal", "input_shape": "[2, 4, 64, 96]"}
    yield "adam/pp_linknet34_psp64", adam, {
        "model": "pp_linknet34_psp64", "loss": "focal", "input_shape": LARGE,
        "optimizer": json.dumps({"betas": [0.9, 0.999], "eps": 1e-08, "weight_decay": 0})}
    yield "predict/pp_linknet34_psp64", predict, {
        "model": "pp_linknet34_psp64", "views": "8", "mean_bgr": json.dumps(MEAN), "std_bgr": json.dumps(STD)}


def distance(new, old):
    """The largest normalised difference of an array; of a summary's, of a column."""
    if new.shape != old.shape:
        return float("inf")
    pairs = zip(new.T, old.T) if new.ndim == 2 and new.shape[1] == 10 else [(new, old)]
    return max(np.linalg.norm((a.astype(np.float64) - b)) / max(np.linalg.norm(b.astype(np.float64)), 1e-300)
               for a, b in pairs)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("peer", type=pathlib.Path)
    p.add_argument("out", type=pathlib.Path)
    p.add_argument("--only", nargs="+", help="names of files, without .safetensors")
    o = p.parse_args()
    sys.path.insert(0, str(o.peer))
    import torch_model as peer
    o.out.mkdir(parents=True, exist_ok=True)
    for path, work, case in cases():
        name = path.replace("/", "_")
        if o.only and name not in o.only:
            continue
        case.update(kind=work.__name__, prefix=f"public/{path}")
        file = HERE / f"{name}.safetensors"
        there = load_file(file) if file.exists() else {}
        arrays = work(peer, case, there)
        save_file({k: np.ascontiguousarray(v) for k, v in arrays.items()}, o.out / file.name, metadata=case)
        worst = max((distance(arrays[k], there[k]), k) for k in arrays) if there.keys() == arrays.keys() else "none there"
        print(name, worst, flush=True)


if __name__ == "__main__":
    main()
