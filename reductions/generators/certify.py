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
        """z + f(z)."""
        moved: Tensor = z + self.inner(z)
        return moved


@dataclass(frozen=True)
class _Bound:
    """Constants of a layer and, where m = 0, which layer is to blame and what to do."""

    constants: Constants
    blame: str = ""


def certify(module: nn.Module, *, boxes: bool = False) -> Constants:
    """m, M, M2, M3 of a module, by bounds through its layers.

    Layers may be our generators, `Residual`, and nn's Sequential, Linear, Identity, Tanh, Sigmoid and Softplus. Their
    constants are combined by the chain rule; their weights count as the numbers that they are, in whatever
    dtype. With `boxes` the m of one of our generators is improved by `certify_boxes` over all of R^d (few hidden units
    only). Raises `ReductionError` naming the layer for any other module, or where no m > 0 is proved.
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
        return _Bound(module.constants)
    if isinstance(module, nn.Sequential):
        # Not `named_children`, which leaves out a layer that comes again.
        return _chain([_through(layer, f"{name}.{place}".strip(".")) for place, layer in enumerate(module)])
    if isinstance(module, Residual):
        return _residual(_through(module.inner, f"{name}.inner".strip(".")), where)
    if isinstance(module, nn.Linear):
        return _linear(module, where)
    if isinstance(module, nn.Identity):
        return _Bound(ISOMETRY)
    if (sigma := ACTIVATIONS.get(type(module))) is not None and getattr(module, "beta", 1) == 1:
        _, first, second, third = slopes(sigma)
        blame = f"{where}: its slope comes as near to 0 as one likes; use it inside Residual(...), with Lip f < 1"
        # Entry by entry |sigma'' u v| <= sup|sigma''| |u| |v|, and so on: the norms of the vectors only shrink.
        return _Bound(Constants(0.0, first, second, third), blame)
    raise ReductionError(
        f"{where} cannot be certified: use nn.Sequential, nn.Linear, nn.Tanh, nn.Sigmoid, nn.Softplus (beta 1),"
        " nn.Identity, Residual, or one of the generators of this package"
    )


def _chain(layers: list[_Bound]) -> _Bound:
    constants, blame = ISOMETRY, ""
    for layer in layers:
        constants, blame = constants.then(layer.constants), blame or layer.blame
    return _Bound(constants, blame)


def _residual(inner: _Bound, where: str) -> _Bound:
    constants = ISOMETRY.plus(inner.constants)
    lipschitz = inner.constants.M
    blame = f"{where}: the Lipschitz constant of f is only proved to be at most {lipschitz:.3g}; scale a weight in it"
    return _Bound(constants, "" if constants.m > 0 else f"{blame} so that it is below 1")


def _linear(layer: nn.Linear, where: str) -> _Bound:
    least, most = extreme_singular_values(layer.weight)
    if layer.out_features != layer.in_features:
        # Injective it may be, but then G is no bijection of R^d; a layer back is not injective.
        return _Bound(Constants(0.0, most, 0.0, 0.0), f"{where}: it is not square; use it inside Residual(...)")
    blame = "" if least > 0 else f"{where}: its weight is singular; take an invertible one"
    return _Bound(Constants(least, most, 0.0, 0.0), blame)
