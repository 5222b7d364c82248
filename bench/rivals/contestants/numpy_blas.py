"""NumPy and the BLAS behind it: products and a forward pass. It has no gradients of its own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "common"))

import blas
import numpy as np
import values
from serve import serve

NO_GRADIENTS = "has no gradients of its own"


def product(job):
    x, w, dy = values.operands(job["M"], job["K"], job["N"])
    a, b = {"forward": (x, w), "dX": (dy, w.T), "dW": (x.T, dy)}[job["product"]]
    out = np.empty((a.shape[0], b.shape[1]), np.float32)
    return lambda: np.matmul(a, b, out=out), lambda: None


def predict(job):
    layers = values.layers(job["sizes"])
    x = values.samples(job["batch"], job["sizes"][0])
    outputs = [np.empty((job["batch"], n), np.float32) for n in job["sizes"][1:]]

    def run():
        y = x
        for (weight, bias), z in zip(layers, outputs):
            np.matmul(y, weight, out=z)
            z += bias
            if z is not outputs[-1]:
                np.maximum(z, 0, out=z)
            y = z

    return run, lambda: float(np.abs(outputs[-1]).mean())


def start(settings):
    a = np.ones((768, 768), np.float32)
    gflops, warning = blas.measure(lambda: a @ a, settings["threads"])
    about = f"{np.__version__}, {blas.loaded('its own BLAS')}, {gflops:.0f} GFLOP/s"
    return about, warning, {"product": product, "train": NO_GRADIENTS, "epoch": NO_GRADIENTS, "predict": predict}


serve(start)
