"""Our bound of (9) and (42): with t = sqrt(eps/2)/alpha it is log(1 + t). The printed one is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from jaxtyping import Float
from torch import Tensor

from claims.engine.arithmetic import Array, is_tensor, log, maximum, sqrt, total
from claims.engine.strategies import PositiveVectorEnsemble, positives
from claims.engine.strategies.ensemble import split
from claims.papers.shekhovtsov_2022.domains import FiniteVAEs, finite_vaes
from claims.papers.shekhovtsov_2022.models.families import Bits, Categorical, FiniteFamily, Multinomial, Table
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE

LOST = "the printed bound is lost; ours: with t = sqrt(eps/2)/alpha, log(1 + t), which is at most t. It claims no more"

#: Bends below 1e-3 leave a KL that floats only round.
BENDS = (0.0, 1e-3, 0.1, 1.0, 10.0)

#: Two states that the statistics do not tell apart, and one state alone: alpha as large as it can be.
COIN, ALONE = Table(((0.0,), (0.0,))), Table(((0.0,),))
SMALL: tuple[FiniteFamily, ...] = (
    Bits(1), Bits(2), Bits(2, spins=True), Categorical(3), Multinomial(3, 2), COIN, ALONE,
    Table(((0.0,), (1.0,), (2.0,)), (1.0, 2.0, 1.0)), Table(((0.0, 0.0), (1.0, 1.0), (2.0, 2.0))),
)  # fmt: skip
SCOPE = (
    "bits, spins, categories, counts, one state, statistics that tell nothing or repeat, of up to 6 states; f, g free,"
    " affine, near the consistent set; all priors; data on all of X or part of it; scales 1e-3..30; gradient ascent"
)
FINITE = "all EF VAEs on finite X, Z, all priors, all p_d, all eps, alpha > 0"


def bent(structure: FiniteVAEs) -> bool:
    """Whether there is a gap to compare with: where eps = 0 both sides are rounding."""
    return structure.prior != "harmonium" or structure.f_bend > 0 or structure.g_bend > 0


def vaes() -> st.SearchStrategy[FiniteVAEs]:
    """VAEs of few states, minimal or not, near the consistent set and far from it."""
    return finite_vaes(families=SMALL, f_bends=BENDS, g_bends=BENDS).filter(bent)


_STEPS = Table(((0.0,), (1.0,), (2.0,)), (1.0, 2.0, 1.0))

#: For identities, which are true or false at any instance: few structures, at scales at which floats see them.
FEW = (
    FiniteVAEs(Bits(1), Bits(1)),
    FiniteVAEs(Bits(2), Bits(2, spins=True), prior="free"),
    FiniteVAEs(Categorical(3), _STEPS, prior="harmonium", scale=3.0),
    FiniteVAEs(_STEPS, Bits(2), 0.1, prior="free"),
    FiniteVAEs(Multinomial(3, 2), Bits(1), support=(0, 3)),
    FiniteVAEs(COIN, Bits(2)),
    FiniteVAEs(Bits(2), COIN, even=True),
    FiniteVAEs(Bits(1), ALONE),
    FiniteVAEs(ALONE, Bits(1)),
    FiniteVAEs(SMALL[-1], Categorical(3), support=(0, 2), scale=0.1),
)
MILD = (
    "ten structures: bits, spins, categories, counts, base measures, statistics that tell nothing or repeat, one state;"
    " all priors; data on all of X or part of it; scales 0.1..3; gradient ascent"
)


def mild() -> st.SearchStrategy[FiniteVAEs]:
    """`FEW`."""
    return st.sampled_from(FEW)


#: Beside `FEW` the ends: tables of scale 1e-3 to 30, nearly affine and far from it, data on one or two states.
ENDS = (
    FiniteVAEs(Bits(2), Bits(2), 1e-3, 10.0, scale=30.0),
    FiniteVAEs(Bits(1), Categorical(3), 10.0, 1e-3, "free", scale=1e-3),
    FiniteVAEs(Categorical(3), Bits(2), 0.1, 0.1, "harmonium", scale=10.0),
    FiniteVAEs(Multinomial(3, 2), COIN, prior="free", support=(1,), scale=10.0),
    FiniteVAEs(COIN, COIN, even=True, scale=0.1),
    FiniteVAEs(SMALL[-1], Multinomial(3, 2), 0.0, 1e-3, "harmonium", support=(0, 1)),
    FiniteVAEs(Bits(2, spins=True), Bits(1), 1e-3, 0.0, "harmonium", even=True, scale=3.0),
    FiniteVAEs(Bits(2), SMALL[-1], 0.0, 1.0, "free", support=(0, 3)),
)
WIDE = (
    "eighteen structures: bits, spins, categories, counts, base measures, statistics that tell nothing or repeat, one"
    " state; f, g free, affine, near the consistent set; all priors; data on all of X or part of it; scales 1e-3..30;"
    " gradient ascent"
)


def wide() -> st.SearchStrategy[FiniteVAEs]:
    """`FEW` and `ENDS`: for what follows from claims that `vaes` attacks."""
    return st.sampled_from(FEW + ENDS)


#: alpha near 1/2 and eps near 0: here log(1 + t) is met in the limit.
EVEN = tuple(
    FiniteVAEs(Bits(1, spins=True), COIN, f_bend=bend, g_bend=0.0, even=True, scale=0.01) for bend in (1e-3, 0.1)
)
#: Nearly tight: a harmonium with base measures, and one with a prior that is not affine in psi.
NEARLY_TIGHT = (
    FiniteVAEs(Table(((0.0,), (1.0,), (2.0,)), (1.0, 2.0, 1.0)), Bits(2), 1e-3, 1e-3, "harmonium"),
    FiniteVAEs(Bits(2), Bits(2), 1e-3, 1e-3, "harmonium", scale=3.0),
)


def tilt(vae: FiniteVAE, alpha: Array, eps: Array | None = None) -> Array:
    """t = sqrt(eps/2)/alpha; eps is the VAE's own gap unless given: [N]."""
    return sqrt(maximum(vae.gap() if eps is None else eps, 0.0) / 2) / alpha


def bound(t: Array) -> Array:
    """log(1 + t): [N]."""
    return t.log1p() if is_tensor(t) else log(1 + t)


@dataclass(frozen=True)
class Pair:
    """Two probabilities p, q >= alpha, and at most 1 - alpha where `top` is alpha, by free arrays w, a, b > 0 [N, 1].

    alpha = 1/(2 + w), p = (alpha + (1 - alpha) a)/(1 + a), q likewise with b: so both lie in (alpha, 1 - alpha).
    """

    w: Array
    a: Array
    b: Array

    @property
    def alpha(self) -> Array:
        """The least probability: [N]."""
        return 1 / (2 + self.w[..., 0])

    def _between(self, x: Array) -> Array:
        return (self.alpha + (1 - self.alpha) * x[..., 0]) / (1 + x[..., 0])

    @property
    def p(self) -> Array:
        """[N]."""
        return self._between(self.a)

    @property
    def q(self) -> Array:
        """[N]."""
        return self._between(self.b)

    @property
    def log_ratio(self) -> Array:
        """log p - log q: [N]."""
        return log(self.p / self.q)

    @property
    def spread(self) -> Array:
        """s = |p - q|/alpha: [N]."""
        return maximum(self.p - self.q, self.q - self.p) / self.alpha

    def binary_divergence(self) -> Array:
        """d(q || p) = q log(q/p) + (1 - q) log((1 - q)/(1 - p)): [N]."""
        p, q = self.p, self.q
        return q * log(q / p) + (1 - q) * log((1 - q) / (1 - p))


@dataclass(frozen=True)
class Spread:
    """Deviations s(x) >= 0 [N, k] with weights [N, k] > 0, normalised here; t² is E s², the most that (46) admits."""

    s: Array
    weights: Array

    def expectation(self, of: Array) -> Array:
        """E of values [N, k]: [N]."""
        return total(self.weights * of) / total(self.weights)

    @property
    def t(self) -> Array:
        """sqrt(E s²): [N]."""
        return sqrt(self.expectation(self.s * self.s))


@dataclass(frozen=True)
class Positives:
    """Cases whose arrays are all of positive numbers: `kind`(*arrays), one positive ensemble each."""

    kind: type
    drawn: tuple[PositiveVectorEnsemble, ...]

    @property
    def size(self) -> int:
        """The free coordinates of all arrays."""
        return sum(ensemble.size for ensemble in self.drawn)

    def build(self, free: Float[Tensor, "n size"]) -> Any:
        """A batch of instances."""
        return self.kind(*(e.build(part) for e, part in zip(self.drawn, split(free, self.drawn), strict=True)))


def pairs() -> st.SearchStrategy[Positives]:
    """`Pair`s over twelve decades of odds: alpha near 0 and near 1/2, p and q near alpha and near 1 - alpha."""
    vector = positives(1, scales=(1e-6, 1e6))
    return st.tuples(vector, vector, vector).map(lambda drawn: Positives(Pair, drawn))


@st.composite
def spreads(draw: DrawFn) -> Positives:
    """`Spread`s of one to five points, weights and deviations over eight decades."""
    points = draw(st.integers(1, 5))
    return Positives(Spread, (draw(positives(points, scales=(1e-4, 1e4))), draw(positives(points, scales=(1e-4, 1e4)))))


PAIRS = "alpha, p, q over twelve decades of odds, p and q near alpha and near 1 - alpha; gradient ascent"
SPREADS = "one to five points, weights and deviations over eight decades; gradient ascent"
