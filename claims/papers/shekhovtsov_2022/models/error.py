"""The one error of this paper's models."""

from claims.engine.registry import ClaimError


class ModelError(ClaimError):
    """A model or an experiment was asked for what it cannot be: the message names the argument and the remedy."""
