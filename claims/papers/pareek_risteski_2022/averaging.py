"""Proof of Theorem 2, one string for an average fraction of the inputs; and the default output."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from claims import Constant, Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, constant, greatest, minimum, total
from claims.engine.strategies import Instances, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.events import PERMUTATIONS, PROOF, Images, permutations
from claims.papers.pareek_risteski_2022.generator import number
from claims.papers.pareek_risteski_2022.laws import flags, weights
from claims.papers.pareek_risteski_2022.one_string import STRING


@dataclass(frozen=True)
class Strings:
    """Noises of the input (i), equally likely inputs (x), strings of the encoder (j); which (i, x) are good.

    Arrays: `noise` [n, i] and `string` [n, j], weights; `failing` [n, i x j], scaled so that on a good pair (i, x) a
    string fails with probability at most 1/5 (`slack` [n, 1] below that). On others nothing succeeds.
    """

    good: tuple[tuple[int, ...], ...]
    noise: Array
    string: Array
    failing: Array
    slack: Array

    def success(self, share: float) -> Array:
        """Probability of success for each (i, x, j), on average over j at least `share` where good: [n, i, x, j]."""
        rows, columns, n = len(self.good), len(self.good[0]), self.failing.shape[0]
        raw = self.failing.reshape(n, rows, columns, self.string.shape[-1])
        weight = (self.string / total(self.string)[..., None])[:, None, None, :]
        mean = total(raw * weight)[..., None]
        fails = constant(1 - share, raw) * raw / (mean * (1 + self.slack)[..., None, None])
        return constant(self.good, raw)[None, :, :, None] * (1 - minimum(fails, 1 + 0 * fails))

    @property
    def both(self) -> Array:
        """Pr[E1 and E2], the probability that (i, x) is good: [n]."""
        mean = constant([sum(row) / len(row) for row in self.good], self.noise)
        return total(self.noise * mean) / total(self.noise)


@st.composite
def strings(draw: DrawFn) -> Instances:
    """1..3 noises, 1, 2 or 4 inputs (2^d, so that their fractions are exact), 1..4 strings, every set of good pairs."""
    rows, columns, count = draw(st.integers(1, 3)), draw(st.sampled_from((1, 2, 4))), draw(st.integers(1, 4))
    good = tuple(draw(flags(columns)) for _ in range(rows))
    drawn = (draw(weights(rows)), draw(weights(count)), draw(weights(rows * columns * count)), draw(weights(1)))
    return Instances(Strings, (good,), drawn)


#: One noise, one input, one string, failing with probability nearly 1/5: the average is the best.
EVEN = Instances(Strings, (((1,),),), (*(PositiveVectorEnsemble(1),) * 3, PositiveVectorEnsemble(1, 1e-8)))


def averaging_steps() -> Iterator[Step]:
    """A pair succeeds for a uniform x with probability at least (4/5) Pr[E1 and E2] >= (4/5)(eps/2), over x, xi and the
    encoder's noise. This is a mean over strings of the fraction of inputs that a string inverts, so some string inverts
    at least as many. And 2 eps/5 >= eps²/4 as eps <= 1. No Markov, Chernoff or union bound is needed.
    """  # noqa: D205 - the proof
    rest = sympy.Symbol("r", nonnegative=True)  # eps = 1/(1 + r)
    eps = 1 / (1 + rest)
    yield Step.nonnegative("2 eps/5 - eps²/4", sympy.factor(sympy.together(2 * eps / 5 - eps**2 / 4)))


@claim(
    "pareek-risteski-2022/theorem-2/step-averaging",
    statement=r"\text{there is a pair } (i,j) \text{, s.t. the corresponding vectors work for a fraction } "
    r"\frac45\cdot\frac{\epsilon}{2} = \frac{2\epsilon}{5} \ge \frac{\epsilon^2}{4} \text{ of all } x",
    source="ours: the average in place of reverse Markov, Chernoff and union bound; one string, so size O(|C| + T(d))",
    domain="all finite laws of xi and of the encoder's noise, x uniform, Pr[E1 and E2] >= eps/2, success with"
    " probability at least 4/5 on E1 and E2",
    repairs="pareek-risteski-2022/theorem-2/step-one-pair",
    changes="one pair works for an average fraction of all x, in place of all; no Markov, Chernoff or union bound",
    readings=[STRING, "E2 as in step-sign/repair"],
    rests_on=[
        "pareek-risteski-2022/theorem-2/step-intersection",
        "pareek-risteski-2022/theorem-2/step-one-fifth",
        "pareek-risteski-2022/theorem-2/step-sign",
    ],
    carried_by=[
        "pareek-risteski-2022/theorem-2/step-one-fifth/repair",
        "pareek-risteski-2022/theorem-2/step-sign/repair",
    ],
    by=[
        derivation(averaging_steps, "all laws, all eps in (0, 1]"),
        search(strings(), "1..3 noises, 1, 2, 4 inputs, 1..4 strings over twelve decades", corners=(EVEN,)),
    ],
    constants={"share": Constant(0.8, 1.01)},
)
def a_string_serves_the_average(case: Strings, share: float = 0.8) -> Margin:
    """Some string inverts at least (4/5) Pr[E1 and E2] >= 2 eps/5 of the inputs, and that is at least eps²/4."""
    best, both = _best(case, greatest), case.both
    eps = minimum(2 * both, 1 + 0 * both)  # the largest eps in (0, 1] with Pr[E1 and E2] >= eps/2
    return Margin.at_least(best, constant(share, both) * both) & Margin.at_least(best, eps * eps / 4)


def _best(case: Strings, choose: Callable[[Array], Array]) -> Array:
    success = case.success(0.8)
    fraction = total(success, -2) / success.shape[-2]
    return choose(fraction.reshape(fraction.shape[0], -1))


@a_string_serves_the_average.mutant("the whole of Pr[E1 and E2]")
def _(case: Strings) -> Margin:
    return a_string_serves_the_average.margin(case, share=1.0)


@a_string_serves_the_average.mutant("every string")
def _(case: Strings) -> Margin:
    return Margin.at_least(_best(case, lambda x: -greatest(-x)), constant(0.8, case.noise) * case.both)


@a_string_serves_the_average.mutant("the first string")
def _(case: Strings) -> Margin:
    return Margin.at_least(_best(case, lambda x: x[..., 0]), constant(0.8, case.noise) * case.both)


def default_steps() -> Iterator[Step]:
    """C(1, ..., 1) is one vertex: the default is right for x = C(1, ..., 1) and for no other x, with or without the
    inputs on which something was found.
    """  # noqa: D205 - the proof
    inverted = [sum(images[0] == x for x in range(4)) for images in itertools.permutations(range(4))]
    yield Step("each of the 24 permutations with d = 2 has one such x", set(inverted) == {1})


@claim(
    "pareek-risteski-2022/theorem-2/step-default",
    statement=r"\text{If for none of the samples } x \text{ and } z,\ C(\mathrm{sgn}(z)) = x,"
    r" \text{ it outputs } (1, 1, \ldots, 1)",
    source=PROOF,
    domain="all d >= 1, all bijections C of {±1}^d: what the default adds to the inputs that are inverted",
    readings=["printed 'sgn(z) = X', where the check just before has x = C(sgn(z)): a slip"],
    by=[derivation(default_steps, "all d and C (counting)"), exhaustive(permutations, PERMUTATIONS)],
)
def default_inverts_one_input(case: Images) -> Margin:
    """C(1, ..., 1) = x holds for exactly one of the 2^d inputs x: a fraction 2^-d."""
    return Margin.equal(number(_inverted(case.images, lambda _: 0)), number(1))


def _inverted(images: tuple[int, ...], answer: Callable[[int], int]) -> int:
    return sum(images[answer(x)] == x for x in range(len(images)))


@default_inverts_one_input.mutant("the default adds nothing")
def _(case: Images) -> Margin:
    return Margin.equal(number(_inverted(case.images, lambda _: 0)), number(0))


@default_inverts_one_input.mutant("x itself as the default")
def _(case: Images) -> Margin:
    return Margin.equal(number(_inverted(case.images, lambda x: x)), number(1))
