"""Diffusions whose laws are known: exact transitions, exact samplers, and when they first leave a region."""

from reductions.diffusions.exits import Exit, exit_at_least, exit_at_most, exit_probability, mean_exit_time
from reductions.diffusions.ornstein_uhlenbeck import OrnsteinUhlenbeck
from reductions.diffusions.square_root import SquareRoot

__all__ = [
    "Exit",
    "OrnsteinUhlenbeck",
    "SquareRoot",
    "exit_at_least",
    "exit_at_most",
    "exit_probability",
    "mean_exit_time",
]
