"""What a reduction says: a row a stage with success, size, error and the proof's bounds; and the files it leaves."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool
from safetensors.torch import save as serialised
from torch import Tensor

from circuits.files import write_whole
from circuits.formats import dumps
from reductions.derandomise import Promises, promises
from reductions.files import dumps as dumps_encoder
from reductions.latent import DeepLatentGaussian
from reductions.networks import Network
from reductions.pipeline import Reduction
from reductions.precision import Least, printed_bits

PACKAGES = ("lemmata", "torch", "numpy", "scipy", "python-sat")


@dataclass(frozen=True)
class Stage:
    """One row. `success`: the fraction of {0,1}^d that is inverted, with an interval where noise is left in it.

    `size` counts what the stage made, `error` what it lost, `promised` what the proof, or its repair, says of it.
    """

    name: str
    success: float | None = None
    interval: tuple[float, float] | None = None
    size: dict[str, int] = field(default_factory=dict)
    error: dict[str, Any] = field(default_factory=dict)
    promised: dict[str, float] = field(default_factory=dict)


def stages(reduction: Reduction) -> list[Stage]:
    """The rows, in the proof's order."""
    return [
        _encoder(reduction),
        _randomised(reduction),
        _deterministic(reduction),
        _fixed_point(reduction),
        _circuit(reduction),
    ]


def _encoder(reduction: Reduction) -> Stage:
    found, encoder = reduction.hypothesis, reduction.encoder
    layers = [layer.network for layer in encoder.layers]
    size = {
        "parameters": encoder.parameter_count,
        "nodes": sum(len(network.bias) for network in layers),
        "pieces of activations": sum(pieces(network) for network in layers),
        "layers": len(layers),
        "depth": sum(network.depth for network in layers),
    }
    error = {
        "total variation, mean": [found.variation.low, found.variation.high],
        "total variation from": "the encoder's law" if found.exact else "samples",
        "Pr[total variation <= 1/10]": [found.epsilon.low, found.epsilon.high],
        "confidence": found.epsilon.confidence,
        "Pr[noise > 6 beta sqrt d]": found.noise_outside,
    }
    return Stage(
        "encoder", None, None, size, error, {"Pr[noise > 6 beta sqrt d] <=": math.exp(-reduction.permutation.d)}
    )


def _randomised(reduction: Reduction) -> Stage:
    inversion = reduction.inversion
    interval = inversion.interval()
    size = {
        "parameters": reduction.encoder.parameter_count,
        "gates of the check": reduction.permutation.circuit.num_gates,
    }
    error = {
        "confidence of the interval": interval.confidence,
        "rounds an input": inversion.draws,
        "inputs inverted in every round": float((inversion.successes == inversion.draws).double().mean()),
    }
    promised = {"success >= 4/5 (eps - exp(-d))": _promises(reduction).averaging}
    return Stage("randomised invertor", inversion.fraction, (interval.low, interval.high), size, error, promised)


def _deterministic(reduction: Reduction) -> Stage:
    found, promised = reduction.derandomised, _promises(reduction)
    size = {
        "parameters": sum(network.parameters for network in reduction.networks),
        "copies": len(found.chosen),
        "pairs searched": found.works.shape[0] * found.works.shape[1],
    }
    error = {
        "mean over pairs": found.mean,
        "best pair": found.best,
        "some pair": found.covered,
        "one pair works for all that some pair inverts": found.works_for_all,
        "inputs that 4/5 of the pairs invert": found.good(0.8),
    }
    bounds = {
        "inputs that C'' inverts >= eps²/4 (printed)": promised.randomised,
        "inputs that C'' inverts >= eps/4 (repaired)": promised.repaired,
        "best pair >= 4/5 (eps - exp(-d)) (averaging)": promised.averaging,
    }
    return Stage("deterministic network", _fraction(reduction.inverted_by_networks), None, size, error, bounds)


def _fixed_point(reduction: Reduction) -> Stage:
    worst = max(reduction.fixed, key=lambda least: least.deviations.largest)
    network, constants, deepest = worst.fixed.network, worst.deviations.constants, worst.deviations.by_depth[-1]
    size = {
        "bits of weights": max(least.precision.weight_bits for least in reduction.fixed),
        "bits of values": max(least.precision.activation_bits for least in reduction.fixed),
        "depth": network.depth,
    }
    rows = [row for least in reduction.fixed for row in least.deviations.by_depth]
    error = {
        "largest deviation of a node": worst.deviations.largest,
        "N": constants.fan_in,
        "W": float(constants.weight_bound),
        "L": float(constants.lipschitz),
        "M": float(constants.value_bound),
        "depths beyond the printed bound": sum(row.measured > row.printed for row in rows),
        "depths beyond the recursion (53)": sum(row.measured > row.recursion for row in rows),
    }
    bound = float(constants.value_bound)
    bounds = {
        "log2 of the recursion (53) at full depth": _log2(deepest.recursion),
        "log2 of the printed bound at full depth": _log2(deepest.printed),
        "bits said to suffice (exponent d)": printed_bits(network, bound, reduction.permutation.d),
        "bits with the depth for d": printed_bits(network, bound, network.depth),
    }
    return Stage("fixed point", _fraction(reduction.inverted_by_integers), None, size, error, bounds)


def _circuit(reduction: Reduction) -> Stage:
    verdict, invertor = reduction.verdict, reduction.invertor
    size = {
        "ANDs": invertor.num_ands,
        "XORs": invertor.num_xors,
        "depth": invertor.depth,
        "gates of C": reduction.permutation.circuit.num_gates,
    }
    error = {"SAT solver agrees": verdict.sat, "ABC agrees": "not run" if verdict.abc is None else verdict.abc}
    checks = (len(reduction.copies) - 1) * reduction.permutation.circuit.num_gates
    bounds = {"gates <= 60 b² (edges + nodes + pieces)": float(sum(map(gate_bound, reduction.fixed)) + checks)}
    return Stage("Boolean circuit", verdict.fraction, None, size, error, bounds)


def pieces(network: Network) -> int:
    """The linear pieces of all nodes' activations: what a table costs, which the theorem's parameters do not count."""
    return sum(len(network.piecewise_linear[kind].knots) + 1 for kind in network.kind.tolist())


def gate_bound(least: Least) -> int:
    """60 b² (edges + nodes + pieces), b the bits of the largest value or weight: the last step, repaired."""
    fixed = least.fixed
    largest = max(int(abs(array).max(initial=1)) for array in (fixed.low, fixed.high, fixed.weight, fixed.bias))
    b, network = largest.bit_length() + 1, fixed.network
    return 60 * b * b * (len(network.weight) + len(network.bias) + pieces(network))


def _promises(reduction: Reduction) -> Promises:
    return promises(reduction.hypothesis.epsilon.low, reduction.permutation.d)


def _fraction(inverted: Bool[Tensor, " 2**d"]) -> float:
    return float(inverted.double().mean())


def _log2(number: Fraction) -> float:
    return math.log2(number) if number < 1 << 1000 else float((number.numerator // number.denominator).bit_length())


def describe(reduction: Reduction) -> dict[str, Any]:
    """The report as JSON: what was run, a row a stage, versions and seed."""
    plan, circuit = reduction.plan, reduction.permutation.circuit
    return {
        "circuit": {name: getattr(circuit, name) for name in ("name", "num_inputs", "num_gates")},
        "beta": plan.beta,
        "seed": plan.seed,
        "shifts": plan.shifts,
        "strings": plan.noises,
        "draws": plan.draws,
        "stages": [asdict(stage) for stage in stages(reduction)],
        "versions": {name: version(name) for name in PACKAGES},
    }


def artefacts(reduction: Reduction) -> dict[str, bytes]:
    """Every stage's files, by name: what `lemmata reduce` writes."""
    files = {
        "circuit.aag": dumps(reduction.permutation.circuit, "aag"),
        "encoder.safetensors": dumps_encoder(reduction.encoder),
        "invertor.aag": dumps(reduction.invertor, "aag"),
        "deviations.csv": _deviations(reduction).encode(),
    }
    for i, (network, least, copy) in enumerate(zip(reduction.networks, reduction.fixed, reduction.copies, strict=True)):
        files[f"network-{i}.safetensors"] = dumps_encoder(DeepLatentGaussian([(network, 0.0)]))
        files[f"integers-{i}.safetensors"] = _integers(least)
        files[f"copy-{i}.aag"] = dumps(copy, "aag")
    return files


def write(reduction: Reduction, folder: Path, report: dict[str, Any], picture: bytes | None = None) -> None:
    """Write every file whole, the report last: a folder with a report is complete.

    Raises `CircuitError`, naming the file, if one cannot be written.
    """
    files = artefacts(reduction) | ({} if picture is None else {"report.svg": picture})
    files["report.json"] = (json.dumps(report, indent=2, ensure_ascii=False) + "\n").encode()
    for name, data in files.items():
        write_whole(folder / name, data)


def _integers(least: Least) -> bytes:
    """A fixed-point network's integers: weights and biases in units of delta_w, nodes' ranges in units of delta_a."""
    fixed = least.fixed
    arrays = {name: torch.tensor(getattr(fixed, name)) for name in ("weight", "bias", "low", "high")}
    return serialised(arrays, metadata={"lemmata-integers": json.dumps(asdict(fixed.precision))})


def _deviations(reduction: Reduction) -> str:
    """One line a copy and depth: the worst |v - v'| over all inputs, and log2 of what is said to bound it."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["copy", "depth", "measured", "log2_recursion", "log2_printed", "log2_printed_sum"])
    for i, least in enumerate(reduction.fixed):
        for row in least.deviations.by_depth:
            bounds = (row.recursion, row.printed, row.printed_sum)
            writer.writerow([i, row.depth, row.measured, *(f"{_log2(bound):.6g}" for bound in bounds)])
    return table.getvalue()
