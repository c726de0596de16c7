"""By how much a constant may be tightened."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import strategies as st

from claims import Constant, Context, Margin, claim, search
from claims.engine.arithmetic import Array, absolute, sin
from claims.engine.resolution import resolution


@dataclass(frozen=True)
class Numbers:
    """Standard normal numbers."""

    size: int = 1

    def build(self, free: Array) -> Array:
        """Return the coordinates themselves."""
        return free[:, 0]


def slack(printed: float, factor: float) -> dict[str, Any]:
    """Measure |sin x| <= c |x|, or with factor > 1 the same as |x| >= |sin x| c."""

    @claim(
        "paper/lemma-1",
        statement=r"|\sin x| \le c |x|",
        source="Section 1",
        domain="all real x",
        by=[search(st.just(Numbers()), "numbers")],
        constants={"c": Constant(printed, factor)},
    )
    def check(x: Array, c: float = printed) -> Margin:
        if factor > 1:
            return Margin.at_least(absolute(x), c * absolute(sin(x)))
        return Margin.at_most(absolute(sin(x)), c * absolute(x))

    found = resolution(check, Context("paper/lemma-1"))
    assert list(found) == ["c"]
    measured: dict[str, Any] = found["c"]
    return measured


class TestResolution:
    """The sharp constant lies between what held and what was refuted."""

    @pytest.mark.parametrize("factor", [0.5, 0.9])
    def test_a_slack_of_two_is_found(self, factor: float) -> None:
        """c = 2 may fall to 1: found within ten percent."""
        found = slack(2.0, factor)
        assert found["printed"] == 2.0
        assert found["refuted_at"] < 1.0 <= found["held_at"]
        assert found["held_at"] == pytest.approx(1.0, rel=0.1)
        assert found["refuted_at"] == pytest.approx(1.0, rel=0.1)

    def test_a_constant_that_may_grow(self) -> None:
        """c = 1/2 may rise to 1."""
        found = slack(0.5, 1.1)
        assert found["held_at"] <= 1.0 < found["refuted_at"]
        assert found["held_at"] == pytest.approx(1.0, rel=0.1)

    def test_a_sharp_constant_has_no_slack(self) -> None:
        """c = 1 fails as soon as it falls."""
        found = slack(1.0, 0.5)
        assert found["held_at"] == pytest.approx(1.0, rel=0.02)
        assert found["refuted_at"] == pytest.approx(1.0, rel=0.02)

    def test_a_constant_that_cannot_fail(self) -> None:
        """Where no tightening is refuted, none is reported."""
        assert slack(1e30, 0.99)["refuted_at"] is None
