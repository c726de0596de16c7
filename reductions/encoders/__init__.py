"""Encoders for G(z) = C(sgn z): deep latent Gaussians that sample signs by some network, and half-normal magnitudes.

Good ones (planted, exact), one good for some x only (partial), and two that break sentences of Theorem 2's proof
(fickle, tabled).
"""

from reductions.encoders.exact import exact, exact_distance
from reductions.encoders.fickle import bin_of, fickle, thresholds
from reductions.encoders.planted import circuit_signs, partial, partial_inverse, planted
from reductions.encoders.signs import from_signs, sign_means, sign_probabilities, slack
from reductions.encoders.table import table_signs, tabled

__all__ = [
    "bin_of",
    "circuit_signs",
    "exact",
    "exact_distance",
    "fickle",
    "from_signs",
    "partial",
    "partial_inverse",
    "planted",
    "sign_means",
    "sign_probabilities",
    "slack",
    "table_signs",
    "tabled",
    "thresholds",
]
