"""The verdict on an invertor: which inputs of {0,1}^d it inverts, by simulation, and that SAT solvers agree."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Bool
from torch import Tensor

from circuits import Builder, Circuit, Word, mux
from circuits.formats import write
from circuits.sat import preimage
from circuits.simulation import truth_table
from reductions.invertor import Target

ABC = "berkeley-abc"
#: Seconds that ABC may take for each of its two questions.
ABC_SECONDS = 60


def select(circuit: Circuit, copies: Sequence[Circuit], name: str) -> Circuit:
    """C'' as a circuit: of the copies' outputs on x the first that C takes to x, else the last one's, unchecked.

    With one copy nothing is checked, and C is not in the result. Needs at least one copy.
    """
    builder = Builder(name)
    x = builder.inputs(copies[0].num_inputs)
    result = builder.apply(copies[-1], x)
    for copy in reversed(copies[:-1]):
        candidate = builder.apply(copy, x)
        result = mux(builder.apply(circuit, candidate).equals(x), candidate, result)
    builder.outputs(result)
    return builder.build()


def check_circuit(circuit: Circuit, invertor: Circuit) -> Circuit:
    """x -> 1 if C(C'(x)) = x."""
    builder = Builder(f"{invertor.name} inverts {circuit.name}")
    x: Word = builder.inputs(circuit.num_outputs)
    builder.output(builder.apply(circuit, builder.apply(invertor, x)).equals(x), "inverted")
    return builder.build()


@dataclass(frozen=True, eq=False)
class Verdict:
    """`inverted[x]`: C(C'(x)) = x, by simulation of all inputs.

    `sat`, `abc`: whether those solvers agree; None: not run, or not done in `ABC_SECONDS`.
    They are asked whether some input is inverted, and whether some is not; an answer with an input is replayed.
    """

    inverted: Bool[Tensor, " 2**d"]
    sat: bool
    abc: bool | None

    @property
    def fraction(self) -> float:
        """The fraction of {0,1}^d that the circuit inverts."""
        return float(self.inverted.double().mean())


def judge(permutation: Target, invertor: Circuit) -> Verdict:
    """Simulate all inputs, and ask a SAT solver and, if it is on PATH, ABC."""
    inverted = inverted_by(permutation, invertor)
    check = check_circuit(permutation.circuit, invertor)
    sat = all(_sat_agrees(check, inverted, wanted) for wanted in (True, False))
    return Verdict(inverted, sat, _abc(check, inverted))


def inverted_by(permutation: Target, invertor: Circuit) -> Bool[Tensor, " 2**d"]:
    """Which inputs the circuit inverts, by simulation."""
    return permutation.inverts(torch.tensor(truth_table(invertor).astype("int64")))


def _sat_agrees(check: Circuit, inverted: Bool[Tensor, " 2**d"], wanted: bool) -> bool:
    """Whether the solver finds an x that is inverted (`wanted`) or is not exactly if there is one, and a true one."""
    found = preimage(check, int(wanted)).x
    if found is None:
        return not bool((inverted == wanted).any())
    return bool(inverted[found]) == wanted


def _abc(check: Circuit, inverted: Bool[Tensor, " 2**d"]) -> bool | None:
    if shutil.which(ABC) is None:
        return None
    try:
        return all(_abc_agrees(check, inverted, wanted) for wanted in (True, False))
    except subprocess.TimeoutExpired:
        return None


def _abc_agrees(check: Circuit, inverted: Bool[Tensor, " 2**d"], wanted: bool) -> bool:
    """The same of ABC, whose answer is yes or no. ABC asks whether the output can be 1, so it may be complemented."""
    builder = Builder(check.name)
    (bit,) = builder.apply(check, builder.inputs(check.num_inputs))
    builder.output(bit if wanted else ~bit, "inverted")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "check.aig"
        write(builder.build(), path)
        done = subprocess.run(
            [ABC, "-q", f"read_aiger {path}; sat -v"], capture_output=True, text=True, timeout=ABC_SECONDS, check=True
        )
    satisfiable = "SATISFIABLE" in done.stdout and "UNSATISFIABLE" not in done.stdout
    return satisfiable == bool((inverted == wanted).any())
