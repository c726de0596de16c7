"""Diffusions: exact transitions and samplers of OU and CIR, when they first leave a region, and Euler-Maruyama."""

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
