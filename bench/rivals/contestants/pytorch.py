"""PyTorch on the CPU, written for speed so that the comparison is an honest one: tensors stay where they are, gradients
are set to None instead of cleared, a batch of an epoch is one index_select, the loss is read once an epoch, denormal
numbers are flushed, of the implementations of an optimiser the fastest here is taken, and predictions
come from a traced model, optimised for inference."""

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
cross_entropy = nn.functional.cross_entropy


def model_of(sizes):
    modules = []
    for k, n in zip(sizes, sizes[1:]):
        modules += [nn.Linear(k, n), nn.ReLU()]
    model = nn.Sequential(*modules[:-1])
    set_parameters(model, sizes)
    return model


@torch.no_grad()
def set_parameters(model, sizes):
    linear = [module for module in model if isinstance(module, nn.Linear)]
    for module, (weight, bias) in zip(linear, values.layers(sizes)):
        module.weight.copy_(torch.from_numpy(weight).t())
        module.bias.copy_(torch.from_numpy(bias))


def train_step(model, optimizer, x, y):
    optimizer.zero_grad(set_to_none=True)
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.detach()


def fastest_optimizer(model, job, x, y):
    """The implementation whose third step is the quickest; the model is as it was before."""
    times = []
    for options in IMPLEMENTATIONS:
        try:
            optimizer = RULES[job["optimizer"]](model.parameters(), lr=job["learningRate"], **options)
            for _ in range(3):
                start = time.perf_counter()
                train_step(model, optimizer, x, y)
                seconds = time.perf_counter() - start
            times.append((seconds, options))
        except (TypeError, RuntimeError):
            continue
    _, options = min(times, key=lambda pair: pair[0])
    set_parameters(model, job["sizes"])
    return RULES[job["optimizer"]](model.parameters(), lr=job["learningRate"], **options)


def product(job):
    x, w, dy = (torch.from_numpy(a) for a in values.operands(job["M"], job["K"], job["N"]))
    a, b = {"forward": (x, w), "dX": (dy, w.t()), "dW": (x.t(), dy)}[job["product"]]
    out = torch.empty(a.shape[0], b.shape[1])
    return lambda: torch.mm(a, b, out=out), lambda: None


def train(job):
    sizes, batch = job["sizes"], job["batch"]
    x = torch.from_numpy(values.samples(batch, sizes[0]))
    y = torch.from_numpy(values.labels(batch, sizes[-1]))
    model = model_of(sizes)
    optimizer = fastest_optimizer(model, job, x, y)
    loss = None

    def run():
        nonlocal loss
        loss = train_step(model, optimizer, x, y)

    return run, lambda: loss.item()


def epoch(job):
    x, y = mnist(Path(job["folder"]))
    batch = job["batch"]
    model = model_of(job["sizes"])
    optimizer = fastest_optimizer(model, job, x[:batch], y[:batch])
    total = None

    def run():
        nonlocal total
        total = torch.zeros(())
        for rows in torch.randperm(len(x)).split(batch):
            total += train_step(model, optimizer, x.index_select(0, rows), y.index_select(0, rows)) * len(rows)

    return run, lambda: total.item() / len(x)


def predict(job):
    x = torch.from_numpy(values.samples(job["batch"], job["sizes"][0]))
    with torch.no_grad():
        traced = torch.jit.trace(model_of(job["sizes"]).eval(), x)
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
