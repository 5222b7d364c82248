"""The same numbers for every contestant: `values.mjs` computes them bit for bit, and says what they are."""

import math

import numpy as np

INPUTS = 0
LABELS = 1
WEIGHTS = 2
WINDOWS = 16


def uniform(stream, length, limit=1.0):
    h = np.arange(1, length + 1, dtype=np.uint32) * np.uint32(0x9E3779B1)
    h += np.uint32(stream * 0x85EBCA77 & 0xFFFFFFFF)
    h ^= h >> 16
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> 13
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> 16
    return ((h >> 8).astype(np.float32) * np.float32(2**-23) - np.float32(1)) * np.float32(limit)


def samples(rows, features):
    return uniform(INPUTS, rows * features).reshape(rows, features)


def labels(rows, classes):
    return np.floor((uniform(LABELS, rows).astype(np.float64) + 1) / 2 * classes).astype(np.int64)


def layers(sizes):
    """A pair of weight [K, N] and bias [N] for each layer."""
    return [
        (uniform(WEIGHTS + i, k * n, math.sqrt(6 / k)).reshape(k, n), np.zeros(n, np.float32))
        for i, (k, n) in enumerate(zip(sizes, sizes[1:]))
    ]


def convolutions(shapes):
    """A pair of weight [k, k, C, N] and bias [N] for each convolution."""
    arrays = []
    for i, shape in enumerate(shapes):
        k, c, n = shape["k"], shape["C"], shape["N"]
        weight = uniform(WINDOWS + i, k * k * c * n, math.sqrt(6 / (k * k * c))).reshape(k, k, c, n)
        arrays.append((weight, np.zeros(n, np.float32)))
    return arrays


def operands(m, k, n):
    return (
        uniform(INPUTS, m * k).reshape(m, k),
        uniform(WEIGHTS, k * n).reshape(k, n),
        uniform(WEIGHTS + 1, m * n).reshape(m, n),
    )
