"""Many small perceptrons of one shape, trained together: stacked parameters, one Adam, no global random state."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from reductions.error import ReductionError
from reductions.networks import RELU, Network, NetworkBuilder

#: Step size of Adam at the start; it falls to 0 along a cosine, so that the end of a run is not noise.
RATE = 3e-3

#: A batch of each instance, and the loss of each instance on its outputs and the batch.
Batch = tuple[Tensor, ...]
Loss = Callable[[Tensor, Batch], Float[Tensor, " instances"]]


class Perceptron(nn.Module):
    """Dense layers of the given widths with ReLU between them, and a linear map from the inputs past all of them.

    Without the latter a network of ReLU learns even a linear map to no more than a few digits. Weights are He-normal
    from `generator`, those of the last layer a tenth of it; biases and the linear map begin at 0.

    Raises:
        ReductionError: for fewer than two widths, or one that is not positive.
    """

    def __init__(self, widths: Sequence[int], generator: torch.Generator) -> None:
        super().__init__()
        if len(widths) < 2 or min(widths) < 1:
            raise ReductionError(f"widths {tuple(widths)} make no perceptron: give two positive numbers or more")
        # The default initialisation would draw from the global generator.
        self.dense = nn.ModuleList(_linear(inputs, outputs, bias=True) for inputs, outputs in pairwise(widths))
        self.past = _linear(widths[0], widths[-1], bias=False)
        with torch.no_grad():
            self.past.weight.zero_()
            for layer in self._layers:
                last = layer is self._layers[-1]
                layer.weight.normal_(
                    0.0, (0.1 if last else 1.0) * math.sqrt(2 / layer.in_features), generator=generator
                )
                layer.bias.zero_()

    @property
    def _layers(self) -> list[nn.Linear]:
        return [cast("nn.Linear", layer) for layer in self.dense]

    def forward(self, x: Float[Tensor, "n in"]) -> Float[Tensor, "n out"]:
        """The outputs."""
        *hidden, last = self._layers
        y = x
        for layer in hidden:
            y = torch.relu(layer(y))
        result: Tensor = last(y) + self.past(x)
        return result

    @property
    def parameter_count(self) -> int:
        """Weights and biases."""
        return sum(parameter.numel() for parameter in self.parameters())

    def network(self) -> Network:
        """The same function as a `Network`, in float64."""
        *hidden, last = self._layers
        builder = NetworkBuilder(self.past.in_features)
        nodes = inputs = builder.input_nodes
        for layer in hidden:
            nodes = builder.dense(nodes, _array(layer.weight), _array(layer.bias), RELU)
        weight = np.concatenate([_array(last.weight), _array(self.past.weight)], axis=1)
        return builder.build(builder.dense([*nodes, *inputs], weight, _array(last.bias)))


def _linear(inputs: int, outputs: int, *, bias: bool) -> nn.Linear:
    """A layer whose parameters have no values yet."""
    return cast("nn.Linear", nn.utils.skip_init(nn.Linear, inputs, outputs, bias=bias))  # type: ignore[no-untyped-call]


def _array(parameter: Tensor) -> Float[np.ndarray, ...]:
    values: Float[np.ndarray, ...] = parameter.detach().cpu().double().numpy()
    return values


def size_of(inputs: int, hidden: Sequence[int], outputs: int) -> int:
    """The parameters of a perceptron of these widths."""
    return sum(a * b + b for a, b in pairwise((inputs, *hidden, outputs))) + inputs * outputs


def hidden_within(budget: int, inputs: int, outputs: int, layers: int = 2) -> tuple[int, ...]:
    """The widest equal hidden layers whose perceptron has at most `budget` parameters.

    Raises:
        ReductionError: if even one unit a layer is too many.
    """
    width = 0
    while size_of(inputs, (width + 1,) * layers, outputs) <= budget:
        width += 1
    if width == 0:
        least = size_of(inputs, (1,) * layers, outputs)
        raise ReductionError(f"a perceptron {inputs} -> {outputs} needs {least} parameters, the budget is {budget}")
    return (width,) * layers


def fit_together(
    models: Sequence[Perceptron], batch: Callable[[int], tuple[Tensor, Batch]], loss: Loss, *, steps: int
) -> list[float]:
    """Train the models, all of one shape, side by side and in place; the last loss of each.

    `batch(step)` gives the inputs (instances, n, in) and what else `loss` wants. Adam works coordinate by coordinate,
    so an instance does not feel the others. Raises `ReductionError` for no model, fewer than one step, or a loss that
    is not finite.
    """
    if not models or steps < 1:
        raise ReductionError(f"{len(models)} models and {steps} steps are nothing to train: give one or more of each")
    stacked, _ = stack_module_state(list(models))
    base = models[0]

    def one(parameters: dict[str, Tensor], x: Tensor) -> Tensor:
        return cast("Tensor", functional_call(base, parameters, (x,)))

    together = vmap(one)
    optimiser = torch.optim.Adam(list(stacked.values()), lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for step in range(steps):
        x, rest = batch(step)
        losses = loss(together(stacked, x), rest)
        optimiser.zero_grad()
        losses.sum().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    if not bool(losses.isfinite().all()):
        raise ReductionError("the training diverged: a loss is not finite; take a larger beta or fewer steps")
    with torch.no_grad():
        for i, model in enumerate(models):
            for name, parameter in model.named_parameters():
                parameter.copy_(stacked[name][i])
    return [float(value) for value in losses.detach()]
