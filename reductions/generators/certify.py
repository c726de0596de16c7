"""`certify`: constants of our generators, and of a user's own torch module by bounds through its layers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from jaxtyping import Float
from torch import Tensor, nn

from reductions.error import ReductionError
from reductions.generators.boxes import certify_boxes
from reductions.generators.constants import ISOMETRY, Constants, extreme_singular_values
from reductions.generators.generator import Generator
from reductions.generators.smooth import slopes
from reductions.networks import SIGMOID, SOFTPLUS, TANH, Smooth

ACTIVATIONS: dict[type[nn.Module], Smooth] = {nn.Tanh: TANH, nn.Sigmoid: SIGMOID, nn.Softplus: SOFTPLUS}


class Residual(nn.Module):
    """z + f(z) for a module f: strongly invertible with m = 1 - Lip f where Lip f < 1."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """z + f(z). Raises `ReductionError` where f(z) has another shape than z: the sum would broadcast."""
        inner: Tensor = self.inner(z)
        if inner.shape != z.shape:
            raise ReductionError(
                f"z + f(z) with z of shape {tuple(z.shape)} and f(z) of {tuple(inner.shape)}: f must keep the shape"
            )
        return z + inner


@dataclass(frozen=True)
class _Bound:
    """Constants of a layer and, where m = 0, which layer is to blame and what to do.

    `widths`: of its input and of its output; None if it takes vectors of any width and keeps it.
    """

    constants: Constants
    blame: str = ""
    widths: tuple[int, int] | None = None


def certify(module: nn.Module, *, boxes: bool = False) -> Constants:
    """m, M, M2, M3 of a module, by bounds through its layers.

    Layers may be our generators, `Residual`, and nn's Sequential, Linear, Identity, Tanh, Sigmoid and Softplus. Their
    constants are combined by the chain rule; their weights count as the numbers that they are, in whatever
    dtype, and their functions as exact: how a layer is rounded when it runs is not covered. That holds for Softplus
    too, for which torch takes s in place of log(1 + e^s) beyond its threshold: there value and slope jump by
    e^-threshold, 2.1e-9 at the default 20, so pairs about as near as that may break m. A lower threshold is
    refused. With `boxes` the m of one of our generators is improved by `certify_boxes` over all of R^d (few hidden
    units only). Raises `ReductionError` naming the layer for any other module, for layers whose widths do not fit, or
    where no m > 0 is proved.
    """
    bound = _through(module, "")
    if not bound.constants.m > 0:
        raise ReductionError(f"not certified as strongly invertible: {bound.blame}")
    if boxes and isinstance(module, Generator):
        return replace(bound.constants, m=max(bound.constants.m, certify_boxes(module)))
    return bound.constants


def _through(module: nn.Module, name: str) -> _Bound:
    where = f"layer {name or '(the module itself)'}, {type(module).__name__}"
    if isinstance(module, Generator):
        return _Bound(module.constants, widths=(module.latents, module.latents))
    if isinstance(module, nn.Sequential):
        # Not `named_children`, which leaves out a layer that comes again.
        return _chain([_through(layer, f"{name}.{place}".strip(".")) for place, layer in enumerate(module)], where)
    if isinstance(module, Residual):
        return _residual(_through(module.inner, f"{name}.inner".strip(".")), where)
    if isinstance(module, nn.Linear):
        return _linear(module, where)
    if isinstance(module, nn.Identity):
        return _Bound(ISOMETRY)
    if (sigma := ACTIVATIONS.get(type(module))) is not None and _is_smooth(module):
        _, first, second, third = slopes(sigma)
        blame = f"{where}: its slope comes as near to 0 as one likes; use it inside Residual(...), with Lip f < 1"
        # Entry by entry |sigma'' u v| <= sup|sigma''| |u| |v|, and so on: the norms of the vectors only shrink.
        return _Bound(Constants(0.0, first, second, third), blame)
    raise ReductionError(
        f"{where} cannot be certified: use nn.Sequential, nn.Linear, nn.Tanh, nn.Sigmoid, nn.Softplus (beta 1,"
        " threshold 20 or more), nn.Identity, Residual, or one of the generators of this package"
    )


def _is_smooth(activation: nn.Module) -> bool:
    """Whether it is the activation of its name up to rounding: a Softplus that turns linear early jumps there."""
    return not isinstance(activation, nn.Softplus) or (activation.beta == 1 and activation.threshold >= 20)


def _chain(layers: list[_Bound], where: str) -> _Bound:
    constants, blame, widths = ISOMETRY, "", None
    for layer in layers:
        constants, blame = constants.then(layer.constants), blame or layer.blame
        if widths and layer.widths and widths[1] != layer.widths[0]:
            raise ReductionError(
                f"{where}: a layer of {layer.widths[0]} inputs follows one of {widths[1]} outputs; make them equal"
            )
        widths = (widths[0], layer.widths[1]) if widths and layer.widths else widths or layer.widths
    return _Bound(constants, blame, widths)


def _residual(inner: _Bound, where: str) -> _Bound:
    if inner.widths and inner.widths[0] != inner.widths[1]:
        raise ReductionError(f"{where}: f has {inner.widths[0]} inputs and {inner.widths[1]} outputs; make them equal")
    constants = ISOMETRY.plus(inner.constants)
    lipschitz = inner.constants.M
    blame = f"{where}: the Lipschitz constant of f is only proved to be at most {lipschitz:.3g}; scale a weight in it"
    return _Bound(constants, "" if constants.m > 0 else f"{blame} so that it is below 1", inner.widths)


def _linear(layer: nn.Linear, where: str) -> _Bound:
    least, most = extreme_singular_values(layer.weight)
    widths = (layer.in_features, layer.out_features)
    if layer.out_features != layer.in_features:
        # Injective it may be, but then G is no bijection of R^d; a layer back is not injective.
        return _Bound(Constants(0.0, most, 0.0, 0.0), f"{where}: it is not square; use it inside Residual(...)", widths)
    blame = "" if least > 0 else f"{where}: its weight is singular; take an invertible one"
    return _Bound(Constants(least, most, 0.0, 0.0), blame, widths)
