"""Networks of affine sums and piecewise-linear activations, as encoders are: the graph, its builder, its files.

Not to be confused with `circuits.network`, whose networks of sgn, min and max are circuits.
"""

from reductions.networks.activation import CLIP, IDENTITY, MAGNITUDE, RELU, TENT, PiecewiseLinear, tabulated
from reductions.networks.builder import NetworkBuilder
from reductions.networks.network import Network

__all__ = [
    "CLIP",
    "IDENTITY",
    "MAGNITUDE",
    "RELU",
    "TENT",
    "Network",
    "NetworkBuilder",
    "PiecewiseLinear",
    "tabulated",
]
