"""Strongly invertible generators G: R^d -> R^d with certified constants m, M, M2, M3: the hypotheses of Theorem 1.

`certify` proves constants, of a user's own module too; `falsify_invertibility` seeks pairs that refute an m.
"""

from reductions.generators.boxes import certify_boxes
from reductions.generators.certify import Residual, certify
from reductions.generators.constants import Constants
from reductions.generators.deep import DeepGenerator
from reductions.generators.falsify import Pair, falsify_invertibility
from reductions.generators.generator import Generator
from reductions.generators.random import random_orthogonal, random_separable, random_smooth
from reductions.generators.separable import SeparableGenerator
from reductions.generators.smooth import LinearGenerator, SmoothGenerator

__all__ = [
    "Constants",
    "DeepGenerator",
    "Generator",
    "LinearGenerator",
    "Pair",
    "Residual",
    "SeparableGenerator",
    "SmoothGenerator",
    "certify",
    "certify_boxes",
    "falsify_invertibility",
    "random_orthogonal",
    "random_separable",
    "random_smooth",
]
