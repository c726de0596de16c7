"""The network on a CPU where no gradient is asked for: the same min, max and negations, fused over blocks of the batch.

A levelled torch graph moves each value through memory several times and pays for a dispatch at each level; here a block
of the batch passes through the whole network while its values stay in cache. Values are floats throughout.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int32, Int64
from torch import Tensor

#: Bytes that a block's values should take: about a core's second-level cache and its share of the next.
BLOCK_BYTES = 1 << 21
#: Batch entries a block, at least and at most: a whole unrolled vector loop below; more gains nothing (measured).
LEAST_LANES, MOST_LANES = 64, 256


Array = Any  # of numba's making: these functions are compiled for the dtype that they meet


def _conjunctions(values: Array, left: Array, right: Array, nodes: tuple[int, int], weights: Array) -> None:
    first = len(values) - len(left)
    for node in range(nodes[0], nodes[1]):
        p, q = left[node - first], right[node - first]
        a, b, c = values[p >> 1], values[q >> 1], values[node]
        weight_a, weight_b = weights[p & 1], weights[q & 1]
        for k in range(len(c)):
            u, v = weight_a * a[k], weight_b * b[k]
            c[k] = u if u < v else v


def _exclusive_ors(values: Array, left: Array, right: Array, nodes: tuple[int, int], weights: Array) -> None:
    first = len(values) - len(left)
    for node in range(nodes[0], nodes[1]):
        p, q = left[node - first], right[node - first]
        a, b, c = values[p >> 1], values[q >> 1], values[node]
        weight_a, weight_b = weights[p & 1], weights[q & 1]
        for k in range(len(c)):
            u, v = weight_a * a[k], weight_b * b[k]
            only_a = u if u < -v else -v
            only_b = -u if -u < v else v
            c[k] = only_a if only_a > only_b else only_b


@cache
def _compiled() -> Any:
    """The kernel. numba is imported, and compiles, at the first use."""
    import numba  # noqa: PLC0415

    conjunctions, exclusive_ors = numba.njit(nogil=True)(_conjunctions), numba.njit(nogil=True)(_exclusive_ors)

    def propagate(network: Array, x: Array, y: Array, lanes: int, span: tuple[int, int]) -> None:
        left, right, levels, outputs = network
        inputs = x.shape[1]
        values = np.ones((1 + inputs + len(left), lanes), x.dtype)
        weights = np.array([1, -1]).astype(x.dtype)
        values[0] = weights[1]
        for start in range(span[0], span[1], lanes):
            count = min(lanes, span[1] - start)
            for i in range(inputs):
                for k in range(count):
                    values[1 + i, k] = x[start + k, i]
            for level in levels:
                conjunctions(values, left, right, (level[0], level[1]), weights)
                exclusive_ors(values, left, right, (level[1], level[2]), weights)
            for j in range(len(outputs)):
                for k in range(count):
                    y[start + k, j] = weights[outputs[j] & 1] * values[outputs[j] >> 1, k]

    return numba.njit(nogil=True)(propagate)


def run(
    left: Int32[Tensor, " gates"],
    right: Int32[Tensor, " gates"],
    outputs: Int32[Tensor, " outputs"],
    levels: Int64[np.ndarray, "levels 3"],
    x: Float[Tensor, "batch inputs"],
) -> Float[Tensor, "batch outputs"]:
    """The network's outputs; x on the CPU, without NaN, which this kernel's min would not pass on.

    Half-precision entries are widened to float32 and the results narrowed: min, max and negation select and flip, they
    never round, so the values are those of the entries' own type. Uses as many threads as torch may.
    """
    wide = x.detach().to(torch.float64 if x.dtype == torch.float64 else torch.float32).contiguous().numpy()
    y = np.empty((len(wide), len(outputs)), wide.dtype)
    nodes = 1 + wide.shape[1] + len(left)
    lanes = int(np.clip(BLOCK_BYTES // (nodes * wide.itemsize) // LEAST_LANES * LEAST_LANES, LEAST_LANES, MOST_LANES))
    threads = max(1, min(torch.get_num_threads(), len(wide) // lanes))
    share = max(1, -(-len(wide) // (threads * lanes))) * lanes
    network = (left.numpy(), right.numpy(), levels, outputs.numpy())
    spans = [(first, min(first + share, len(wide))) for first in range(0, len(wide), share)]
    propagate = _compiled()
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(propagate, network, wide, y, lanes, span) for span in spans]:
            done.result()
    return torch.from_numpy(y).to(x.dtype)
