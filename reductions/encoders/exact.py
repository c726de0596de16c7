"""The exponential encoder: a node for each of the 2^d vertices, and the posterior at every x, up to a stated distance.

For a bijection C the bits v = C(sgn z) are independent given x, with Pr[v_i = +] = sigmoid(2 x_i/beta²). So

    v_i = sgn(h(2 x_i/beta²) + g_i),    h = Phi^{-1} after sigmoid,    sgn z = C^{-1}(v) by look-up

is the posterior itself, with two approximations: h is interpolated between equidistant knots of [-40, 40], at a
distance w from each other, and sgn is clip(steepness y). On each bit the first costs at most w²/8 max|h''| phi(0)
<= 0.004 w² (|h''| <= 0.075) in total variation, the second Pr[|y| < 1/steepness] <= 0.8/steepness.
"""

from __future__ import annotations

from functools import cache

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from circuits import Circuit
from reductions.encoders.preimages import preimages
from reductions.encoders.signs import CUT, no_signal, undecided, with_magnitudes
from reductions.error import ReductionError
from reductions.latent import DeepLatentGaussian
from reductions.networks import CLIP, RELU, NetworkBuilder, PiecewiseLinear, tabulated

#: sigmoid(-40) = 4e-18 is below the unit of rounding of the probabilities on the other side.
REACH = 40.0

#: Pieces of the table of h: an error of at most 2.4e-5 a bit; more would be knots that nothing else here can resolve.
PIECES = 1024

#: At most 0.0008 a bit is undecided, and far less near a vertex.
STEEPNESS = 1024.0


def exact(circuit: Circuit, beta: float) -> DeepLatentGaussian:
    """The encoder whose law is within `exact_distance` of the posterior of G(z) = C(sgn z), for every x in R^d.

    It has 2^d (3 d/2 + 1) + 12 d parameters (d >= 2). Raises `ReductionError` for a circuit that is no permutation,
    beyond 16 bits, and for a beta that is not positive or whose weight 2/beta² is not finite.
    """
    d = circuit.num_inputs
    table = preimages(circuit)
    builder = NetworkBuilder(d)
    means = builder.scaled(builder.input_nodes, _logit(beta), activation=probit_of_sigmoid(PIECES))
    first = builder.build([*means, *no_signal(builder, d)])

    builder = NetworkBuilder(2 * d)
    nodes = builder.input_nodes
    v = builder.scaled(nodes[:d], STEEPNESS, activation=CLIP)
    signs_of_vertex = [[1.0 if n >> i & 1 else -1.0 for i in range(d)] for n in range(1 << d)]
    # v . v' is d at v' and at most d - 2 at every other vertex, so one indicator is 1 and all others are 0.
    indicators = [builder.node(v, signs, 1.0 - d, RELU) for signs in signs_of_vertex]
    signs = []
    for j in range(d):
        chosen = [indicators[n] for n in (table >> j & 1).nonzero()[0].tolist()]
        signs.append(builder.node(chosen, [2.0] * len(chosen), -1.0))
    last = builder.build(with_magnitudes(builder, signs, nodes[d:], 1.0, CUT))
    return DeepLatentGaussian([(first, 1.0), (last, 0.0)])


def exact_distance(x: Float[Tensor, "n d"], beta: float) -> Float64[Tensor, " n"]:
    """A bound on the total variation between `exact`'s law and the posterior, at each x, computed in float64.

    The sum over the bits of |Phi(h~) - sigmoid(2 x_i/beta²)|, of what clip leaves undecided, and of Pr[|g| > 8].
    """
    logits = x.to(torch.float64) * _logit(beta)
    means: Tensor = probit_of_sigmoid(PIECES)(logits)
    # Both sides from the smaller tail, where a difference of probabilities loses nothing.
    wrong: Tensor = (torch.special.ndtr(-means.abs()) - torch.sigmoid(-logits.abs())).abs().sum(1)
    return wrong + undecided(means, STEEPNESS, CUT)


@cache
def probit_of_sigmoid(pieces: int) -> PiecewiseLinear:
    """h = Phi^{-1} after sigmoid, interpolated on [-40, 40] and constant outside."""

    def h(t: Tensor) -> Tensor:
        lower: Tensor = torch.special.ndtri(torch.sigmoid(-t.abs()))
        return torch.where(t > 0, -lower, lower)

    return tabulated(h, -REACH, REACH, pieces, "probit of sigmoid")


def _logit(beta: float) -> float:
    if not (1e-100 < beta < 1e100):
        raise ReductionError(f"beta = {beta} is no standard deviation: give a positive number, say 0.1")
    return 2 / beta**2
