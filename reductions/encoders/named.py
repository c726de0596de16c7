"""The encoders that a command line can name, and what is known of how far their magnitudes are from half-normal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from circuits import Circuit
from reductions.encoders.exact import exact
from reductions.encoders.fickle import RAMP, fickle
from reductions.encoders.planted import partial, planted
from reductions.encoders.table import tabled
from reductions.error import ReductionError
from reductions.latent import DeepLatentGaussian


@dataclass(frozen=True)
class Order:
    """What an encoder is made of: the permutation C, its inverse circuit if it is known, the noise, and the choices."""

    circuit: Circuit
    inverse: Circuit | None
    beta: float
    fraction: float = 0.5
    hidden: tuple[int, ...] = (32,)
    steps: int = 4000
    seed: int = 0

    @property
    def known_inverse(self) -> Circuit:
        """The inverse circuit. Raises `ReductionError` if there is none."""
        if self.inverse is None:
            raise ReductionError(
                f"no circuit that inverts {self.circuit.name!r} is known: give one with --inverse, or choose an encoder"
                " that needs none: exact, tabled or learned"
            )
        return self.inverse


class Made(NamedTuple):
    """An encoder; `half_normal` as in `reductions.hypothesis.measure_hypothesis`, None where the law is known."""

    encoder: DeepLatentGaussian
    half_normal: float | None


def _learned(order: Order) -> Made:
    from reductions.encoders.learned import train_signs  # noqa: PLC0415 - torch.func takes a while to import

    (found,) = train_signs([order.circuit], order.hidden, steps=order.steps, seed=order.seed, beta=order.beta)
    return Made(found.encoder(), None)


#: 16 bins, not the least 11: TV = 1/16 is far enough below 1/10 to be seen by samples.
FICKLE_BINS = 16

#: exact: 0.0008 a bit is undecided at most (`exact`); fickle: g falls on one of two ramps (`fickle`).
NAMED: dict[str, Callable[[Order], Made]] = {
    "planted": lambda order: Made(planted(order.known_inverse), None),
    "exact": lambda order: Made(exact(order.circuit, order.beta), 0.001 * order.circuit.num_inputs),
    "partial": lambda order: Made(partial(order.known_inverse, order.fraction, seed=order.seed), None),
    "fickle": lambda order: Made(fickle(order.known_inverse, bins=FICKLE_BINS), RAMP),
    "tabled": lambda order: Made(tabled(order.circuit), None),
    "learned": _learned,
}


def make(name: str, order: Order) -> Made:
    """The encoder of that name. Raises `ReductionError`, listing all names, for another."""
    if name not in NAMED:
        raise ReductionError(f"no encoder {name!r}: choose one of {', '.join(NAMED)}, or a .safetensors file")
    return NAMED[name](order)
