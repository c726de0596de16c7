"""The instance as a question about its network: VNN-LIB text, version 1.0 and version 2.0.

The network N (min, max and complement, on {-1,1}^d the circuit itself) is asked over the whole box [-1,1]^d: is there
an x with N_j(x) >= 1/2 wherever y_j = 1 and N_j(x) <= -1/2 wherever y_j = 0? The answer is the Boolean question's:

- a solution of C(x) = y is a vertex with N_j = 1 or -1, so it satisfies the property;
- if x satisfies the property, rounding it to its signs solves C(x) = y, and an entry 0 may go either way. For N is
  1-Lipschitz in the maximum norm (`circuits.network.gadgets`), so moving the zeros of x by less than 1/2 to the side
  one likes changes no sign of N, and then no argument is 0 and sgn N(x) = N(sgn x).

Any threshold in (0, 1] would be as good in exact arithmetic. 1/2 stays clear of the tolerances of verifiers, and makes
every solution a corner of a whole box of them, |x_i| >= 1/2, which a search can hit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from circuits.instances.instance import Instance

#: What an output must exceed in size; see above.
THRESHOLD = 0.5


def vnnlib_1(instance: Instance) -> str:
    """VNN-LIB 1.0: one constant `X_i` an input and `Y_j` an output, in the network's order."""
    inputs, outputs = instance.circuit.num_inputs, instance.circuit.num_outputs
    lines = [
        *_remarks(instance),
        *(f"(declare-const X_{i} Real)" for i in range(inputs)),
        *(f"(declare-const Y_{j} Real)" for j in range(outputs)),
        *_assertions(instance, "X_{}".format, "Y_{}".format),
    ]
    return "\n".join(lines) + "\n"


def vnnlib_2(instance: Instance) -> str:
    """VNN-LIB 2.0: tensors `X` of shape [1, inputs] and `Y` of shape [1, outputs], as `network.onnx` has them."""
    inputs, outputs = instance.circuit.num_inputs, instance.circuit.num_outputs
    lines = [
        *_remarks(instance),
        "(vnnlib-version <2.0>)",
        "(declare-network N",
        f"  (declare-input X float32 [1,{inputs}])",
        f"  (declare-output Y float32 [1,{outputs}])",
        ")",
        *_assertions(instance, "X[0,{}]".format, "Y[0,{}]".format),
    ]
    return "\n".join(lines) + "\n"


def _remarks(instance: Instance) -> Iterator[str]:
    yield f"; {instance.name}: is there an x in the box that network.onnx maps to the target?"
    yield "; sat: the signs of x are a pre-image (+1 true, -1 false). unsat: there is none."
    yield f"; command {instance.command}"


def _assertions(instance: Instance, x: Callable[[int], str], y: Callable[[int], str]) -> Iterator[str]:
    for i in range(instance.circuit.num_inputs):
        yield f"(assert (>= {x(i)} -1.0))"
        yield f"(assert (<= {x(i)} 1.0))"
    for j in range(instance.circuit.num_outputs):
        true = instance.target >> j & 1
        yield f"(assert (>= {y(j)} {THRESHOLD}))" if true else f"(assert (<= {y(j)} -{THRESHOLD}))"
