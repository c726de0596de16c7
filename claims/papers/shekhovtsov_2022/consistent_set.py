"""What is said of the consistent set: Corollary 1, 'cannot be enlarged by deeper encoder/decoder networks'."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import constant, squared_norm
from claims.papers.shekhovtsov_2022.affine import AFFINE, FREE, AffineDecoder, decoders, joints
from claims.papers.shekhovtsov_2022.dependencies import PROPER, annihilated, differences, relations
from claims.papers.shekhovtsov_2022.domains import FAMILIES, MINIMAL
from claims.papers.shekhovtsov_2022.harmonium_form import natural_part
from claims.papers.shekhovtsov_2022.models.families import FiniteFamily, log_sum_exp
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE


def encoder_steps() -> Iterator[Step]:
    """Let a decoder be consistent with encoders of any class, g arbitrary. By eqs. (5), (6) its posterior is (6), that
    of the affine network W^T nu(x) + v. So whatever larger class of networks is admitted, the consistent decoders are
    those which the affine class already has: posteriors in the family for every x. The prior is any, fixed or free,
    as eqs. (5) and (6) hold for each. The converse direction of Theorem 1 is not used.
    """  # noqa: D205 - the proof
    psi, W, nu, old, v = sympy.symbols("psi W nu nu_0 v", real=True)
    tilted = psi * (W * old + v) + psi * W * (nu - old)
    yield Step.vanishes("tilting (6) at x_0 by <psi, W^T (nu - nu_0)> gives (6) at x", tilted - psi * (W * nu + v))


@claim(
    "shekhovtsov-2022/corollary-1",
    statement=r"\text{The subset of consistent models can not be enlarged by considering more complex encoder"
    r" networks } g, \text{ provided that the affine family } \{W^T\nu(x) + v\} \text{ can already be represented}",
    source="Section 3, Corollary 1",
    domain="all exponential family VAEs, any prior, fixed or free; all encoder classes that contain the affine maps",
    rests_on=["shekhovtsov-2022/equation-5", "shekhovtsov-2022/equation-6"],
    by=[derivation(encoder_steps, "all spaces and priors"), search(joints(AffineDecoder), AFFINE + "; any prior")],
)
def complex_encoders_add_nothing(case: AffineDecoder) -> Margin:
    """One posterior p(.|x0) and the affine map give all: p(z|x) is p(z|x0) exp <psi(z), W^T (nu(x) - nu(x0))>."""
    return _tilted(case, 1.0)


def _tilted(case: AffineDecoder, share: float) -> Margin:
    posterior = case.vae.log_posterior
    natural = case.base.x.statistics(case.base.W) @ case.base.W
    change = share * (natural - natural[..., :1, :]) @ case.base.z.statistics(case.base.W).T
    tilted = posterior[..., :1, :] + change
    return Margin.equal(posterior, tilted - log_sum_exp(tilted)[..., None])


@complex_encoders_add_nothing.mutant("half the change")
def _(case: AffineDecoder) -> Margin:
    return _tilted(case, 0.5)


@complex_encoders_add_nothing.mutant("the change of the other sign")
def _(case: AffineDecoder) -> Margin:
    return _tilted(case, -1.0)


def empirical_steps() -> Iterator[Step]:
    """Let the ELBO be tight for p_d, with any network g: at all x of a set S of full p_d-measure. For every VAE log
    p(z|x) = <(1, nu(x)), F(z)> + (a function of x), so each c on S with sum_x c_x (1, nu(x)) = 0 makes sum_x c_x log
    p(z|x) constant in z; the h'(z) cancel as sum c = 0, and sum_x c_x <psi(z), g(x)> is constant in z. Writing g in
    independent statistics (or psi minimal), sum_x c_x g(x) = 0. So g on S vanishes under all that annihilates (1, nu)
    on S: it is a linear map of it, g(x) = W^T nu(x) + v on S for some W, v. An affine network is tight as well.
    It must be an encoder on S alone, where its log-partition b is that of g, finite; in infinite spaces W^T nu(x) + v
    may have no finite b at other x, but no datum sees these.
    """  # noqa: D205 - the proof
    n, k, m = sympy.symbols("n k m", integer=True, positive=True)
    N, M, c = sympy.MatrixSymbol("N", k, n), sympy.MatrixSymbol("M", n, m), sympy.MatrixSymbol("c", 1, k)
    yield Step.zero_matrix("c N = 0 makes c G = 0 for G = N M", (c * (N * M)) - (c * N) * M)


def supports(draw: DrawFn, x: FiniteFamily) -> tuple[int, ...]:
    """Supports with a relation among their states, so that there is something to violate."""
    order = tuple(draw(st.permutations(range(x.count))))
    sizes = [k for k in range(2, x.count + 1) if len(relations(x, tuple(sorted(order[:k]))))]
    return tuple(sorted(order[: draw(st.sampled_from(sizes))]))


@claim(
    "shekhovtsov-2022/corollary-1/remark-empirical",
    statement=r"\text{Nor can the set of decoders that are tight for } p_d \text{ be enlarged, for any } p_d",
    source="Section 3, Corollary 1 for tightness under 'the empirical data distribution'",
    domain="all exponential family VAEs, any prior, all p_d; all encoder classes that contain the affine maps",
    rests_on=["shekhovtsov-2022/remark-tight"],
    readings=["not printed: the corollary speaks of consistency, which is tightness only where the data span"],
    by=[
        derivation(empirical_steps, "all spaces, priors and supports"),
        search(decoders(xs=PROPER, zs=FAMILIES, support=supports), FREE + "; data on states with a relation"),
    ],
)
def complex_encoders_add_nothing_on_the_data(case: FiniteVAE) -> Margin:
    """A relation among the (1, nu(x)) of the support is one among the log-posteriors, up to constants in z."""
    return annihilated(relations(case.x, case.support), case.log_posterior, differences(case.z.count))


@complex_encoders_add_nothing_on_the_data.mutant("constants in z included")
def _(case: FiniteVAE) -> Margin:
    return annihilated(relations(case.x, case.support), case.log_posterior, np.eye(case.z.count, dtype=int))


@complex_encoders_add_nothing_on_the_data.mutant("states of X moved round")
def _(case: FiniteVAE) -> Margin:
    moved = np.roll(relations(case.x), 1, axis=1)
    return annihilated(moved, case.log_posterior, differences(case.z.count))


def deeper_steps() -> Iterator[Step]:
    """By eq. (5) a consistent decoder is that of an affine f, whatever class of networks it was drawn from: deeper
    decoders add none. With the annihilating c of psi, c log p(.|x) - c log p(.|x0) = <nu(x) - nu(x0), c f> for every
    VAE, and the sum of squares over x is at least the least eigenvalue of sum_x (nu(x) - nu(x0)) (nu(x) - nu(x0))^T
    times |c f|²; that eigenvalue is positive for minimal nu. By Corollary 1 deeper encoders add none either.
    """  # noqa: D205 - the proof
    yield from encoder_steps()


@claim(
    "shekhovtsov-2022/remark-not-enlarged",
    statement=r"\text{This subset can not be enlarged by considering deeper encoder/decoder networks; it does not"
    r" depend on the complexity of the networks beyond simple 1-layer linear mappings of sufficient statistics}",
    source="Abstract; Section 2, last sentence; Section 5",
    domain="all exponential family VAEs, any prior; all classes of networks that contain the affine maps",
    rests_on=["shekhovtsov-2022/equation-5", "shekhovtsov-2022/corollary-1"],
    readings=["as sets of distributions: for statistics that are not minimal many f give one decoder"],
    by=[
        derivation(deeper_steps, "all spaces and priors"),
        search(decoders(xs=tuple(x for x in MINIMAL if x.dimension)), FREE + "; minimal nu"),
    ],
)
def deeper_networks_are_not_consistent(case: FiniteVAE) -> Margin:
    """The more f is off the affine maps, the more the posteriors are off the family: at least by a positive factor."""
    return _off_by(case, 0.999)


def _off_by(case: FiniteVAE, share: float) -> Margin:
    relation = constant(relations(case.z), case.f)
    moves = differences(case.x.count)
    steps = (moves @ case.x.statistics_of(np.arange(case.x.count))).astype(float)
    least = share * float(np.linalg.eigvalsh(steps.T @ steps)[0])
    off = squared_norm(constant(moves, case.f) @ case.log_posterior @ relation.T)
    # Both are sums of differences of what is of the size of <nu, f>.
    size = squared_norm(natural_part(case))
    return Margin.at_least(off + size, least * squared_norm(relation @ case.f) + size)


@deeper_networks_are_not_consistent.mutant("twice the factor")
def _(case: FiniteVAE) -> Margin:
    return _off_by(case, 2.0)


@deeper_networks_are_not_consistent.mutant("each posterior by itself is off by that much of f")
def _(case: FiniteVAE) -> Margin:
    relation = constant(relations(case.z), case.f)
    off = squared_norm(case.log_posterior[..., :1, :] @ relation.T)
    return Margin.at_least(off, squared_norm(relation @ case.f))
