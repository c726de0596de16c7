"""An instance as a folder of files, made whole or not at all, and read back with every checksum compared."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from circuits.circuit import Circuit
from circuits.error import CircuitError
from circuits.families import Kind
from circuits.formats import dumps, loads
from circuits.instances.instance import Instance
from circuits.instances.pairs import Pairs, dumps_pairs
from circuits.instances.property import vnnlib_1, vnnlib_2
from circuits.instances.solver import Run, run_solver, solver_version
from circuits.sat.dimacs import dumps_cnf

FORMAT, VERSION = "lemmata-instance", 1

#: The reference solver, and its budget: half a second or less, so that easy and hard are told apart at once.
REFERENCE, BUDGET = "cadical153", 20_000

META, TIMING = "meta.json", "timing.json"


def write_instance(
    instance: Instance,
    parent: Path | str,
    *,
    pairs: Pairs = Pairs(),  # noqa: B008 - immutable
    budget: int = BUDGET,
    with_solution: bool = False,
    force: bool = False,
) -> Path:
    """Write the folder `parent/instance.name` and return its path. docs/instances.md says what each file is.

    Equal arguments give equal bytes in all files but `timing.json`, the CPU seconds of the reference solver, which gets
    `budget` conflicts (0: it is not run, and there is no such file). The planted solution is in `meta.json` with
    `with_solution`, and in no file without.

    Raises `CircuitError` if the folder exists (`force` replaces it, if it is an instance), or cannot be written.
    """
    folder = Path(parent) / instance.name
    if folder.exists() and not force:
        raise CircuitError(f"{folder} exists: choose another folder, or --force to replace it")
    if folder.exists() and not (folder / META).is_file():
        raise CircuitError(f"{folder} is no instance (it has no {META}), so --force does not replace it")
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        partial.mkdir(parents=True)
        try:
            _fill(partial, instance, pairs, budget, with_solution)
            if folder.exists():
                shutil.rmtree(folder)
            partial.replace(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise CircuitError(f"{folder} cannot be written: {error.strerror or error}") from error
    return folder


def read_meta(folder: Path | str) -> dict[str, Any]:
    """The contents of the folder's `meta.json`, after comparing the SHA-256 of every file that it lists.

    Raises `CircuitError` if a file is missing or differs, or the folder is no instance of this version.
    """
    folder = Path(folder)
    try:
        meta: dict[str, Any] = json.loads((folder / META).read_text(encoding="utf-8"))
        if (meta["format"], meta["version"]) != (FORMAT, VERSION):
            raise CircuitError(f"{folder / META} is no {FORMAT} of version {VERSION}: write the folder anew")
        for name, digest in meta["files"].items():
            if Path(name).name != name or _sha256((folder / name).read_bytes()) != digest:
                raise CircuitError(f"{folder / name} is not the file that {META} describes: its SHA-256 differs")
    except OSError as error:
        raise CircuitError(f"{folder} is no whole instance: {error.filename}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, CircuitError):
            raise
        raise CircuitError(f"{folder / META} is no {FORMAT}: {error}") from error
    return meta


def load(folder: Path | str) -> Instance:
    """The instance in a folder, its circuit from `circuit.aig`; `solution` is None unless it was written.

    Raises `CircuitError` as `read_meta` does.
    """
    meta = read_meta(folder)
    circuit = loads((Path(folder) / "circuit.aig").read_bytes(), "aig")
    try:
        parameters, solution = meta["parameters"], meta.get("solution")
        return Instance(
            meta["family"],
            Kind(meta["kind"]),
            parameters["bits"],
            parameters["rounds"],
            parameters["seed"],
            parameters["index"],
            circuit,
            _number(meta["target"], circuit.num_outputs),
            None if solution is None else _number(solution, circuit.num_inputs),
            meta["solutions"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise CircuitError(f"{Path(folder) / META} is no {FORMAT}: {error}") from error


def _fill(folder: Path, instance: Instance, pairs: Pairs, budget: int, with_solution: bool) -> None:
    from circuits.network import compile, to_onnx  # noqa: A004, PLC0415 - imports torch, which takes seconds

    network = compile(instance.circuit)
    cnf = dumps_cnf(instance.circuit, command=instance.command, fixed_outputs=instance.target)
    contents = {
        "instance.cnf": cnf,
        "instance.aig": dumps(instance.decision(), "aig"),
        "circuit.aig": dumps(instance.circuit, "aig"),
        "property-1.0.vnnlib": vnnlib_1(instance).encode(),
        "property-2.0.vnnlib": vnnlib_2(instance).encode(),
    }
    if pairs.count:
        contents["pairs.safetensors"] = dumps_pairs(instance, pairs)
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    # One row at a time, batch axis in front: the shape that verifiers take.
    to_onnx(network, folder / "network.onnx", batch=1, batch_first=True)
    size = network.size()
    meta: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "name": instance.name,
        "command": _command(instance, pairs, budget, with_solution),
        "family": instance.family,
        "kind": instance.kind.value,
        "about": instance.kind.sentence,
        "parameters": {name: getattr(instance, name) for name in ("bits", "rounds", "seed", "index")},
        "sizes": {
            **_circuit_sizes(instance.circuit),
            **_cnf_sizes(cnf),
            "network": {"parameters": size.parameters, "depth": size.depth, "width": size.width},
        },
        "target": _text(instance.target, instance.circuit.num_outputs),
        "solutions": instance.solutions,
        "pairs": {"count": pairs.count, "beta": pairs.beta},
        "reference": None,
    }
    if with_solution:
        if instance.solution is None:
            raise CircuitError(f"the solution of {instance.name} is not known here: make the instance from its seed")
        meta["solution"] = _text(instance.solution, instance.circuit.num_inputs)
    if budget:
        run = run_solver(instance, REFERENCE, conflicts=budget)
        meta["reference"] = _reference(run, budget)
        _write_json(folder / TIMING, {"solver": REFERENCE, "cpu_seconds": round(run.seconds, 4)})
    files = sorted(path for path in folder.iterdir() if path.name != TIMING)
    meta["files"] = {path.name: _sha256(path.read_bytes()) for path in files}
    _write_json(folder / META, meta)


def _command(instance: Instance, pairs: Pairs, budget: int, with_solution: bool) -> str:
    """The command line that writes this folder."""
    options = [] if pairs == Pairs() else [f"--pairs {pairs.count} --beta {pairs.beta}"]
    options += [] if budget == BUDGET else [f"--conflicts {budget}"]
    options += ["--with-solution"] if with_solution else []
    return " ".join([instance.command, *options])


def _reference(run: Run, budget: int) -> dict[str, Any]:
    return {
        "solver": REFERENCE,
        "version": solver_version(REFERENCE),
        "budget": budget,
        "status": run.status.name,
        "conflicts": run.conflicts,
    }


def _circuit_sizes(circuit: Circuit) -> dict[str, int]:
    return {
        "inputs": circuit.num_inputs,
        "outputs": circuit.num_outputs,
        "gates": circuit.num_gates,
        "ands": circuit.num_ands,
        "xors": circuit.num_xors,
        "depth": circuit.depth,
    }


def _cnf_sizes(cnf: bytes) -> dict[str, int]:
    header = re.search(rb"^p cnf (\d+) (\d+)$", cnf, re.MULTILINE)
    assert header is not None
    return {"variables": int(header.group(1)), "clauses": int(header.group(2))}


def _text(value: int, width: int) -> str:
    """Bit i is character i."""
    return "".join(str(value >> i & 1) for i in range(width))


def _number(text: str, width: int) -> int:
    if len(text) != width or set(text) - {"0", "1"}:
        raise ValueError(f"{text!r} is not {width} characters 0 or 1")
    return int(text[::-1] or "0", 2)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write_json(path: Path, data: dict[str, Any]) -> None:
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
