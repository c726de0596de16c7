"""The activation table says nothing about a function that the function does not bear out."""

import flint
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.engine.strategies import ACTIVATIONS, Activation, activations

quick = settings(max_examples=60, deadline=None, derandomize=True, database=None)
every = pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda activation: activation.name)
FINE = torch.linspace(-6, 6, 120_001, dtype=torch.float64)
# Far out in both directions, and dense near zero.
HUGE = torch.cat([-torch.logspace(-9, 9, 2001, dtype=torch.float64).flip(0), torch.logspace(-9, 9, 2001).double()])


def balls(numbers: list[float]) -> np.ndarray:
    return np.array([flint.arb(number) for number in numbers], dtype=object)


@every
def test_value_at_zero(activation: Activation) -> None:
    """`zero_at_zero` holds exactly, in floats and in balls, or fails by a margin."""
    at_zero = activation(torch.zeros(1, dtype=torch.float64)).item()
    assert (at_zero == 0) if activation.zero_at_zero else (abs(at_zero) > 0.1)
    assert bool(activation(balls([0.0]))[0].contains(0)) == activation.zero_at_zero


@every
def test_odd(activation: Activation) -> None:
    """sigma(-x) = -sigma(x) on a grid, exactly where declared."""
    assert bool(torch.equal(activation(-FINE), -activation(FINE))) == activation.odd


@every
def test_lipschitz_constant(activation: Activation) -> None:
    """Slopes never exceed the declared constant and come within 1 %; without one they exceed 1000."""
    near, wide = FINE, torch.linspace(-1000, 1000, 20_001, dtype=torch.float64)
    slopes = [(activation(x).diff() / x.diff()).abs() for x in (near, wide)]
    steepest = max(slope[slope.isfinite()].max().item() for slope in slopes)
    if activation.lipschitz is None:
        assert steepest > 1000
    else:
        assert 0.99 * activation.lipschitz <= steepest <= activation.lipschitz + 1e-9


@every
def test_bound(activation: Activation) -> None:
    """Values never exceed the declared supremum and come within 1 %; without one they exceed a million."""
    highest = torch.cat([activation(HUGE), activation(FINE)]).abs().max().item()
    if activation.bound is None:
        assert highest > 1e6
    else:
        assert 0.99 * activation.bound <= highest <= activation.bound


@every
def test_smooth(activation: Activation) -> None:
    """Value, slope and curvature go continuously through zero exactly for the smooth ones."""
    # Every kink in the table stands at zero and shows in value (sign), slope (relu) or curvature (elu).
    x = torch.tensor([-1e-6, 1e-6], dtype=torch.float64, requires_grad=True)
    value = activation(x) + 0 * x**3
    (slope,) = torch.autograd.grad(value.sum(), x, create_graph=True)
    (curvature,) = torch.autograd.grad(slope.sum(), x)
    jump = max(abs((y[1] - y[0]).item()) for y in (value, slope, curvature))
    assert (jump < 1e-4) == activation.smooth


@every
def test_square_integrable(activation: Activation) -> None:
    """log|sigma(u)| / u^2 vanishes at infinity, so that every Gaussian tail wins, where declared."""
    far = torch.tensor([-26.0, 26.0], dtype=torch.float64)
    growth = (activation(far).abs() + 1e-300).log() / far.square()
    assert bool((growth < 0.05).all()) == activation.square_integrable


@every
def test_balls_enclose_the_floats(activation: Activation) -> None:
    """The same function runs on an object array of balls, and agrees with the tensors."""
    points = [-3.0, -0.5, 0.25, 2.0]
    enclosures = activation(balls(points))
    floats = activation(torch.tensor(points, dtype=torch.float64))
    for ball, number in zip(enclosures, floats.tolist(), strict=True):
        assert float(ball.mid()) == pytest.approx(number, rel=1e-12, abs=1e-14)


@every
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_dtype_and_gradient(activation: Activation, dtype: torch.dtype) -> None:
    """An activation keeps shape and dtype, and its gradient is a number, also at a kink."""
    x = torch.tensor([[-1.0, 0.0], [1.0, 2.0]], dtype=dtype, requires_grad=True)
    y = activation(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    assert (y.shape, y.dtype) == (x.shape, dtype)
    assert slope.isfinite().all()


def test_names_differ() -> None:
    """A name in evidence points to one row of the table."""
    assert len({activation.name for activation in ACTIVATIONS}) == len(ACTIVATIONS)


choices = st.sampled_from([None, True, False])
NAMES = ("zero_at_zero", "lipschitz", "smooth", "bounded", "odd", "square_integrable")


@quick
@given(st.fixed_dictionaries(dict.fromkeys(NAMES, choices)), st.data())
def test_a_hypothesis_gets_what_it_admits_or_an_error(asked: dict[str, bool | None], data: st.DataObject) -> None:
    """What is drawn has each property asked for; where nothing has them all, that is an error."""

    def admitted(a: Activation) -> bool:
        actual = (
            a.zero_at_zero,
            a.lipschitz is not None,
            a.smooth,
            a.bound is not None,
            a.odd,
            a.square_integrable,
        )
        return all(asked[name] in (None, value) for name, value in zip(NAMES, actual, strict=True))

    if any(map(admitted, ACTIVATIONS)):
        assert admitted(data.draw(activations(**asked)))
    else:
        with pytest.raises(ValueError, match="no activation in the table"):
            activations(**asked)


def test_a_property_is_true_false_or_none() -> None:
    """Anything else is refused by name."""
    with pytest.raises(ValueError, match="odd: expected True, False or None"):
        activations(odd=1)  # type: ignore[arg-type]
