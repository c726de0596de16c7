"""`Generator`: a strongly invertible, thrice differentiable map R^d -> R^d with certified constants."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property

from jaxtyping import Float
from torch import Tensor, nn

from reductions.generators.constants import Constants
from reductions.networks import Network


class Generator(nn.Module, ABC):
    """G: R^d -> R^d with Assumptions 1 and 2 by construction; float64 buffers, computed in the dtype of z."""

    #: m, M, M2, M3, with m > 0.
    constants: Constants

    @property
    @abstractmethod
    def latents(self) -> int:
        """d."""

    @property
    @abstractmethod
    def centred(self) -> bool:
        """Whether G(0) = 0: Assumption 3."""

    @abstractmethod
    def forward(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """G(z), in z's dtype and on its device."""

    @abstractmethod
    def network(self) -> Network:
        """G as a graph of nodes sigma(w v + b); weights that are 0 make no edges."""

    @cached_property
    def parameter_count(self) -> int:
        """N: weights of `network()`, and biases other than 0."""
        return self.network().parameters

    @property
    def invertibility(self) -> float:
        """m."""
        return self.constants.m
