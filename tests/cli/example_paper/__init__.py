"""A tiny paper: a claim that holds, one that does not, its repair, and theorems on the false one."""

from example_paper import lemmas, theorem

__all__ = ["lemmas", "theorem"]
