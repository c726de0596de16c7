"""Networks of affine sums and activations, as generators and encoders are: the graph, its builder, its algebra.

Not to be confused with `circuits.network`, whose networks of sgn, min and max are circuits.
"""

from reductions.networks.activation import CLIP, IDENTITY, MAGNITUDE, RELU, TENT, Activation, PiecewiseLinear, tabulated
from reductions.networks.algebra import combination, output, product, pruned
from reductions.networks.builder import NetworkBuilder
from reductions.networks.gradient import gradient, step
from reductions.networks.network import Network
from reductions.networks.relu import ReluVersion, relu_nodes, relu_version
from reductions.networks.smooth import ARCTAN, SIGMOID, SIN, SOFTPLUS, SQUARE, TANH, Smooth

__all__ = [
    "ARCTAN",
    "CLIP",
    "IDENTITY",
    "MAGNITUDE",
    "RELU",
    "SIGMOID",
    "SIN",
    "SOFTPLUS",
    "SQUARE",
    "TANH",
    "TENT",
    "Activation",
    "Network",
    "NetworkBuilder",
    "PiecewiseLinear",
    "ReluVersion",
    "Smooth",
    "combination",
    "gradient",
    "output",
    "product",
    "pruned",
    "relu_nodes",
    "relu_version",
    "step",
    "tabulated",
]
