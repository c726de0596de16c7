"""A data set of pairs (z, x = G(z) + beta * noise), G(z) = C(sgn z): what a learner of the generator gets to see."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32
from safetensors.numpy import save

from circuits.error import CircuitError
from circuits.families.family import generator
from circuits.instances.instance import Instance
from circuits.simulation import pack, simulate, unpack


@dataclass(frozen=True)
class Pairs:
    """How many pairs, and the standard deviation `beta` of the Gaussian noise on x (0: none).

    Raises `CircuitError` for a negative number of either.
    """

    count: int = 1024
    beta: float = 0.1

    def __post_init__(self) -> None:
        if self.count < 0:
            raise CircuitError(f"{self.count} pairs: choose 0 (no file) or more")
        if not (math.isfinite(self.beta) and self.beta >= 0):
            raise CircuitError(f"beta {self.beta} is no standard deviation: choose 0 or more")


def draw(
    instance: Instance, pairs: Pairs
) -> tuple[Float32[np.ndarray, "count inputs"], Float32[np.ndarray, "count outputs"]]:
    """z ~ N(0, I) and x = C(sgn z) + beta * noise in {-1,1} and noise; they have nothing to do with the planted x."""
    rng, circuit = generator(instance.seed, f"pairs {instance.index}"), instance.circuit
    z = rng.standard_normal((pairs.count, circuit.num_inputs), dtype=np.float32)
    noise = rng.standard_normal((pairs.count, circuit.num_outputs), dtype=np.float32)
    images = unpack(simulate(circuit, pack(np.ascontiguousarray((z >= 0).T))), pairs.count).T
    return z, np.where(images, np.float32(1), np.float32(-1)) + np.float32(pairs.beta) * noise


def dumps_pairs(instance: Instance, pairs: Pairs) -> bytes:
    """The pairs as safetensors: `z` (count, inputs) and `x` (count, outputs), float32."""
    z, x = draw(instance, pairs)
    about = {"instance": instance.name, "beta": pairs.beta, "x": "C(sgn z) + beta * noise"}
    # One key: safetensors writes several in an order that changes from run to run.
    return save({"z": z, "x": x}, metadata={"lemmata": json.dumps(about)})
