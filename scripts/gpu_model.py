#!/usr/bin/env python3
"""What one training step or one prediction of pp_linknet34_psp64 in bf16 launches on a device: every kernel with the
bytes it must move and its operations, the time at the roof of one H200, and what some changes would take away.

  gpu_model.py [--mode train|predict] [--size 1024] [--batch 8] [--all]
gpu_model_check.py holds it against an emulated step.
Nothing here is measured. Counted: kernels, bytes, operations. Known from others' measurements of an H200: COPY, TENSOR.
Guessed: the shares of these that passes and convolutions reach (PASS, conv_share).
"""
import argparse
import collections

COPY = 4.3e12       # bytes read and written a second
TENSOR = 790e12     # bf16 operations a second
GAP = 0.7e-6        # from one kernel of a graph to the next
PASS = 0.8          # guess: what a pass reaches of COPY
BF16, F32 = 2, 4

Conv = collections.namedtuple("Conv", "name n side c out k window stride transposed bias norm residual")
Launch = collections.namedtuple("Launch", "function launches read written operations note")
FORWARD, DATA, WEIGHTS = 0, 1, 2


class Network:
    """Convolutions in the order of forward; side and c are of the larger map, whichever way the layer goes."""

    def __init__(self, size, batch):
        self.layers, self.size, self.batch = [], size, batch
        self.add("stem", size, 3, 64, 7, 2)
        self.blocks = []  # (input bytes) of the residual blocks
        self.skips = []   # bytes of the maps that the decoder adds
        side, channels = size // 4, 64
        for stage, (count, k) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512))):
            for i in range(count):
                stride = 2 if i == 0 and 0 < stage < 3 else 1
                self.blocks.append(self.map(side, channels))
                self.add(f"e{stage + 1}.{i}.1", side, channels, k, 3, stride)
                if stride == 2 or channels != k:
                    self.add(f"e{stage + 1}.{i}.down", side, channels, k, 1, stride)
                side //= stride
                self.add(f"e{stage + 1}.{i}.2", side, k, k, 3, 1, residual="before")
                channels = k
            if stage < 3:
                self.skips.append(self.map(side, channels))
        self.centre_side = side
        self.add("centre", side, 512, 512, 1, 1, bias=False, norm=False)
        for name, c, k, stride, skip in (("d4", 512, 256, 1, True), ("d3", 256, 128, 2, True), ("d2", 128, 64, 2, True),
                                         ("d1", 64, 64, 2, False)):
            q = c // 4
            self.add(name + ".1", side, c, q, 1, 1, bias=True)
            side *= stride
            self.add(name + ".2", side, q, q, 3, stride, transposed=True, bias=True)
            self.add(name + ".3", side, q, k, 1, 1, bias=True, residual="after" if skip else None)
        self.add("head1", size, 32, 64, 4, 2, transposed=True, bias=True, norm=False)
        self.add("head2", size, 32, 32, 3, 1, bias=True, norm=False)
        self.add("head3", size, 32, 1, 3, 1, bias=True, norm=False)

    def add(self, name, side, c, k, window, stride, transposed=False, bias=False, norm=True, residual=None):
        self.layers.append(Conv(name, self.batch, side, c, side // stride, k, window, stride, transposed, bias, norm,
                                residual))

    def map(self, side, channels):
        return self.batch * side * side * channels * BF16


def weights(c):
    return c.k * c.window ** 2 * c.c


def larger(c):
    return c.n * c.side ** 2 * c.c * BF16


def smaller(c):
    return c.n * c.out ** 2 * c.k * BF16


def result(c):
    return larger(c) if c.transposed else smaller(c)


def is_narrow(c):
    """Our own kernels, with bias and ReLU; weights' gradients in f32."""
    return c.k == 1 and c.stride == 1


def operations(c):
    return 2 * c.n * c.out ** 2 * c.k * c.window ** 2 * c.c


class Model:
    def __init__(self, mode, size, batch):
        self.net, self.launches, self.convolutions = Network(size, batch), [], collections.Counter()
        self.by_kind = []
        for c in self.net.layers:
            self.forward(c, mode == "train")
        if mode == "train":
            self.loss()
            for c in reversed(self.net.layers):
                self.backward(c)
            self.step()
        else:
            logits = self.net.map(size, 1)
            self.add("sigmoid", 1, logits, logits)

    def add(self, function, launches, read, written, operations=0, note=""):
        self.launches.append(Launch(function, launches, read, written, operations, note))

    def conv(self, c, kind):
        if is_narrow(c):
            return self.narrow(c, kind)
        # The data gradient of a layer that is itself one is the convolution.
        if kind == WEIGHTS:
            read, written = larger(c) + smaller(c), weights(c) * BF16
        else:
            read = (larger(c) if kind == FORWARD else smaller(c)) + weights(c) * BF16
            written = smaller(c) if kind == FORWARD else larger(c)
        self.convolutions[(c.n, c.side, c.side, c.c, c.out, c.k, c.window, c.stride), kind] += 1
        self.by_kind.append((c, kind))
        self.add("convolution", 1, read, written, operations(c), f"{c.name} {('forward', 'data', 'weights')[kind]}")

    def narrow(self, c, kind):
        read = {FORWARD: larger(c), DATA: smaller(c), WEIGHTS: larger(c) + smaller(c)}[kind]
        written = {FORWARD: smaller(c), DATA: larger(c), WEIGHTS: 0}[kind]
        self.add("cuda_conv_narrow", 2 if kind == WEIGHTS else 1, read, written,
                 note=f"{c.name} {('forward', 'data', 'weights')[kind]}")

    def forward(self, c, train):
        m = result(c)
        if train or c.name == "centre":  # prediction folds norms into weights once, but not the centre's
            self.add("cast", 1, weights(c) * F32, weights(c) * BF16, note="w")
        self.conv(c, DATA if c.transposed else FORWARD)
        if c.name == "centre":
            self.pyramid_forward(c)
        elif not c.norm or not train:
            before = m if c.residual == "before" else 0
            if not is_narrow(c):
                self.add("finish", 1, m + before, m, note=c.name)
            if c.residual == "after":
                self.add("add", 1, 2 * m, m, note=c.name)
        else:
            self.add("batch_norm_statistics", 2, m, 0, note=c.name)
            self.add("per_channel", 1, 0, 0)
            self.add("batch_norm_apply", 1, m * (2 if c.residual else 1), m, note=c.name)
        if c.name == "stem":
            self.add("max_pool_forward", 1, m, m // 4, note="and a byte an output")

    def backward(self, c):
        m = result(c)
        if c.name == "stem":
            self.add("max_pool_backward", 1, m // 4, m, note="and a byte an output")
        if c.name == "centre":
            self.pyramid_backward(c)
        elif not c.norm:
            relu = c.name != "head3"
            self.add("bias_relu_backward", 2, m * (2 if relu else 1), m if relu else 0, note=c.name)
        else:
            masked = c.residual == "before"
            self.add("batch_norm_backward_sums", 2, m * (3 if masked else 2), m if masked else 0, note=c.name)
            self.add("batch_norm_backward_data", 1, 2 * m, m, note=c.name)
            if c.bias:
                self.add("fill", 1, 0, 0, note="dbias before a norm is 0")
        if c.name != "stem":
            self.conv(c, FORWARD if c.transposed else DATA)
        self.conv(c, WEIGHTS)
        if not is_narrow(c):
            self.add("cast", 1, weights(c) * BF16, weights(c) * F32, note="dw")

    def pyramid_forward(self, c):
        m, cells = result(c), sum(g * g for g in (1, 2, 3, 6))
        self.add("Tables", 2, 0, 0)
        self.add("copy_channels", 1, 0, 0)
        self.add("pyramid_pool_forward", 2, m, 0, note="sums of rectangles, means of cells")
        self.add("matmul_transposed", 8, 0, 0, note=f"{cells} cells an image")
        self.add("pyramid_resize_forward", 1, m, m, note="adds the grids, bias, ReLU")

    def pyramid_backward(self, c):
        m = result(c)
        self.add("Tables", 2, 0, 0)
        self.add("copy_channels", 1, 0, 0)
        self.add("pyramid_resize_backward", 2, 2 * m, m)
        self.add("matmul", 17, 0, 0)
        self.add("pyramid_pool_backward", 2, m, m)

    def loss(self):
        logits = self.net.map(self.net.size, 1)
        self.add("compute", 4, logits, logits, note="the loss and its gradient; and a byte a pixel")
        self.add("scale", 1, 0, 0)

    def step(self):
        net = self.net
        parameters = sum(weights(c) for c in net.layers) + self.small_parameters()
        for b in net.blocks + net.skips:
            self.add("add", 1, 2 * b, b, note="gradients of a map used twice")
        norms = sum(self.channels(c) for c in net.layers if c.norm)
        self.add("fill", 2, 0, 0)
        self.add("all_finite", 2, (parameters + 2 * norms) * F32, 0)
        self.add("adam", 1, 4 * parameters * F32, 3 * parameters * F32)

    def channels(self, c):
        return c.c if c.transposed else c.k

    def small_parameters(self):
        norm_and_bias = sum(self.channels(c) * (2 * c.norm + c.bias) for c in self.net.layers)
        # The centre: four 512 -> 128 products, the half of the one behind them that reads their results, its bias.
        return norm_and_bias + 4 * 512 * 128 + 512 * 512 + 512


def conv_share(c):
    """Guess: what cuDNN reaches of TENSOR, by the narrower side."""
    narrow = min(c.c, c.k)
    for least, share in ((256, .6), (128, .5), (64, .35), (32, .2), (16, .1)):
        if narrow >= least:
            return share
    return .05


def seconds(launch, conv=None):
    """At the roof, and as guessed."""
    moved = (launch.read + launch.written) / COPY
    roof = max(moved, launch.operations / TENSOR)
    if conv:
        return roof, max(moved / PASS, launch.operations / (TENSOR * conv_share(conv))) + GAP
    return roof, moved / PASS + launch.launches * (GAP + 2e-6)


CHANGES = (
    ("bias, residual and ReLU in the convolution", lambda m, launch: 0 if launch.function == "finish" else 1),
    ("statistics in the convolution", lambda m, launch: 0 if launch.function == "batch_norm_statistics" else 1),
    ("weights in bf16 from the optimizer", lambda m, launch: 0 if launch.function == "cast" and launch.note == "w" else 1),
    ("sums of two gradients inside the norm's sums", lambda m, launch: 0.5 if "used twice" in launch.note else 1),
)


def report(o):
    m = Model(o.mode, o.size, o.batch)
    convs = iter(m.by_kind)
    groups, guessed_by, rows = {}, {}, []
    for launch in m.launches:
        conv = next(convs)[0] if launch.function == "convolution" else None
        roof, guess = seconds(launch, conv)
        rows.append((launch, roof, guess))
        g = groups.setdefault(launch.function, [0, 0, 0, 0, 0])
        for i, v in enumerate((launch.launches, launch.read + launch.written, launch.operations, roof, guess)):
            g[i] += v
    print(f"{o.mode} {o.size} x {o.size}, batch {o.batch}, bf16: counted, not measured")
    print(f"{'kernel':26s} {'launches':>8s} {'GB':>7s} {'Gflop':>8s} {'roof us':>8s} {'guess us':>8s}")
    for name, (n, moved, work, roof, guess) in sorted(groups.items(), key=lambda i: -i[1][4]):
        print(f"{name:26s} {n:8d} {moved / 1e9:7.2f} {work / 1e9:8.0f} {1e6 * roof:8.0f} {1e6 * guess:8.0f}")
    n, moved, work, roof, guess = (sum(g[i] for g in groups.values()) for i in range(5))
    print(f"{'all':26s} {n:8d} {moved / 1e9:7.2f} {work / 1e9:8.0f} {1e6 * roof:8.0f} {1e6 * guess:8.0f}")
    if o.all:
        for launch, r, g in rows:
            print(f"  {launch.function:26s} {launch.note:40s} {(launch.read + launch.written) / 1e6:8.1f} MB {1e6 * r:7.1f} us")
    print("What a change takes away, by the guess:")
    for name, left in CHANGES:
        gain = sum((1 - left(m, launch)) * g for launch, _, g in rows)
        if gain:
            print(f"  {1e6 * gain:6.0f} us ({100 * gain / guess:4.1f} %)  {name}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--mode", choices=("train", "predict"), default="train")
    p.add_argument("--size", type=int, default=1024)
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--all", action="store_true", help="every kernel")
    report(p.parse_args())


if __name__ == "__main__":
    main()
