"""The side on which a claim bounds a quantity."""

from enum import Enum


class Relation(Enum):
    """How the quantity of a claim relates to its bound."""

    AT_LEAST = "≥"
    AT_MOST = "≤"
