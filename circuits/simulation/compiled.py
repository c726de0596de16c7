"""numba's compiler, with its cache on disk where there is a place for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """The function as native code that holds no lock. It is compiled at its first call, on this machine once.

    Where neither the package's folder nor the user's cache can be written, it is compiled in every process.
    """
    try:
        return cast("F", njit(nogil=True, cache=True)(function))
    except RuntimeError:  # numba found no folder for its cache
        return cast("F", njit(nogil=True)(function))
