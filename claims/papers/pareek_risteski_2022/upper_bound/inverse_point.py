"""Appendix F.1 and Remark 6: how large the inverse point is, and what a generator that is not centred changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array
from claims.papers.pareek_risteski_2022.upper_bound.descent_cases import (
    CENTRED,
    NEARLY_LINEAR,
    PAPER,
    SCOPE,
    Inversion,
    inversions,
    inversions_of,
    norm,
)

UNCENTRED = tuple(inversions_of(d, 1, (1e-3, 1e-3, 1.0), centred=False) for d in (1, 2))


# --- Lemma 23 ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shift:
    """G(z) = z + c in one dimension, m = 1. Arrays: `c`, `x` [n]."""

    c: Array
    x: Array


def _shifts() -> Iterator[Shift]:
    for c in (1.0, 2.0, -3.0):
        for x in (0.0, 1.0, -1.0):
            yield Shift(np.array([c]), np.array([x]))


@claim(
    f"{PAPER}/lemma-23",
    statement=r"\hat z \text{ as in (4), with } G \text{ that satisfies Assumption 1, is such that }"
    r" \|\hat z\| \le \|x\|/m",
    source="Appendix F.1, Lemma 23",
    domain="all G with Assumption 1, all x",
    readings=["Assumption 1 only: the lemma names what it asks of G, and its proof adds 'centering from Assumption 3'"],
    effect="Harmless: Section 2.1 lays down Assumption 3 along with the others. With it the lemma is true (equation-54)"
    " and what rests on the lemma has it in force. Without it, read ‖x - G(0)‖ for ‖x‖ (repair); Remark 6 carries all"
    " that follows over to such G.",
    by=[exhaustive(_shifts, "G(z) = z + c, d = 1, c in 1, 2, -3, x in 0, 1, -1")],
    worked=lambda case: [
        f"G(z) = z + {case.c[0]:g}: bijective, |G(u) - G(v)| = |u - v|, so m = 1",
        f"x = {case.x[0]:g}: ẑ = {case.x[0] - case.c[0]:g}, but |x|/m = {abs(case.x[0]):g}",
    ],
)
def inverse_is_as_small_as_x(case: Shift) -> Margin:
    """|ẑ| <= |x|/m at G(z) = z + c."""
    return Margin.at_most(abs(case.x - case.c), abs(case.x))


@inverse_is_as_small_as_x.mutant("half of it")
def _(case: Shift) -> Margin:
    return Margin.at_most(abs(case.x - case.c), abs(case.x) / 2)


@inverse_is_as_small_as_x.mutant("|ẑ| + 1 <= 2|x|/m")
def _(case: Shift) -> Margin:
    return Margin.at_most(abs(case.x - case.c) + 1, 2 * abs(case.x))


def inverse_steps() -> Iterator[Step]:
    """Assumption 1 at z1 = ẑ, z2 = 0: ‖x - G(0)‖ = ‖G(ẑ) - G(0)‖ >= m‖ẑ - 0‖; G(0) = 0 gives ‖x‖."""
    m, length, slack = sympy.symbols("m length slack", positive=True)
    yield Step.nonnegative("(m‖ẑ‖ + slack)/m - ‖ẑ‖", sympy.expand((m * length + slack) / m - length))


def _inverse(case: Inversion, constant: Array) -> Margin:
    return Margin.at_most(norm(case.zhat), norm(case.x - case.origin) / constant)


@claim(
    f"{PAPER}/lemma-23/repair",
    statement=r"\|\hat z\| \le \|x - G(0)\|/m",
    source="Appendix F.1, Lemma 23",
    domain="all G with Assumption 1, all x",
    repairs=f"{PAPER}/lemma-23",
    changes="x - G(0) in place of x; the same under Assumption 3",
    by=[
        derivation(inverse_steps, "all G with Assumption 1"),
        search(inversions(centred=False), SCOPE, corners=(*NEARLY_LINEAR, *UNCENTRED)),
    ],
)
def inverse_is_as_small_as_the_distance_from_the_origin(case: Inversion) -> Margin:
    """‖ẑ‖ <= ‖x - G(0)‖/m, with equality at G(z) = m z + c."""
    return _inverse(case, case.m)


@inverse_is_as_small_as_the_distance_from_the_origin.mutant("M in place of m")
def _(case: Inversion) -> Margin:
    return _inverse(case, 1.01 * case.M)


@inverse_is_as_small_as_the_distance_from_the_origin.mutant("‖x‖, G not centred")
def _(case: Inversion) -> Margin:
    return Margin.at_most(norm(case.zhat), norm(case.x) / case.m)


@claim(
    f"{PAPER}/equation-54",
    statement=r"\|x - G(0)\| = \|G(\hat z) - G(0)\| \ge m\|\hat z - 0\| \implies \|\hat z\| \le \|x\|/m",
    source="Appendix F.1, eq. 54",
    domain="all G with Assumptions 1 and 3, all x",
    readings=[CENTRED],
    by=[
        derivation(inverse_steps, "all G with Assumptions 1 and 3"),
        search(inversions(), SCOPE, corners=NEARLY_LINEAR),
    ],
)
def inverse_of_a_centred_generator(case: Inversion) -> Margin:
    """Both inequalities, for centred G."""
    return _centred(case, case.m)


def _centred(case: Inversion, m: Array) -> Margin:
    return Margin.at_least(norm(case.x - case.origin), m * norm(case.zhat)) & (
        Margin.at_most(norm(case.zhat), norm(case.x) / m)
    )


@inverse_of_a_centred_generator.mutant("twice m")
def _(case: Inversion) -> Margin:
    return _centred(case, 2 * case.m)


@inverse_of_a_centred_generator.mutant("M in place of m")
def _(case: Inversion) -> Margin:
    return _centred(case, 1.01 * case.M)


# --- Remark 6 ---------------------------------------------------------------------------------------------


def translation_steps() -> Iterator[Step]:
    """H = G - c and y = x - c, c = G(0): H(z) - y = G(z) - x for all z, so f, L, ∇f, all derivatives of L, the inverse
    point and the posterior are the same; m, M, M2, M3 are, too, and H(0) = 0. If x ~ N(G(z), β² I), then y ~ N(H(z),
    β² I): y is a sample of H's model. So what holds for (H, y) under Assumption 3 holds for (G, x) with ‖x - G(0)‖ in
    place of ‖x‖; and ‖x‖ <= ‖y‖ + ‖G(0)‖.
    """  # noqa: D205 - the proof
    G, x, c = sympy.symbols("G x c", real=True)
    yield Step.vanishes("(G - c) - (x - c) = G - x", (G - c) - (x - c) - (G - x))


def _same(case: Inversion, other: Inversion) -> Margin:
    z = case.z
    return (
        Margin.equal(case.f(z), other.f(z))
        & Margin.equal(case.L(z), other.L(z))
        & Margin.equal(case.gradient(z), other.gradient(z))
    )


@claim(
    f"{PAPER}/remark-6",
    statement=r"\text{(Assumption 3 is for convenience.) All the results can be easily restated by including a"
    r" dependence on } \|G(0)\|",
    source="Section 2.1, Remark 6",
    domain="all G, x, z, β",
    readings=[
        "the results of Part 1 and 2, which speak of f, L, ẑ and ‖x‖: with x - G(0) for x they need no dependence on"
        " ‖G(0)‖ at all, as (G, x) -> (G - G(0), x - G(0)) changes none of them",
    ],
    by=[
        derivation(translation_steps, "all G, x, z, β"),
        search(inversions(centred=False), SCOPE, corners=UNCENTRED),
    ],
)
def centring_changes_nothing(case: Inversion) -> Margin:
    """f, L and ∇f are those of (G - G(0), x - G(0)), and ‖x‖ <= ‖x - G(0)‖ + ‖G(0)‖."""
    other = case.translated()
    apart = Margin.at_most(norm(case.x), norm(other.x) + norm(case.origin))
    return _same(case, other) & apart


@dataclass(frozen=True, repr=False)
class _KeptX(Inversion):
    """The inverse problem of G - G(0) for the same x."""

    @property
    def x(self) -> Array:
        return super().x + self.points[..., 2, :]


@centring_changes_nothing.mutant("G - G(0) with the same x")
def _(case: Inversion) -> Margin:
    kept = {name: getattr(case, name) for name in Inversion.__dataclass_fields__}
    return _same(case, _KeptX(**{**kept, "centred": True}))


@centring_changes_nothing.mutant("‖x‖ <= ‖x - G(0)‖")
def _(case: Inversion) -> Margin:
    return Margin.at_most(norm(case.x), norm(case.translated().x))
