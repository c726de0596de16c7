"""Section 2, Definition 2: deep latent Gaussians over any density of z_0."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, total
from claims.engine.strategies import Instances
from claims.papers.pareek_risteski_2022.laws import weights


@dataclass(frozen=True)
class Layers:
    """Two laws of z_0, two layers, `atoms` points. Arrays, positive: `start` [n, 2 atoms], `kernel` [n, 2 atoms²]."""

    atoms: int
    start: Array
    kernel: Array

    def law(self, which: int) -> Array:
        """p(z_0): [n, atoms]."""
        part = self.start[..., which * self.atoms : (which + 1) * self.atoms]
        return part / total(part)[..., None]

    def layer(self, which: int) -> Array:
        """p(z_{i+1} | z_i): [n, atoms, atoms]."""
        k = self.atoms**2
        part = self.kernel[..., which * k : (which + 1) * k]
        matrix = part.reshape(part.shape[0], self.atoms, self.atoms)
        return matrix / total(matrix)[..., None]

    def joint(self, which: int) -> Array:
        """p(z_0, z_2), z_1 summed out: [n, atoms, atoms]."""
        return self.law(which)[..., :, None] * (self.layer(0) @ self.layer(1))


def layers() -> SearchStrategy[Instances]:
    """2 or 3 atoms, weights over twelve decades."""
    return st.integers(2, 3).flatmap(
        lambda k: st.tuples(weights(2 * k), weights(2 * k * k)).map(lambda drawn: Instances(Layers, (k,), drawn))
    )


def conditional_steps() -> Iterator[Step]:
    """p(z_0, ..., z_L) = p(z_0) prod_i N(z_i; G_i(z_{i-1}), beta_i² I), and dividing by p(z_0) leaves the product."""
    p, product = sympy.symbols("p product", positive=True)
    yield Step.vanishes("p(z_0) cancels", p * product / p - product)


@claim(
    "pareek-risteski-2021/definition-2",
    statement=r"p(z_i|z_{i-1}) = \mathcal N(G_i(z_{i-1}), \beta_i^2 I) \text{ and } p(z_0) \text{ any valid density:}"
    r"\ p(z_L|z_0) \text{ is the same for all } p(z_0)",
    source="Section 2, Definition 2",
    domain="all L, G_i, beta_i, all densities p(z_0), at z_0 where they are positive",
    readings=[
        "so the deep latent Gaussians are those of 2022, where p(z_0) = N(0, I): only fewer laws are admitted for z_0."
        " In both the observable is called z_0; but the encoder in 2022's proof takes z_0 as noise that it multiplies"
        " by 0, and gets x through its biases (the amortiser), while here z_0 = x: see theorem-1",
    ],
    by=[derivation(conditional_steps, "all L, G_i, beta_i, p(z_0)"), search(layers(), "two layers, 2 or 3 atoms")],
)
def first_density_is_of_no_consequence(case: Layers) -> Margin:
    """p(z_0, z_2)/p(z_0) is the same for two laws of z_0."""
    first, second = (case.joint(i) / total(case.joint(i))[..., None] for i in (0, 1))
    return Margin.equal(first, second)


@first_density_is_of_no_consequence.mutant("p(z_L) in place of p(z_L | z_0)")
def _(case: Layers) -> Margin:
    return Margin.equal(total(case.joint(0), -2), total(case.joint(1), -2))


@first_density_is_of_no_consequence.mutant("p(z_0 | z_L)")
def _(case: Layers) -> Margin:
    first, second = (case.joint(i) / total(case.joint(i), -2)[..., None, :] for i in (0, 1))
    return Margin.equal(first, second)
