"""Theorem 1 executed: a small deep latent Gaussian for a strongly invertible generator, and its exact distance.

`build_encoder` builds it; `exact_variation` measures it against the posterior; plans hold the proof's numbers.
"""

from reductions.small_encoder.distance import exact_variation
from reductions.small_encoder.encoder import LangevinEncoder, build_encoder
from reductions.small_encoder.law import Estimate
from reductions.small_encoder.plan import (
    Plan,
    Setting,
    certified_step,
    printed_plan,
    printed_size,
    sharp_size,
    sharpened_plan,
)
from reductions.small_encoder.samples import marginal_distances

__all__ = [
    "Estimate",
    "LangevinEncoder",
    "Plan",
    "Setting",
    "build_encoder",
    "certified_step",
    "exact_variation",
    "marginal_distances",
    "printed_plan",
    "printed_size",
    "sharp_size",
    "sharpened_plan",
]
