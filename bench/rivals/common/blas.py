"""Which BLAS a process multiplies with, and how fast that is."""

import re
import time
from pathlib import Path

# Below this, for each thread, no BLAS uses the vectors of a processor of the last ten years.
SLOW_GFLOPS = 10


def loaded(fallback):
    """The optimised BLAS among the shared libraries of this process, or what the library says of itself."""
    maps = Path("/proc/self/maps")
    text = maps.read_text() if maps.exists() else ""
    names = re.findall(r"/([^/\s]*(?:openblas|mkl_core|mkl_rt|blis|atlas)[^/\s]*)$", text, re.MULTILINE)
    return names[0] if names else fallback


def measure(multiply, threads, size=768, runs=8):
    """GFLOP/s of a square product, and a warning if they are those of a plain loop."""
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        multiply()
        best = min(best, time.perf_counter() - start)
    gflops = 2 * size**3 / best / 1e9
    slow = gflops < SLOW_GFLOPS * threads
    warning = f"its BLAS does {gflops:.1f} GFLOP/s: not an optimised one, so these are not its best times"
    return gflops, warning if slow else None
