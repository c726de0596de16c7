"""Encoders in safetensors: the arrays of their networks and names, no code. `load` trusts nothing it did not check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialised
from torch import Tensor

from circuits import CircuitError
from circuits.files import write_whole
from reductions.error import ReductionError
from reductions.latent import DeepLatentGaussian
from reductions.networks import Network, PiecewiseLinear

FORMAT, VERSION = "lemmata-encoder", 1

#: The arrays of a layer: a network's own, then its activations' knots and values joined, with as many as `pieces` says.
ARRAYS = {
    "start": torch.int64,
    "source": torch.int64,
    "weight": torch.float64,
    "bias": torch.float64,
    "kind": torch.int64,
    "outputs": torch.int64,
    "pieces": torch.int64,
    "knots": torch.float64,
    "values": torch.float64,
    "left": torch.float64,
    "right": torch.float64,
}

#: A network allocates its inputs, so a file of a few bytes must not ask for more of them than this.
MOST_INPUTS = 1 << 24


def save(encoder: DeepLatentGaussian, path: str | Path) -> None:
    """Write the encoder to `path`. Equal encoders give equal bytes.

    Tensor `i.name` is the array `name` of layer i, as in `Network`; `betas` holds the noise parameters. The metadata
    entry `lemmata-encoder` is JSON: the version, the inputs of each layer and the names of its activations. Raises
    `CircuitError` if the file cannot be written.
    """
    write_whole(path, dumps(encoder))


def dumps(encoder: DeepLatentGaussian) -> bytes:
    """The bytes of the file that `save` writes."""
    tensors = {"betas": torch.tensor([layer.beta for layer in encoder.layers], dtype=torch.float64)}
    header: dict[str, Any] = {"version": VERSION, "inputs": [], "activations": []}
    for i, (network, _) in enumerate(encoder.layers):
        header["inputs"].append(network.inputs)
        header["activations"].append([one.name for one in network.activations])
        tensors |= {f"{i}.{name}": tensor for name, tensor in _arrays(network).items()}
    # One entry: safetensors writes several in no fixed order.
    return serialised(tensors, metadata={FORMAT: json.dumps(header)})


def load(path: str | Path) -> DeepLatentGaussian:
    """The encoder in `path`. Raises `ReductionError`, naming the file, if it is missing or not an encoder of `save`."""
    try:
        with safe_open(path, framework="pt") as file:
            header = _header(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - the file is no mapping
        layers = len(header["inputs"])
        wanted = {f"{i}.{name}": dtype for i in range(layers) for name, dtype in ARRAYS.items()}
        _check(tensors, wanted | {"betas": torch.float64})
        networks = [
            _network({name: tensors[f"{i}.{name}"].numpy() for name in ARRAYS}, inputs, names)
            for i, (inputs, names) in enumerate(zip(header["inputs"], header["activations"], strict=True))
        ]
        if len(tensors["betas"]) != layers:
            raise ReductionError(f"it has {layers} layers, but {len(tensors['betas'])} noise parameters")
        return DeepLatentGaussian(list(zip(networks, tensors["betas"].tolist(), strict=True)))
    except (OSError, SafetensorError, CircuitError) as error:
        raise ReductionError(f"{path}: {error}") from error


def _arrays(network: Network) -> dict[str, Tensor]:
    """The arrays of one layer, in the order of `ARRAYS`."""
    activations = network.piecewise_linear
    numbers = {
        **{name: getattr(network, name) for name in ("start", "source", "weight", "bias", "kind", "outputs")},
        "pieces": [len(one.knots) for one in activations],
        "knots": [knot for one in activations for knot in one.knots],
        "values": [value for one in activations for value in one.values],
        "left": [one.left for one in activations],
        "right": [one.right for one in activations],
    }
    # Copies: a network's arrays are read-only, which torch warns of.
    return {name: torch.from_numpy(np.array(numbers[name])).to(dtype) for name, dtype in ARRAYS.items()}


def _network(arrays: dict[str, np.ndarray], inputs: int, names: list[str]) -> Network:
    """The network of one layer; `Network` and `PiecewiseLinear` check what is not checked here."""
    start, pieces = arrays["start"], arrays["pieces"]
    if np.any(start < 0) or np.any(start > len(arrays["source"])):
        raise ReductionError("its rows do not partition its edges")
    if not len(pieces) == len(arrays["left"]) == len(arrays["right"]) == len(names):
        raise ReductionError("its activations differ in number from their names or slopes")
    total = len(arrays["knots"])
    if np.any(pieces < 1) or np.any(pieces > total) or not int(pieces.sum()) == total == len(arrays["values"]):
        raise ReductionError("its activations do not partition their knots and values")
    ends = np.cumsum(pieces).tolist()
    activations = tuple(
        PiecewiseLinear(
            name,
            tuple(arrays["knots"][end - count : end].tolist()),
            tuple(arrays["values"][end - count : end].tolist()),
            float(left),
            float(right),
        )
        for name, count, end, left, right in zip(
            names, pieces.tolist(), ends, arrays["left"], arrays["right"], strict=True
        )
    )
    return Network(
        inputs,
        start,
        arrays["source"],
        arrays["weight"],
        arrays["bias"],
        arrays["kind"],
        activations,
        arrays["outputs"],
    )


def _check(tensors: dict[str, Tensor], wanted: dict[str, torch.dtype]) -> None:
    """Raise `ReductionError` unless these are the wanted tensors, all of them vectors."""
    if missing := sorted(set(wanted) ^ set(tensors)):
        raise ReductionError(f"tensor {missing[0]!r} is missing, or should not be there")
    for name, dtype in wanted.items():
        if tensors[name].dtype != dtype or tensors[name].ndim != 1:
            raise ReductionError(f"tensor {name!r} must be a vector of {dtype}")


def _header(metadata: dict[str, str]) -> dict[str, Any]:
    """What `save` wrote beside the tensors, checked."""
    try:
        header = json.loads(metadata[FORMAT])
    except (KeyError, ValueError, RecursionError) as error:
        raise ReductionError(f"it is no {FORMAT} file: write it with reductions.files.save") from error
    if not isinstance(header, dict) or header.get("version") != VERSION:
        raise ReductionError(f"its version is not {VERSION}: write it anew with reductions.files.save")
    inputs, names = header.get("inputs"), header.get("activations")
    if not isinstance(inputs, list) or not all(type(one) is int and 0 <= one <= MOST_INPUTS for one in inputs):
        raise ReductionError(f"its layers' inputs are not a list of numbers from 0 to {MOST_INPUTS}")
    if not isinstance(names, list) or len(names) != len(inputs) or not all(_are_names(one) for one in names):
        raise ReductionError("the names of its activations are not one list of strings a layer")
    return header


def _are_names(names: object) -> bool:
    return isinstance(names, list) and all(isinstance(name, str) for name in names)
