"""Appendix C.2: how the distance from the inverse point changes, equations (27) and (28) in the proof of Lemma 3."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import sympy

from claims import Margin, Step, claim, derivation
from claims.engine.arithmetic import Array, constant, sqrt
from claims.papers.pareek_risteski_2022.upper_bound.derivatives import ANY_Z, PR
from claims.papers.pareek_risteski_2022.upper_bound.derivatives import attack as attack_anywhere
from claims.papers.pareek_risteski_2022.upper_bound.loss import Anywhere, Loss
from claims.papers.pareek_risteski_2022.upper_bound.strongly_invertible import dot, times

C2 = "Appendix C.2, proof of Lemma 3"
NEAR = sympy.Symbol("r", positive=True)


def eta(offset: Array) -> Array:
    """Half the squared distance from the inverse point: [n]."""
    return dot(offset, offset) / 2


def drift(case: Loss) -> Array:
    """The dt term of d eta by (28): [n]."""
    return case.d - dot(case.offset, case.gradient(case.z))


def ito_steps() -> Iterator[Step]:
    """Ito's formula for dz = b dt + sqrt(2) dB and eta = ‖z - hat‖²/2: grad eta = delta = z - hat, Hess eta = I of
    trace d. Checked on one step of length h with the two moments that count, E xi = 0 and E xi xi^T = I: the mean of
    eta(z + h b + sqrt(2h) xi) is eta + h (<delta, b> + d) + h² ‖b‖²/2, coordinate by coordinate.
    """  # noqa: D205 - the proof
    h = sympy.Symbol("h", positive=True)
    delta, b = sympy.symbols("delta b", real=True)
    mean = sum((delta + h * b + s * sympy.sqrt(2 * h)) ** 2 / 2 for s in (1, -1)) / 2
    yield Step.vanishes("one coordinate", mean - delta**2 / 2 - h * (delta * b + 1) - h**2 * b**2 / 2)
    yield Step.vanishes("the dB term: 2 ‖delta‖² = (2 sqrt eta)²", 2 * NEAR**2 - (2 * sympy.sqrt(NEAR**2 / 2)) ** 2)


def _kicks(case: Loss) -> list[Array]:
    return [constant([list(signs)], case.hat) for signs in itertools.product((1, -1), repeat=case.d)]


def _one_step(case: Loss, correction: Array) -> Margin:
    """The mean of eta after a step of length h = beta², exactly: xi uniform on {±1}^d has the two moments."""
    h, slope, kicks = case.beta**2, case.gradient(case.z), _kicks(case)
    moved = case.offset - times(h, slope)
    root = sqrt(2 * h)
    mean = sum(eta(moved + times(root, 0 * moved + kick)) for kick in kicks) / len(kicks)
    rise = mean - eta(case.offset) - h * h * dot(slope, slope) / 2
    return Margin.equal(rise, h * (correction - dot(case.offset, slope)))


def _laplacian(case: Loss) -> Array:
    """Second differences of eta, exact for a quadratic: [n]."""
    units = [constant([[float(i == j) for j in range(case.d)]], case.hat) for i in range(case.d)]
    return sum(eta(case.offset + u) + eta(case.offset - u) - 2 * eta(case.offset) for u in units)


@claim(
    f"{PR}/equation-27",
    statement=r"d\eta(z) = \langle\nabla\eta(z), -\nabla L(z)\rangle dt + \tfrac12(\sqrt2)^2\Delta\eta(z)\,dt"
    r" + \langle\nabla\eta(z), \sqrt2\,dB_t\rangle",
    source=C2,
    domain=ANY_Z,
    by=[derivation(ito_steps, "all d, G, x, beta, z"), attack_anywhere()],
)
def distance_by_ito(case: Anywhere) -> Margin:
    """The mean rise of eta in one Langevin step, less its h² term, is h times the dt terms of (27)."""
    return _one_step(case, _laplacian(case))


@distance_by_ito.mutant("½ in place of ½ (sqrt 2)²")
def _(case: Anywhere) -> Margin:
    return _one_step(case, _laplacian(case) / 2)


@distance_by_ito.mutant("no second derivative: the chain rule of calculus")
def _(case: Anywhere) -> Margin:
    return _one_step(case, 0 * _laplacian(case))


@claim(
    f"{PR}/equation-28",
    statement=r"d\eta(z) = -\langle\nabla\eta(z), \nabla L(z)\rangle dt + d\cdot dt + 2\sqrt{\eta(z)}\,dB_t",
    source=C2,
    domain=ANY_Z,
    rests_on=[f"{PR}/equation-27"],
    readings=["the last B is a Brownian motion on the line, with the bracket of <grad eta, sqrt(2) dB>"],
    by=[derivation(ito_steps, "all d, G, x, beta, z"), attack_anywhere()],
)
def distance_equation(case: Anywhere) -> Margin:
    """(27) with the Laplacian d; and the mean of <grad eta, sqrt(2) xi>² is (2 sqrt eta)²."""
    return _one_step(case, case.d) & _bracket(case, 4.0)


def _bracket(case: Anywhere, factor: float) -> Margin:
    kicks = _kicks(case)
    spread = sum(2 * dot(case.offset, 0 * case.offset + kick) ** 2 for kick in kicks) / len(kicks)
    return Margin.equal(spread, factor * eta(case.offset))


@distance_equation.mutant("sqrt(2 eta) in place of 2 sqrt(eta)")
def _(case: Anywhere) -> Margin:
    return _bracket(case, 2.0)


@distance_equation.mutant("d/2 in place of d")
def _(case: Anywhere) -> Margin:
    return _one_step(case, case.d / 2)
