"""The probability, over the whole suite, of calling some true claim false, and who spends it.

False alarms add up over the checks (a union bound: no independence is needed), so each check spends a
declared part of one total.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType

from claims.engine.statistics.validation import require_open_unit

#: The suite's total. Smaller costs samples: each factor of ten adds about ln 10 / ln 1e6 = 17 % to a
#: sequential check. At 1e-6 a suite run daily for a century raises a false alarm with probability 4 %.
SUITE_FALSE_ALARM = 1e-6

#: Relative overdraft that is forgiven: the rounding of parts such as total / 3. It changes no guarantee that
#: anybody could notice, and without it an even split of the total would fail by an ulp.
_ROUNDING = 1e-12


class OverdrawnError(ValueError):
    """A check asked for more false alarm than is left.

    Declare less for this check or for another one (and pay in samples); do not raise the total.
    """


class Budget:
    """A total probability of a false alarm, which named checks spend; whatever is spent stays spent.

    A name that spends twice has run twice, which is two chances of a false alarm: its amounts add up.
    """

    def __init__(self, total: float = SUITE_FALSE_ALARM) -> None:
        require_open_unit(total=total)
        self.total = total
        self._spent: dict[str, float] = {}

    @property
    def spent(self) -> Mapping[str, float]:
        """What each check has spent, in the order of the first spending."""
        return MappingProxyType(self._spent)

    @property
    def remaining(self) -> float:
        """What is left, never negative."""
        return max(0.0, self.total - math.fsum(self._spent.values()))

    def spend(self, check: str, false_alarm: float) -> float:
        """Spend `false_alarm` in the name of `check` and return it, or raise `OverdrawnError`."""
        require_open_unit(false_alarm=false_alarm)
        if math.fsum([*self._spent.values(), false_alarm]) > self.total * (1.0 + _ROUNDING):
            raise OverdrawnError(
                f"check {check!r} asks for a false alarm of {false_alarm:.6g}, "
                f"but only {self.remaining:.6g} of {self.total:.6g} remains"
            )
        self._spent[check] = self._spent.get(check, 0.0) + false_alarm
        return false_alarm
