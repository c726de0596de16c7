"""Appendix A, Lemma 6: couplings bound the total variation, and the best one attains it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import sympy
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from claims import Constant, Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, constant, diagonal, maximum, minimum, stack, total
from claims.engine.strategies import Instances, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.laws import JointLaw
from claims.papers.pareek_risteski_2022.upper_bound.distances import (
    COIN,
    PAIRS,
    PAPER,
    SOURCE,
    Pair,
    pairs,
    total_variation,
)


def couplings() -> SearchStrategy[Instances]:
    """Joint laws of (X, X') on 2..4 atoms each: anything, and nearly all of it above the diagonal."""
    found = []
    for k in (2, 3, 4):
        above = tuple(1.0 if j > i else 1e-6 for i in range(k) for j in range(k))
        found += [
            Instances(JointLaw, (k, (1,) * k), (PositiveVectorEnsemble(k * k, s),)) for s in ((1.0,) * k * k, above)
        ]
    return st.sampled_from(found)


def _apart(joint: Array) -> Array:
    """Pr[X != X'], as a sum without cancellation: [n]."""
    off = 1 - np.eye(joint.shape[-1], dtype=int)
    return total(joint * constant(off, joint), (-2, -1))


def coupling_steps() -> Iterator[Step]:
    """For every event A let a, b, c, e be the probabilities of (X, X') in A x A, A x not A, not A x A, not A x not A.
    P(A) - Q(A) = (a + b) - (a + c) = b - c <= b + c <= Pr[X != X'], and the same with the roles exchanged.
    """  # noqa: D205 - the proof
    a, b, c = sympy.symbols("a b c", nonnegative=True)
    yield Step.vanishes("P(A) - Q(A) = b - c", (a + b) - (a + c) - (b - c))
    yield Step.nonnegative("b + c - (b - c)", (b + c) - (b - c))
    yield Step.nonnegative("b + c - (c - b)", (b + c) - (c - b))


@claim(
    f"{PAPER}/lemma-6",
    statement=r"\text{Let } C \text{ be any coupling of } P, Q \text{ and } (X, X') \sim C:\ "
    r"d_{TV}(P, Q) \le \Pr[X \ne X']",
    source=f"{SOURCE}, Lemma 6",
    domain="all laws P, Q on a space where {X = X'} is measurable, all couplings",
    readings=["'P, Q : Omega -> R' are laws on Omega"],
    rests_on=[f"{PAPER}/definition-5"],
    by=[derivation(coupling_steps, "all couplings"), search(couplings(), "2..4 atoms, weights over six decades")],
    constants={"factor": Constant(1.0, 0.98)},
)
def couplings_bound_the_variation(case: JointLaw, factor: float = 1.0) -> Margin:
    """The laws of X and X' are at most Pr[X != X'] apart."""
    joint = case.joint
    variation = total_variation(total(joint), total(joint, -2))
    return Margin.at_most(variation, constant(factor, joint) * _apart(joint)).report(share=variation / _apart(joint))


@couplings_bound_the_variation.mutant("half of Pr[X != X']")
def _(case: JointLaw) -> Margin:
    return couplings_bound_the_variation.margin(case, factor=0.5)


@couplings_bound_the_variation.mutant("Pr[X = X']")
def _(case: JointLaw) -> Margin:
    joint = case.joint
    return Margin.at_most(total_variation(total(joint), total(joint, -2)), total(diagonal(joint)))


def maximal_coupling(p: Array, q: Array) -> Array:
    """The coupling that stays together most: min(p, q) on the diagonal, what is left over independently off it.

    [n, atoms], [n, atoms] -> [n, atoms, atoms]. For p = q the second part is 0/0: the diagonal alone is meant.
    """
    more, less = maximum(p - q, 0 * p), maximum(q - p, 0 * p)
    apart = more[..., :, None] * less[..., None, :] / total_variation(p, q)[..., None, None]
    together = minimum(p, q)
    rows = [together[..., i : i + 1] * constant(np.eye(p.shape[-1], dtype=int)[i], p) for i in range(p.shape[-1])]
    return apart + stack(rows, -2)


def maximal_steps() -> Iterator[Step]:
    """Let v = d_TV(P, Q) > 0. The row sums are min(p, q) + (p - q)^+ v/v = p, the column sums q alike, and no atom has
    both (p - q)^+ and (q - p)^+ positive, so the second part lies off the diagonal: Pr[X != X'] = v² / v = v.
    """  # noqa: D205 - the proof
    low, more, v = sympy.symbols("l m v", positive=True)
    yield Step.vanishes("row sum, p = l + m > q = l", low + more * v / v - (low + more))
    yield Step.vanishes("the whole off the diagonal: v v / v = v", v * v / v - v)


@claim(
    f"{PAPER}/lemma-6/remark-sharper",
    statement=r"\text{for all } P, Q \text{ some coupling has } \Pr[X \ne X'] = d_{TV}(P, Q)",
    source=f"{SOURCE}, Lemma 6 (not printed)",
    domain="all laws P, Q",
    rests_on=[f"{PAPER}/definition-5"],
    by=[
        derivation(maximal_steps, "all laws; P = Q: the diagonal"),
        search(pairs(), PAIRS, corners=(COIN,)),
    ],
)
def maximal_coupling_attains_the_variation(case: Pair) -> Margin:
    """The maximal coupling has the marginals P, Q, and X != X' with probability d_TV."""
    return _attained(case, maximal_coupling(case.p, case.q))


def _attained(case: Pair, joint: Array) -> Margin:
    marginals = Margin.equal(total(joint), case.p) & Margin.equal(total(joint, -2), case.q)
    return marginals & Margin.equal(_apart(joint), total_variation(case.p, case.q))


@maximal_coupling_attains_the_variation.mutant("the independent coupling")
def _(case: Pair) -> Margin:
    return _attained(case, case.p[..., :, None] * case.q[..., None, :])


@maximal_coupling_attains_the_variation.mutant("roles exchanged off the diagonal")
def _(case: Pair) -> Margin:
    return _attained(case, maximal_coupling(case.q, case.p))
