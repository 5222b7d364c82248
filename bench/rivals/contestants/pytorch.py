"""PyTorch on the CPU, written for speed so that the comparison is an honest one: tensors stay where they are, gradients
are set to None instead of cleared, a batch of an epoch is one index_select, the loss is read once an epoch, denormal
numbers are flushed, of the implementations of an optimiser and of the two layouts of images the fastest here is taken,
and predictions come from a traced model, optimised for inference."""

import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "common"))

import blas
import torch
import values
from serve import serve
from torch import nn

RULES = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
IMPLEMENTATIONS = [{"fused": True}, {"foreach": True}, {"foreach": False}]
FORMATS = [torch.contiguous_format, torch.channels_last]
TRIAL_S = 0.2
cross_entropy = nn.functional.cross_entropy


def model_of(job):
    convolutions, sizes = job["convolutions"], job["sizes"]
    modules = []
    if convolutions:
        modules.append(nn.Unflatten(1, (convolutions[0]["C"], convolutions[0]["H"], convolutions[0]["W"])))
    for shape in convolutions:
        modules += [nn.Conv2d(shape["C"], shape["N"], shape["k"]), nn.ReLU(), nn.MaxPool2d(2)]
    if convolutions:
        modules.append(nn.Flatten())
    for k, n in zip(sizes, sizes[1:]):
        modules += [nn.Linear(k, n), nn.ReLU()]
    model = nn.Sequential(*modules[:-1])
    set_parameters(model, job)
    return model


@torch.no_grad()
def set_parameters(model, job):
    """Channels come last in the values: an image is [height, width, channels], a window [k, k, channels, filters]."""
    weighted = [module for module in model if isinstance(module, (nn.Conv2d, nn.Linear))]
    arrays = values.convolutions(job["convolutions"]) + values.layers(job["sizes"])
    channels = 1
    for module, (weight, bias) in zip(weighted, arrays):
        weight = torch.from_numpy(weight)
        if isinstance(module, nn.Conv2d):
            module.weight.copy_(weight.permute(3, 2, 0, 1))
            channels = module.out_channels
        else:
            # The features of the first dense layer are an image, whose channels come first here.
            module.weight.copy_(weight.t().unflatten(1, (-1, channels)).transpose(1, 2).flatten(1))
            channels = 1
        module.bias.copy_(torch.from_numpy(bias))


def train_step(model, optimizer, x, y):
    optimizer.zero_grad(set_to_none=True)
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.detach()


def fastest(job, x, y):
    """A model and its optimizer: the memory format of images and the implementation that took the quickest step."""
    choices = []
    for memory_format in FORMATS if job["convolutions"] else FORMATS[:1]:
        for options in IMPLEMENTATIONS:
            try:
                model, optimizer = make(job, memory_format, options)
                choices.append((quickest_step(model, optimizer, x, y), memory_format, options))
            except (TypeError, RuntimeError):
                continue
    _, *choice = min(choices, key=lambda choice: choice[0])
    return make(job, *choice)


def quickest_step(model, optimizer, x, y):
    """Seconds; quick steps are repeated for some time, since other work disturbs a few."""
    times = []
    while len(times) < 3 or sum(times) < TRIAL_S:
        start = time.perf_counter()
        train_step(model, optimizer, x, y)
        times.append(time.perf_counter() - start)
    return min(times)


def make(job, memory_format, options):
    model = model_of(job).to(memory_format=memory_format)
    return model, RULES[job["optimizer"]](model.parameters(), lr=job["learningRate"], **options)


def product(job):
    x, w, dy = (torch.from_numpy(a) for a in values.operands(job["M"], job["K"], job["N"]))
    a, b = {"forward": (x, w), "dX": (dy, w.t()), "dW": (x.t(), dy)}[job["product"]]
    out = torch.empty(a.shape[0], b.shape[1])
    return lambda: torch.mm(a, b, out=out), lambda: None


def train(job):
    x = torch.from_numpy(values.samples(job["batch"], job["features"]))
    y = torch.from_numpy(values.labels(job["batch"], job["sizes"][-1]))
    model, optimizer = fastest(job, x, y)
    loss = None

    def run():
        nonlocal loss
        loss = train_step(model, optimizer, x, y)

    return run, lambda: loss.item()


def epoch(job):
    x, y = (array[: job["digits"]] for array in mnist(Path(job["folder"])))
    batch = job["batch"]
    model, optimizer = fastest(job, x[:batch], y[:batch])
    total = None

    def run():
        nonlocal total
        total = torch.zeros(())
        for rows in torch.randperm(len(x)).split(batch):
            total += train_step(model, optimizer, x.index_select(0, rows), y.index_select(0, rows)) * len(rows)

    return run, lambda: total.item() / len(x)


def predict(job):
    x = torch.from_numpy(values.samples(job["batch"], job["features"]))
    with torch.no_grad():
        traced = torch.jit.trace(model_of(job).eval(), x)
    model = torch.jit.optimize_for_inference(traced)
    logits = None

    def run():
        nonlocal logits
        with torch.no_grad():
            logits = model(x)

    return run, lambda: logits.abs().mean().item()


def mnist(folder):
    images = read_idx(folder / "train-images-idx3-ubyte").flatten(1).float() / 255
    return images, read_idx(folder / "train-labels-idx1-ubyte").long()


def read_idx(path):
    """The unsigned bytes of an IDX file: two zeros, the type, the rank, then each dimension as a big-endian u32."""
    content = path.read_bytes()
    rank = content[3]
    shape = [int.from_bytes(content[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)]
    return torch.frombuffer(bytearray(content[4 + 4 * rank :]), dtype=torch.uint8).reshape(shape)


def start(settings):
    threads = settings["threads"]
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    a = torch.ones(768, 768)
    gflops, warning = blas.measure(lambda: a @ a, threads)
    told = re.search(r"BLAS_INFO=(\w+)", torch.__config__.show())
    library = blas.loaded(told.group(1) if told else "an unknown BLAS")
    about = f"{torch.__version__}, {library}, {gflops:.0f} GFLOP/s"
    return about, warning, {"product": product, "train": train, "epoch": epoch, "predict": predict}


serve(start)
