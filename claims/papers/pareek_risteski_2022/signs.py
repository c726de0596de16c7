"""The prior of the signs: z ~ N(0, I_d) makes sgn z uniform on {-1,1}^d, which Lemma 22 and Theorem 2 use."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy
import torch
from numpy.typing import NDArray

from circuits.network import gadgets
from claims import Mean, Step, claim, derivation, statistical


@dataclass(frozen=True)
class Pattern:
    """A sign pattern of d coordinates, as ±1."""

    signs: tuple[int, ...]

    def hits(self, n: int, generator: np.random.Generator, shift: float = 0.0, mix: float = 0.0) -> NDArray[np.float64]:
        """1 where sgn of a sample of N(0, I_d) is this pattern, else 0: [n]. `shift`, `mix` spoil the normal law."""
        z = generator.standard_normal((n, len(self.signs)))
        z = (1 - mix) * z + mix * z[:, :1] + shift
        found = gadgets.sgn(torch.from_numpy(z)).numpy()
        return np.asarray((found == np.array(self.signs)).all(axis=1), dtype=np.float64)


def patterns(generator: np.random.Generator, effort: str) -> list[Pattern]:  # noqa: ARG001 - all, at every effort
    """Every pattern of one to three signs."""
    return [Pattern(signs) for d in (1, 2, 3) for signs in itertools.product((1, -1), repeat=d)]


def uniform_steps() -> Iterator[Step]:
    """The coordinates are independent, so Pr[sgn z = b] is the product of Pr[z_i >= 0] or Pr[z_i < 0]: each is 1/2."""
    z = sympy.Symbol("z", real=True)
    density = sympy.exp(-(z**2) / 2) / sympy.sqrt(2 * sympy.pi)
    half = sympy.Rational(1, 2)
    yield Step.vanishes("Pr[z_i >= 0] = 1/2", sympy.integrate(density, (z, 0, sympy.oo)) - half)
    yield Step.vanishes("Pr[z_i < 0] = 1/2", sympy.integrate(density, (z, -sympy.oo, 0)) - half)


@claim(
    "pareek-risteski-2022/lemma-22/step-uniform",
    statement=r"p(\mathrm{sgn}(z)) \text{ is uniform}",
    source="Appendix E, proof of Lemma 22",
    domain="all d >= 1, z ~ N(0, I_d)",
    by=[
        derivation(uniform_steps, "all d (coordinatewise, symbolic)"),
        statistical(
            patterns,
            "every pattern of 1..3 signs",
            violation=0.02,
            false_alarm=1e-9,
            cap=200_000,
            chunk=2048,
        ),
    ],
)
def signs_are_uniform(pattern: Pattern) -> Mean:
    """Each of the 2^d patterns has probability at least 2^-d; they add up to 1, so each has exactly that."""
    return Mean.at_least(pattern.hits, 2.0 ** -len(pattern.signs))


@signs_are_uniform.mutant("a latent mean of 0.2")
def _(pattern: Pattern) -> Mean:
    return Mean.at_least(lambda n, generator: pattern.hits(n, generator, shift=0.2), 2.0 ** -len(pattern.signs))


@signs_are_uniform.mutant("correlated latents")
def _(pattern: Pattern) -> Mean:
    return Mean.at_least(lambda n, generator: pattern.hits(n, generator, mix=0.5), 2.0 ** -len(pattern.signs))
