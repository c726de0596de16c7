"""The one kind of error that this package raises for what a user can mend."""


class CircuitError(ValueError):
    """Something about a circuit, a file or an argument is wrong; the message says what, where, and what to do."""
