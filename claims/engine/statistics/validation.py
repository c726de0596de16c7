"""What the arguments of this folder must satisfy; whatever does not raises a ValueError that names it."""


def require_open_unit(**arguments: float) -> None:
    """Raise unless every argument lies strictly between 0 and 1."""
    for name, got in arguments.items():
        if not 0.0 < got < 1.0:
            raise ValueError(f"{name}: expected a number strictly between 0 and 1, got {got!r}")


def require_closed_unit(**arguments: float) -> None:
    """Raise unless every argument lies in [0, 1]."""
    for name, got in arguments.items():
        if not 0.0 <= got <= 1.0:
            raise ValueError(f"{name}: expected a number in [0, 1], got {got!r}")


def require_count(**arguments: int) -> None:
    """Raise unless every argument is a positive whole number."""
    for name, got in arguments.items():
        if not (got >= 1 and got % 1 == 0):
            raise ValueError(f"{name}: expected a positive whole number, got {got!r}")


def require_error_rates(false_alarm: float, power: float) -> None:
    """Raise unless both lie in (0, 1) and the power exceeds the false alarm, as any useful test's does."""
    require_open_unit(false_alarm=false_alarm, power=power)
    if power <= false_alarm:
        raise ValueError(f"power: expected more than the false alarm {false_alarm!r}, got {power!r}")
