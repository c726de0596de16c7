"""Which structures of `strongly_invertible` are attacked: few, and each for an end of the domain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from claims.engine.strategies import Ensemble, Instances, MatrixEnsemble, PositiveEnsemble, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.upper_bound.loss import Anywhere, Ball, Loss, Region, WideRegion, WithoutM


def _rows(count: int, width: int, scale: float) -> MatrixEnsemble:
    """Gaussian rows of that size; of size 0, zeros."""
    if scale == 0:
        return MatrixEnsemble((None,) * count, width, 0)
    return MatrixEnsemble(count, width, min(count, width), scale=scale)


def _loss(
    kind: type[Loss],
    extra: Sequence[Ensemble[Any]],
    activation: str,
    d: int,
    *,
    nodes: int = 1,
    turned: bool = False,
    centred: bool = True,
    condition: float = 1.0,
    bend: float = 1.0,
    spare: float = 1e-3,
    hat: float = 1.0,
) -> Instances:
    """One structure: singular values from 1 to `condition`, `nodes` of size `bend`, hat of size `hat`."""
    spectrum = tuple(condition ** (i / max(d - 1, 1)) for i in range(d))
    drawn = (
        PositiveVectorEnsemble(d, spectrum),
        _rows(nodes, d + 1, 1.0),
        _rows(nodes, d, bend),
        PositiveVectorEnsemble(2, spare),
        _rows(1, d, hat),
        _rows(3, d, 1.0),
    )
    return Instances(kind, (activation, turned, centred), (*drawn, *extra))


def _anywhere(activation: str, d: int, *, far: float = 1.0, noise: float = 1.0, **more: Any) -> Instances:
    return _loss(Anywhere, (_rows(1, d, far), PositiveEnsemble(noise)), activation, d, **more)


def _ball(kind: type[Ball], last: Sequence[float], activation: str, d: int, *, share: float, **more: Any) -> Instances:
    positives = [PositiveEnsemble(scale) for scale in (share, *last)]
    return _loss(kind, (_rows(1, d, 1.0), *positives), activation, d, **more)


def _region(
    activation: str, d: int, *, share: float = 10.0, fraction: float = 10.0, epsilon: float = 0.1, **more: Any
) -> Instances:
    return _ball(Region, (fraction, epsilon), activation, d, share=share, **more)


def _choice(structures: Sequence[Instances]) -> SearchStrategy[Instances]:
    return st.sampled_from(structures)


ANYWHERE = "d in 1..4, one or two nodes of tanh, sin or softplus, linear maps, condition 1e4; beta, z - hat 1e-2..1e2"
LINEAR_ANYWHERE = _anywhere("sin", 2, turned=True, bend=0.0)
TURNED_ANYWHERE = _anywhere("sin", 2, turned=True, nodes=2, noise=0.1)
#: One dimension, nearly linear: the bounds of second order are met there, nearly.
TIGHT_ANYWHERE = _anywhere("sin", 1, bend=0.1, far=0.01, spare=1e-6)
ANYWHERE_CORNERS = (TIGHT_ANYWHERE, LINEAR_ANYWHERE, TURNED_ANYWHERE)
_ANYWHERE = (
    _anywhere("sin", 1),
    _anywhere("softplus", 1, noise=100.0, far=10.0),
    _anywhere("sin", 2, nodes=2, far=100.0, centred=False),
    _anywhere("tanh", 2, condition=1e4, hat=0.0, far=0.1),
    _anywhere("softplus", 3, nodes=2, noise=0.01),
    _anywhere("tanh", 4, turned=True, bend=0.1, far=0.01),
)

REGION = (
    "d in 1..4, one or two nodes of tanh, sin or softplus, maps linear and nearly so, condition 1e3, hat = 0; z from"
    " near the centre to the boundary of D; beta from 1e-3 beta_0 to beta_0; epsilon from 1e-6 to 1"
)
#: The boundary of D at beta = beta_0; beta_0 large, so that the prior counts; the centre of such a D.
BOUNDARY = _region("sin", 1)
LARGE_BETA = _region("sin", 1, bend=0.0, spare=1e-5, hat=10.0)
NEAR_CENTRE = _region("sin", 1, bend=0.0, spare=1e-5, hat=10.0, share=1e-2)
TURNED_REGION = _region("sin", 2, turned=True, nodes=2)
REGION_CORNERS = (BOUNDARY, LARGE_BETA, NEAR_CENTRE, TURNED_REGION)
_REGION = (
    _region("tanh", 2, fraction=1e-3),
    _region("softplus", 1, hat=0.0, share=0.1),
    _region("sin", 3, nodes=2, epsilon=1e-6, centred=False),
    _region("tanh", 2, condition=1e3, bend=0.1),
    _region("softplus", 4, turned=True, spare=1e-2, hat=100.0),
)

_WIDE = tuple(Instances(WideRegion, s.given, s.drawn) for s in (*REGION_CORNERS, *_REGION))

WITHOUT_M = "as for D, but z up to ‖z - hat‖ = m/M2 and beta from 1e-2 to 1e2"
WITHOUT_M_CORNERS = (
    _ball(WithoutM, (0.01,), "sin", 1, share=10.0),
    _ball(WithoutM, (1.0,), "sin", 1, share=1e-2, bend=0.0, hat=10.0, spare=1.0),
)
_WITHOUT_M = (
    _ball(WithoutM, (1.0,), "tanh", 1, share=10.0),
    _ball(WithoutM, (1.0,), "sin", 2, share=1.0, nodes=2, turned=True),
    _ball(WithoutM, (100.0,), "softplus", 3, share=10.0, hat=0.0),
    _ball(WithoutM, (0.01,), "tanh", 2, share=10.0, condition=1e3, centred=False),
)


def anywhere() -> SearchStrategy[Instances]:
    """z and beta anywhere."""
    return _choice(_ANYWHERE)


def region() -> SearchStrategy[Instances]:
    """z in D and beta <= beta_0, as Lemma 13 has them."""
    return _choice(_REGION)


def wide_region() -> SearchStrategy[Instances]:
    """The same with our larger beta_0."""
    return _choice(_WIDE)


def without_m() -> SearchStrategy[Instances]:
    """‖z - hat‖ <= m/M2, any beta."""
    return _choice(_WITHOUT_M)
