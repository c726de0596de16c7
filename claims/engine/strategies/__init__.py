"""Strategies: Hypothesis draws the structure of an instance, torch builds thousands of it at once.

They yield ensembles (see `draw`, `split`); sequences and activations, with nothing free, come as they are.
"""

from claims.engine.strategies.activations import ACTIVATIONS, Activation, activations
from claims.engine.strategies.ensemble import Ensemble, draw, shaped, split, telling_repr
from claims.engine.strategies.instances import Instances
from claims.engine.strategies.matrices import MatrixEnsemble, Spectrum, matrices
from claims.engine.strategies.orthogonals import Orthogonal, OrthogonalEnsemble, orthogonals
from claims.engine.strategies.patterns import Pattern
from claims.engine.strategies.positives import PositiveEnsemble, PositiveVectorEnsemble, positive, positives
from claims.engine.strategies.sequences import SequenceKind, SequenceToZero, sequences_to_zero
from claims.engine.strategies.sizes import Size

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "Ensemble",
    "Instances",
    "MatrixEnsemble",
    "Orthogonal",
    "OrthogonalEnsemble",
    "Pattern",
    "PositiveEnsemble",
    "PositiveVectorEnsemble",
    "SequenceKind",
    "SequenceToZero",
    "Size",
    "Spectrum",
    "activations",
    "draw",
    "matrices",
    "orthogonals",
    "positive",
    "positives",
    "sequences_to_zero",
    "shaped",
    "split",
    "telling_repr",
]
