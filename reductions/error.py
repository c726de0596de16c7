"""The one kind of error that this package raises for what a user can mend."""

from circuits import CircuitError


class ReductionError(CircuitError):
    """Something about an encoder, a network, a file or an argument is wrong; the message says what, and what to do."""
