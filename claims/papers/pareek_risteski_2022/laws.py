"""Models for the probabilistic half of Theorem 2's proof: finite laws, and events by their weights.

The sentences speak of Gaussians, but each uses only what holds for every law; finite ones are what can be searched.
Weights are positive and need not add up to 1: each body divides by their sum. Hypotheses hold by construction.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from claims.engine.arithmetic import Array, constant, maximum, stack, total
from claims.engine.strategies import Instances, PositiveVectorEnsemble, positives


def weights(count: int, spread: float = 1e6) -> SearchStrategy[PositiveVectorEnsemble]:
    """Positive vectors of `count` entries over the decades 1/spread..spread: what is near 0 there is near 0 here."""
    return positives(count, scales=(1 / spread, spread))


def flags(count: int) -> SearchStrategy[tuple[int, ...]]:
    """The indicator of a subset of `count` atoms, as 0 and 1."""
    return st.tuples(*[st.integers(0, 1)] * count)


@dataclass(frozen=True)
class TwoEvents:
    """Events E1, E2 and an eps with Pr[E1] >= eps and Pr[not E2] <= eps/2.

    Array `free` [n, 5]: the weights of E1 without E2, of neither, of E2 alone, and two slacks. The weight of both is
    the least that the hypotheses admit, plus the slacks.
    """

    free: Array

    @property
    def both(self) -> Array:
        """Weight of E1 and E2: [n]."""
        only_1, neither, _, slack, more = (self.free[..., k] for k in range(5))
        return only_1 + 2 * neither + slack + more

    @property
    def whole(self) -> Array:
        """Weight of everything: [n]."""
        return self.both + total(self.free[..., :3])

    @property
    def eps(self) -> Array:
        """Twice the probability of not E2, plus a slack: [n]."""
        return (2 * (self.free[..., 0] + self.free[..., 1]) + self.free[..., 3]) / self.whole


@dataclass(frozen=True)
class TwoLaws:
    """Two laws on the same atoms, and an event S as 0 and 1. Arrays: weights `first`, `second` [n, atoms]."""

    event: tuple[int, ...]
    first: Array
    second: Array

    @property
    def p(self) -> Array:
        """The first law: [n, atoms]."""
        return self.first / total(self.first)[..., None]

    @property
    def q(self) -> Array:
        """The second law: [n, atoms]."""
        return self.second / total(self.second)[..., None]


@dataclass(frozen=True)
class JointLaw:
    """A joint law of z (rows) and x (columns), and a set of x as 0 and 1. Array: `weight` [n, rows * columns]."""

    rows: int
    event: tuple[int, ...]
    weight: Array

    @property
    def joint(self) -> Array:
        """p(z, x): [n, rows, columns]."""
        flat = self.weight / total(self.weight)[..., None]
        return flat.reshape(flat.shape[0], self.rows, len(self.event))


@dataclass(frozen=True)
class CutLaw:
    """A law on [0, 1] of mean at least m, described from a cut a: each atom is `low` (< a), `at` a, or `high` (> a).

    An atom at 1 gets the weight that the mean needs, and `extra` if `top` says so; so m and a may be set by a claim.
    Arrays, [n, 1] or [n, atoms]: `share` (eps = 1/(1 + share) in (0, 1)), `cut` (a = 1/(1 + cut), where no claim ties
    it to eps), `shift` and `weight` of the atoms, `extra`.
    """

    kinds: tuple[str, ...]
    top: bool
    share: Array
    cut: Array
    shift: Array
    weight: Array
    extra: Array

    @property
    def eps(self) -> Array:
        """A number in (0, 1): [n]."""
        return 1 / (1 + self.share[..., 0])

    @property
    def any_cut(self) -> Array:
        """A cut in (0, 1) of its own: [n]."""
        return 1 / (1 + self.cut[..., 0])

    def values(self, cut: Array) -> Array:
        """The atoms below 1: [n, atoms]."""
        place = {"low": lambda s: cut / (1 + s), "at": lambda s: cut + 0 * s, "high": lambda s: (cut + s) / (1 + s)}
        return stack([place[kind](self.shift[..., k]) for k, kind in enumerate(self.kinds)])

    def at_one(self, cut: Array, mean: Array) -> Array:
        """The weight of the atom at 1: [n]."""
        lacking = total(self.weight * (mean[..., None] - self.values(cut)))
        return maximum(lacking, 0) / (1 - mean) + int(self.top) * self.extra[..., 0]

    def chance(self, cut: Array, mean: Array, *, strict: bool = False) -> Array:
        """Pr[A <= cut], or Pr[A < cut], for the law whose mean is at least `mean` < 1: [n]."""
        counted = ("low",) if strict else ("low", "at")
        inside = constant([int(kind in counted) for kind in self.kinds], self.weight)
        return total(self.weight * inside) / (total(self.weight) + self.at_one(cut, mean))


#: A alone at the cut: the constant random variable.
CONSTANT = Instances(CutLaw, (("at",), False), (PositiveVectorEnsemble(1),) * 5)
#: Most of the mass just below the cut, the rest at 1.
JUST_BELOW = Instances(
    CutLaw, (("low",), False), (*(PositiveVectorEnsemble(1),) * 2, PositiveVectorEnsemble(1, 1e-3), *CONSTANT.drawn[:2])
)


@st.composite
def two_events(draw: DrawFn) -> Instances:
    """Every kind of dependence of two events, by weights over twelve decades."""
    return Instances(TwoEvents, (), (draw(weights(5)),))


@st.composite
def two_laws(draw: DrawFn) -> Instances:
    """Laws on 2..6 atoms, every event."""
    atoms = draw(st.integers(2, 6))
    return Instances(TwoLaws, (draw(flags(atoms)),), (draw(weights(atoms)), draw(weights(atoms))))


@st.composite
def joint_laws(draw: DrawFn) -> Instances:
    """Joint laws of 1..4 by 1..4 atoms, every set of columns."""
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    return Instances(JointLaw, (rows, draw(flags(columns))), (draw(weights(rows * columns)),))


@st.composite
def cut_laws(draw: DrawFn) -> Instances:
    """Laws on [0, 1] of 1..4 atoms beside the one at 1, eps and the cut anywhere in (0, 1)."""
    kinds = draw(st.lists(st.sampled_from(("at", "low", "high")), min_size=1, max_size=4).map(tuple))
    counts = (1, 1, len(kinds), len(kinds), 1)
    return Instances(CutLaw, (kinds, draw(st.booleans())), tuple(draw(weights(count)) for count in counts))
