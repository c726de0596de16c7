"""Theorem A.1 (Arnold & Strauss): joints with both conditionals in exponential families; what minimality is for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import sympy

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, absolute, concatenate, constant, greatest, solve
from claims.papers.shekhovtsov_2022.affine import AFFINE, Specified, joints
from claims.papers.shekhovtsov_2022.dependencies import (
    independent_states,
    independent_statistics,
)
from claims.papers.shekhovtsov_2022.domains import MINIMAL
from claims.papers.shekhovtsov_2022.models.families import FiniteFamily
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE

PRINTED = r"\log p(x,z) = \log h(x) + \log h'(z) + \langle(1,\nu(x)),\,M\,(1,\psi(z))\rangle"
MINIMALS = tuple(family for family in MINIMAL if family.dimension)


def parameters_by_x(vae: FiniteVAE) -> Array:
    """G(x) = (log p(x) - b(x) - log h(x), g(x)): log p(x, z) - log h h' = <G(x), (1, psi(z))>. [N, X, m+1]."""
    free = vae.log_marginal - vae.z.log_partition(vae.g) - vae.x.log_base(vae.f)
    return concatenate([free[..., None], vae.g], -1)


def matrix_of(vae: FiniteVAE, parameters: Array | None = None) -> Array:
    """The M of (17) as the proof finds it: from the encoder at as many states x as (1, nu) has independent values.

    Where nu is not minimal, statistics that depend on those before them get rows of zeros. [N, n+1, m+1].
    """
    states, kept = list(independent_states(vae.x)), list(independent_statistics(vae.x))
    known = (parameters_by_x(vae) if parameters is None else parameters)[..., states, :]
    points = constant(vae.x.extended()[states][:, kept], known) + 0 * known[..., :1]
    spread = np.zeros((vae.x.dimension + 1, len(kept)))
    spread[kept, range(len(kept))] = 1
    return constant(spread, known) @ solve(points, known)


def form(M: Array, x: FiniteFamily, z: FiniteFamily) -> Array:
    """log h h' + <(1, nu), M (1, psi)>: [N, X, Z]."""
    bases = x.log_base(M)[:, None] + z.log_base(M)
    return bases + constant(x.extended(), M) @ M @ constant(z.extended(), M).T


def joint_steps() -> Iterator[Step]:
    """Let L(x, z) = log p(x, z) - log h(x) - log h'(z), finite as the joint and the base measures are positive. By
    p(x, z) = p(x|z) p(z), L(x, z) = <(1, nu(x)), F(z)> with F(z) = (log p(z) - a(z) - log h'(z), f(z)); by p(x, z) =
    p(z|x) p(x), L(x, z) = <G(x), (1, psi(z))> with G(x) = (log p(x) - b(x) - log h(x), g(x)). If 1, nu_1, ..., nu_n
    are independent functions on X (minimality), there are x_0, ..., x_n for which the matrix N with rows (1, nu(x_i))
    is invertible. With G_0 the matrix of rows G(x_i), L at these points reads N F(z) = G_0 (1, psi(z)) for every z, so
    F(z) = M (1, psi(z)) with M = N^{-1} G_0, and L(x, z) = <(1, nu(x)), M (1, psi(z))> for all x and z. X and Z may
    be any sets.
    Without minimality, keep a maximal independent subset of 1, nu_1, ..., nu_n, 1 among them: <(1, nu), F> is a
    combination of these alone, the same argument gives an M for them, and zero rows give one for (1, nu).
    In continuous spaces the versions may fail on null sets. With statistics that are independent modulo null sets, the
    (x_0, ..., x_n) with invertible N have positive measure, and by Fubini some of them have the identity for almost
    every z: F = M (1, psi) for almost every z, and (17) for almost all x and z.
    """  # noqa: D205 - the proof
    n, m = sympy.symbols("n m", integer=True, positive=True)
    N, G = sympy.MatrixSymbol("N", n, n), sympy.MatrixSymbol("G", n, m)
    F, psi, nu = sympy.MatrixSymbol("F", n, 1), sympy.MatrixSymbol("psi", m, 1), sympy.MatrixSymbol("nu", n, 1)
    yield Step.zero_matrix("N (N^-1 G psi) = G psi, so F = M psi", N * (N.inverse() * G * psi) - G * psi)
    value = nu.T * F
    yield Step.zero_matrix("<nu, F> = <nu, M psi>", value.subs(F, N.inverse() * G * psi) - nu.T * N.inverse() * G * psi)
    p, h, a, b, c = sympy.symbols("log_px|z log_h a log_pz log_h'", real=True)
    yield Step.vanishes("L = <nu, f> + log p(z) - a - log h'", (h + p - a) + b - h - c - (p + b - a - c))


def _apart(left: Array, right: Array, parameters: Array) -> Margin:
    """left = right, both computed from `parameters` of the encoder: their rounding is of the largest's size."""
    size = 2 * greatest(greatest(absolute(parameters)))[..., None, None]
    return Margin.equal(left - size, right - size)


def _takes_the_form(vae: FiniteVAE, scale: Callable[[int, int], float] = lambda i, j: 1.0) -> Margin:  # noqa: ARG005
    """The joint is the form of M, or for mutants that of M with entry (i, j) times scale(i, j)."""
    parameters = parameters_by_x(vae)
    M = matrix_of(vae, parameters)
    scales = constant([[scale(i, j) for j in range(M.shape[-1])] for i in range(M.shape[-2])], M)
    return _apart(vae.log_joint, form(M * scales, vae.x, vae.z), parameters)


@claim(
    "shekhovtsov-2022/theorem-a-1",
    statement=r"\text{Let } x, z \text{ have a strictly positive joint distribution such that both conditionals are"
    r" exponential families with minimal sufficient statistics } \nu, \psi.\ \text{Then there exists a matrix } M"
    r" \text{ such that } " + PRINTED,
    source="Section A.1, Theorem A.1, eqs. (16), (17)",
    domain="all sets X and Z, all strictly positive joints with conditionals (16), minimal nu and psi; in continuous"
    " spaces equality almost everywhere, and minimal modulo null sets",
    readings=[
        "(16) and (17) are lost; restored from the text around them",
        "the base measures are positive, as in Assumption 1; then conditionals (16) for all x and z make the joint"
        " strictly positive wherever p(x) and p(z) are, so that this hypothesis asks for nothing more",
    ],
    by=[
        derivation(joint_steps, "all spaces, all dimensions"),
        search(joints(Specified, xs=MINIMALS, zs=MINIMALS), AFFINE + "; minimal statistics only"),
    ],
)
def joint_of_two_exponential_conditionals(case: Specified) -> Margin:
    """M from the encoder at n + 1 states x gives the joint at all x and z."""
    return _takes_the_form(case.vae)


@joint_of_two_exponential_conditionals.mutant("statistics not extended by 1: no linear terms")
def _(case: Specified) -> Margin:
    return _takes_the_form(case.vae, lambda i, j: float(min(i, j) > 0 or i == j))


@joint_of_two_exponential_conditionals.mutant("p(x|z) with f twice as large: the encoder is not its posterior")
def _(case: Specified) -> Margin:
    return _takes_the_form(replace(case.vae, f=2 * case.vae.f))


@joint_of_two_exponential_conditionals.mutant("base measure h dropped from G")
def _(case: Specified) -> Margin:
    vae = case.vae
    M = matrix_of(vae)
    return Margin.equal(vae.log_joint + vae.x.log_base(M)[:, None], form(M, vae.x, vae.z))


@claim(
    "shekhovtsov-2022/theorem-a-1/remark-minimal",
    statement=r"\text{The joint takes the form (17) also where } \nu \text{ and } \psi \text{ are not minimal}",
    source="Section A.1, Theorem A.1; Assumption 1 does not ask for minimal statistics",
    domain="all sets X and Z, all strictly positive joints with conditionals (16), any nu and psi; in continuous spaces"
    " equality almost everywhere",
    rests_on=["shekhovtsov-2022/theorem-a-1"],
    readings=["not printed: what Assumption 1, which says 'fixed sufficient statistics', needs of Theorem A.1"],
    by=[derivation(joint_steps, "all spaces, any statistics"), search(joints(Specified), AFFINE)],
)
def form_without_minimality(case: Specified) -> Margin:
    """M from independent states and statistics gives the joint, whatever parameters stand for the conditionals."""
    return _takes_the_form(case.vae)


@form_without_minimality.mutant("constant, v: twice as large")
def _(case: Specified) -> Margin:
    return _takes_the_form(case.vae, lambda i, _: 2.0 if i == 0 else 1.0)


@form_without_minimality.mutant("base measure h' dropped")
def _(case: Specified) -> Margin:
    M = matrix_of(case.vae)
    return Margin.equal(case.vae.log_joint + case.base.z.log_base(M), form(M, case.base.x, case.base.z))


@form_without_minimality.mutant("coupling twice as large")
def _(case: Specified) -> Margin:
    return _takes_the_form(case.vae, lambda i, j: 2.0 if min(i, j) > 0 else 1.0)


def unique_steps() -> Iterator[Step]:
    """If M and M' give the same joint, D = M - M' has <(1, nu(x)), D (1, psi(z))> = 0 for all x, z. Minimality gives
    invertible matrices N of rows (1, nu(x_i)) and P of rows (1, psi(z_j)) with N D P^T = 0, so D = 0. If nu is not
    minimal, <c, (1, nu)> = 0 for some c != 0, and M + c d^T gives the same joint for every d: M is not unique.
    """  # noqa: D205 - the proof
    n, m = sympy.symbols("n m", integer=True, positive=True)
    N, D, P = sympy.MatrixSymbol("N", n, n), sympy.MatrixSymbol("D", n, m), sympy.MatrixSymbol("P", m, m)
    yield Step.zero_matrix("N^-1 (N D P^T) P^-T = D", N.inverse() * (N * D * P.T) * P.T.inverse() - D)


@claim(
    "shekhovtsov-2022/theorem-a-1/remark-unique",
    statement=r"\text{For minimal } \nu, \psi \text{ the matrix } M \text{ is unique}",
    source="Section A.1, Theorem A.1",
    domain="all sets X and Z, minimal nu and psi",
    rests_on=["shekhovtsov-2022/theorem-a-1"],
    readings=["not printed: what minimality is for; it makes f(z) = W psi(z) + u an identity of networks as well"],
    by=[
        derivation(unique_steps, "all spaces, all dimensions"),
        search(joints(Specified, xs=MINIMALS, zs=MINIMALS), AFFINE + "; minimal statistics only"),
    ],
)
def matrix_is_unique(case: Specified) -> Margin:
    """The M that the proof finds is the (constant, v; u, W) that the joint was made of."""
    return _recovers(case)


def _recovers(case: Specified, *, u: float = 1.0, v: float = 1.0, W: float = 1.0) -> Margin:
    parameters = parameters_by_x(case.vae)
    M, base = matrix_of(case.vae, parameters), case.base
    lower = concatenate([u * base.u[..., None], W * base.W], -1)
    hidden = _apart(M[..., :1, 1:], v * base.v[..., None, :], parameters)
    return hidden & _apart(M[..., 1:, :], lower, parameters)


@matrix_is_unique.mutant("coupling of the other sign")
def _(case: Specified) -> Margin:
    return _recovers(case, W=-1.0)


@matrix_is_unique.mutant("u twice as large")
def _(case: Specified) -> Margin:
    return _recovers(case, u=2.0)


@matrix_is_unique.mutant("v twice as large")
def _(case: Specified) -> Margin:
    return _recovers(case, v=2.0)
