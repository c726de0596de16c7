"""Section 5: what the paper concludes from Theorem 2."""

from __future__ import annotations

from claims import Margin, claim, derivation, search
from claims.papers.shekhovtsov_2022.bounds import EVEN, FINITE, LOST, MILD, bound, mild, tilt
from claims.papers.shekhovtsov_2022.example_a1 import EXAMPLE
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE
from claims.papers.shekhovtsov_2022.theorem_2 import T2, beyond, theorem_steps, within


@claim(
    "shekhovtsov-2022/conclusion-close-to-tight",
    statement=r"\text{Close-to-tight EF VAEs must be close to RBMs in a certain sense: for fixed } \alpha,"
    r"\ \min_{\tilde p}\max_z\|\log p(\cdot,z) - \log\tilde p(\cdot,z)\|_{p_d} \le \log(1+t) \to 0"
    r" \text{ as } \epsilon \to 0",
    source="Section 5, on Theorem 2",
    domain=FINITE + ", each z",
    readings=[
        "'in a certain sense': in the norm of (9), p~ an unnormalised harmonium, an RBM where x, z are bits",
        "'close-to-tight': eps small with alpha fixed. Without alpha the sentence is false: Example A.1 is as nearly"
        " tight as one likes, and its distance lambda grows (step-not-linear); Section 5 does not repeat the proviso",
        LOST,
    ],
    rests_on=[T2, f"{EXAMPLE}/step-not-linear"],
    by=[
        derivation(theorem_steps, "all finite X, Z; log(1 + t) -> 0"),
        search(mild(), MILD, corners=EVEN),
    ],
)
def nearly_tight_is_near_a_harmonium(vae: FiniteVAE) -> Margin:
    """The bound, which vanishes with eps for fixed alpha."""
    return within(vae, bound(tilt(vae, vae.alpha())))


@nearly_tight_is_near_a_harmonium.mutant("whatever alpha: log(1 + sqrt(eps/2))")
def _(vae: FiniteVAE) -> Margin:
    return beyond(vae, bound(tilt(vae, 0 * vae.alpha() + 1)))


@nearly_tight_is_near_a_harmonium.mutant("at the rate of eps")
def _(vae: FiniteVAE) -> Margin:
    return beyond(vae, bound(vae.gap() / vae.alpha()))
