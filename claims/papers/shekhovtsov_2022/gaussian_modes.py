"""Section 3.1: Gaussian conditionals whose variance depends on the other variable, and their modes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy

from claims import Margin, Step, claim, derivation, exhaustive
from claims.engine.arithmetic import Array

x, z = sympy.symbols("x z", real=True)


@dataclass(frozen=True)
class Modes:
    """exp(-(x²z² + x² + z² - 2b(x + z))/2) with b = r + 1/r, where r = 1 + `excess` > 1: [n]."""

    excess: Array

    def slopes(self, coupling: float = 1.0) -> tuple[Array, Array, Array]:
        """The slopes of the two terms x²z² + x² + z² along x and z at (r, 1/r), halved; det of the Hessian."""
        r = 1 + self.excess
        q = 1 / r
        across, along = coupling * q * q + 1, coupling * r * r + 1
        return r * across, q * along, across * along - (2 * coupling * r * q) ** 2


def mode_steps() -> Iterator[Step]:
    """x|z is N(b/(1+z²), 1/(1+z²)), z|x likewise: an EF VAE with statistics (x, x²), (z, z²), coupled by x²z² only.
    The exponent is at most -(x² + z²)/2 + b(x + z), so it is a density. At (r, 1/r), b = r + 1/r, the
    gradient vanishes and the Hessian is positive definite (trace and determinant are positive, r != 1): a strict mode,
    and by symmetry another at (1/r, r). A Gaussian has one.
    """  # noqa: D205 - the proof
    r = sympy.Symbol("r", positive=True)
    far = r + 1 / r
    Q = (x**2 * z**2 + x**2 + z**2 - 2 * far * (x + z)) / 2
    at = {x: r, z: 1 / r}
    yield Step.vanishes("dQ/dx at (r, 1/r)", sympy.diff(Q, x).subs(at))
    yield Step.vanishes("dQ/dz at (r, 1/r)", sympy.diff(Q, z).subs(at))
    determinant_there = sympy.hessian(Q, (x, z)).det().subs(at)
    yield Step.vanishes("det of the Hessian = (r - 1/r)²", determinant_there - (r - 1 / r) ** 2)


def _rational_modes() -> Iterator[Modes]:
    """b from just above 2 to a million."""
    for k in sorted(range(-10, 11), key=abs):
        yield Modes(np.array([4.0**k]))


def _bimodal(case: Modes, coupling: float = 1.0, beyond: float = 0.0) -> Margin:
    x_slope, z_slope, curvature = case.slopes(coupling)
    least = beyond + 0 * curvature
    b = 1 + case.excess + 1 / (1 + case.excess)
    return Margin.equal(x_slope, b) & Margin.equal(z_slope, b) & Margin.positive(curvature - least)


@claim(
    "shekhovtsov-2022/equation-10/remark-multimodal",
    statement=r"\text{If we allowed } s \text{ to be dependent on } z,\text{ the joint statistics would include }"
    r" z\,x^2,"
    r"\ x^2z^2.\text{ The joint distribution would not be Gaussian and may be in fact multi-modal}",
    source="Section 3.1, Diagonal Gaussian VAE, last sentences",
    domain="existence: exp(-(x²z² + x² + z² - 2b(x + z))/2) for every b > 2",
    readings=["'may be': one family is exhibited, with strict modes at (r, 1/r), (1/r, r); r + 1/r = b = 5/2: r = 2"],
    by=[
        derivation(mode_steps, "every b > 2"),
        exhaustive(_rational_modes, "r = 1 + 4^k, k in -10..10, to 1e-30", tolerance=1e-30),
    ],
)
def two_modes_of_gaussian_conditionals(case: Modes) -> Margin:
    """The gradient vanishes at (r, 1/r) and the Hessian's determinant is positive there."""
    return _bimodal(case)


@two_modes_of_gaussian_conditionals.mutant("without x²z²")
def _(case: Modes) -> Margin:
    return _bimodal(case, coupling=0.0)


@two_modes_of_gaussian_conditionals.mutant("determinant above one")
def _(case: Modes) -> Margin:
    return _bimodal(case, beyond=1.0)
