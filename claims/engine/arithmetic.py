"""One statement, three arithmetics: torch tensors, balls (python-flint) and symbols (sympy).

A model written with operators, `.mT`, `@` and the functions of this module runs on a batch of float
instances (search, gradients), in ball arithmetic (the second route that confirms a witness) and on symbols
(proofs). Balls and symbols travel in numpy arrays of dtype object. The batch axis comes first everywhere,
also where the batch is one instance.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import flint
import numpy as np
import sympy
import torch
from torch import Tensor

#: A tensor, or a numpy object array of balls, power series or symbols.
Array = Any
T = TypeVar("T")

#: Bits of the ball arithmetic, tried in turn until a sign is certain: the first suffices for hand-sized
#: witnesses, the last for margins of 1e-600 between terms of size one.
PRECISIONS = (128, 512, 2048)


def is_tensor(x: Array) -> bool:
    """Whether x is in float arithmetic (as opposed to balls or symbols)."""
    return isinstance(x, Tensor)


def is_symbolic(x: Array) -> bool:
    """Whether x holds sympy expressions."""
    return not is_tensor(x) and any(isinstance(entry, sympy.Basic) for entry in x.flat)


def _elementwise(name: str, x: Array) -> Array:
    """Apply the elementary function to each entry, by the entry's own arithmetic."""
    if is_tensor(x):
        return getattr(torch, name)(x)

    def on_entry(entry: Any) -> Any:
        if isinstance(entry, sympy.Basic):
            return getattr(sympy, name)(entry)
        if isinstance(entry, (int, float)):
            entry = flint.arb(entry)
        if name == "tanh" and isinstance(entry, flint.arb_series):  # the one function that series lack
            square = (2 * entry).exp()
            return (square - 1) / (square + 1)
        return getattr(entry, name)()

    if isinstance(x, np.ndarray):
        return _wrap(np.frompyfunc(on_entry, 1, 1)(x))
    return on_entry(x)


def _wrap(x: Any) -> Array:
    return np.asarray(x, dtype=object)


def exp(x: Array) -> Array:
    """Entrywise exponential."""
    return _elementwise("exp", x)


def log(x: Array) -> Array:
    """Entrywise natural logarithm; of a float zero it is -inf, of a ball that touches zero not finite."""
    return _elementwise("log", x)


def sqrt(x: Array) -> Array:
    """Entrywise square root."""
    return _elementwise("sqrt", x)


def tanh(x: Array) -> Array:
    """Entrywise hyperbolic tangent."""
    return _elementwise("tanh", x)


def sin(x: Array) -> Array:
    """Entrywise sine."""
    return _elementwise("sin", x)


def cos(x: Array) -> Array:
    """Entrywise cosine."""
    return _elementwise("cos", x)


def absolute(x: Array) -> Array:
    """Entrywise absolute value."""
    if is_tensor(x) or isinstance(x, (int, float)):
        return abs(x)
    return _wrap(np.frompyfunc(abs, 1, 1)(x))


def maximum(x: Array, y: Array) -> Array:
    """Entrywise maximum of two arrays, or of an array and a number."""
    if is_tensor(x):
        return torch.maximum(x, torch.as_tensor(y, dtype=x.dtype, device=x.device))

    def on_entry(a: Any, b: Any) -> Any:
        if isinstance(a, sympy.Basic) or isinstance(b, sympy.Basic):
            return sympy.Max(a, b)
        return flint.arb(a).max(flint.arb(b))

    return _wrap(np.frompyfunc(on_entry, 2, 1)(x, y))


def minimum(x: Array, y: Array) -> Array:
    """Entrywise minimum of two arrays, or of an array and a number."""
    return -maximum(-x, -y)


def upper_gamma(shape: float, x: Array) -> Array:
    """Entrywise regularised upper incomplete gamma function Q(shape, x): the tail of a Gamma(shape, 1) variable."""
    if is_tensor(x):
        return torch.special.gammaincc(torch.full_like(x, shape), x)

    def on_entry(entry: Any) -> Any:
        if isinstance(entry, sympy.Basic):
            return sympy.uppergamma(sympy.nsimplify(shape), entry) / sympy.gamma(sympy.nsimplify(shape))
        return flint.arb(entry).gamma_upper(flint.arb(shape), 1)

    return _wrap(np.frompyfunc(on_entry, 1, 1)(x))


def is_below(x: Array, bound: Any) -> Array:
    """1 where x < bound, else 0; in balls 0 also where the two overlap."""
    if is_tensor(x):
        return (x < bound).to(x.dtype)
    return _wrap(np.frompyfunc(lambda entry: int(bool(entry < bound)), 1, 1)(x))


def is_zero(x: Array) -> Array:
    """1 where x is exactly zero, else 0; in balls 1 for the exact zero only."""
    if is_tensor(x):
        return (x == 0).to(x.dtype)
    return _wrap(np.frompyfunc(lambda entry: int(bool(entry == 0)), 1, 1)(x))


def greatest(x: Array) -> Array:
    """Largest entry over the last axis."""
    if is_tensor(x):
        return x.amax(dim=-1)
    largest = x[..., 0]
    for j in range(1, x.shape[-1]):
        largest = maximum(largest, x[..., j])
    return _wrap(largest)


def total(x: Array, axes: int | tuple[int, ...] = -1) -> Array:
    """Sum over the given (negative) axes."""
    return x.sum(dim=axes) if is_tensor(x) else np.asarray(x.sum(axis=axes), dtype=x.dtype)


def squared_norm(x: Array) -> Array:
    """Squared Frobenius norm over the last two axes."""
    return total(x * x, (-2, -1))


def diagonal(x: Array) -> Array:
    """The diagonal of the last two axes."""
    return x.diagonal(dim1=-2, dim2=-1) if is_tensor(x) else _wrap(np.diagonal(x, axis1=-2, axis2=-1))


def stack(parts: list[Array], axis: int = -1) -> Array:
    """Join arrays along a new (negative) axis."""
    if any(is_tensor(part) for part in parts):
        shape = np.broadcast_shapes(*(tuple(part.shape) for part in parts))
        return torch.stack([part.expand(shape) for part in parts], dim=axis)
    return np.stack([_wrap(part) for part in parts], axis=axis)


def concatenate(parts: list[Array], axis: int) -> Array:
    """Join arrays along an existing (negative) axis."""
    return torch.cat(parts, dim=axis) if is_tensor(parts[0]) else np.concatenate(parts, axis=axis)


def constant(values: Any, like: Array) -> Array:
    """The numbers `values` (nested lists, or a numpy array of floats) in the arithmetic of `like`."""
    if is_tensor(like):
        return torch.as_tensor(values, dtype=like.dtype, device=like.device)
    numbers = np.asarray(values)
    if numbers.dtype != object and any(isinstance(entry, sympy.Basic) for entry in like.flat):
        return _wrap(np.frompyfunc(sympy.nsimplify, 1, 1)(numbers))
    return numbers.astype(object)


def pi(like: Array) -> Array:
    """The number pi in the arithmetic of `like`."""
    if is_tensor(like):
        return torch.as_tensor(torch.pi, dtype=like.dtype, device=like.device)
    return _wrap(sympy.pi if is_symbolic(like) else flint.arb.pi())


def eye(rows: int, columns: int, like: Array) -> Array:
    """The rows x columns matrix with ones on its diagonal, in the arithmetic of `like`."""
    return constant(np.eye(rows, columns, dtype=int), like)


def solve(a: Array, b: Array) -> Array:
    """X with a X = b, over the last two axes."""
    if is_tensor(a):
        return torch.linalg.solve(a, b)
    if a.ndim > 2:
        return np.stack([solve(first, second) for first, second in zip(a, b, strict=True)])
    if any(isinstance(entry, sympy.Basic) for entry in a.flat):
        return np.array(sympy.Matrix(a).LUsolve(sympy.Matrix(b)).tolist(), dtype=object)
    x = flint.arb_mat(_entries(a)).solve(flint.arb_mat(_entries(b)))
    return np.array([[x[i, j] for j in range(b.shape[-1])] for i in range(b.shape[-2])], dtype=object)


def _entries(matrix: Array) -> list[list[Any]]:
    return [[flint.arb(entry) for entry in row] for row in matrix]


def singular_energies(x: Array) -> Array:
    """Squared singular values of x [..., m, n], largest first: [..., min(m, n)].

    Balls: eigenvalues of the smaller Gram matrix; where flint cannot separate them, balls that say nothing.
    """
    if is_tensor(x):
        return torch.linalg.svdvals(x) ** 2
    return np.array([_gram_eigenvalues(matrix) for matrix in x], dtype=object)


def _gram_eigenvalues(matrix: Array) -> list[Any]:
    gram = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    try:
        found = [value.real for value in flint.acb_mat(flint.arb_mat(_entries(gram))).eig()]
    except ValueError:
        return [flint.arb(0, float("inf"))] * len(gram)
    return sorted(found, key=lambda value: -float(value.mid()))


def derivative_along(f: Callable[..., Array], at: tuple[Array, ...], along: tuple[Array, ...]) -> Array:
    """Derivative at 0 of t -> f(at + t along), [n]: automatic differentiation for tensors, power series for balls.

    f gives one value an instance, which depends on that instance alone; so the gradient of the sum is taken.
    """
    if is_tensor(at[0]):
        return _gradient_along(f, at, along)

    def series(x: Any, v: Any) -> Any:
        return flint.arb_series([flint.arb(x), flint.arb(v)], prec=2)

    def slope(entry: Any) -> Any:
        return entry[1] if isinstance(entry, flint.arb_series) else flint.arb(0)

    moved = [_wrap(np.frompyfunc(series, 2, 1)(x, v)) for x, v in zip(at, along, strict=True)]
    return _wrap(np.frompyfunc(slope, 1, 1)(f(*moved)))


def _gradient_along(f: Callable[..., Tensor], at: tuple[Tensor, ...], along: tuple[Tensor, ...]) -> Tensor:
    with torch.enable_grad():
        # Clones, so that what f captures of the same tensors counts as constant.
        points = [x.clone() if x.requires_grad else x.detach().clone().requires_grad_() for x in at]
        keep = any(x.requires_grad for x in (*at, *along))
        gradients = torch.autograd.grad(f(*points).sum(), points, create_graph=keep, materialize_grads=True)
        products = [g * v for g, v in zip(gradients, along, strict=True)]
        slope: Tensor = sum(p.reshape(len(p), -1).sum(dim=1) for p in products)  # type: ignore[assignment]
    return slope
