"""Networks in safetensors: index tensors and names, no code. `load` trusts nothing that `Circuit` does not check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialised

from circuits.circuit import Circuit
from circuits.error import CircuitError
from circuits.files import write_whole
from circuits.network.sign_network import SignNetwork, compile  # noqa: A004

FORMAT, VERSION = "lemmata-network", 1
TENSORS = {"left": torch.int32, "right": torch.int32, "is_xor": torch.bool, "outputs": torch.int32}


def save(network: SignNetwork, path: str | Path) -> None:
    """Write the network to `path`: the rows that gates and outputs read, the kinds of the gates, and the names.

    Rows are literals in AIGER's sense (2 * node + complement; node 0 is -1, then the inputs, then the gates).
    Raises `CircuitError` if the file cannot be written.
    """
    write_whole(path, dumps(network))


def dumps(network: SignNetwork) -> bytes:
    """The bytes of the file that `save` writes."""
    is_xor = torch.zeros(len(network.left), dtype=torch.bool)
    for level in network.levels:
        is_xor[level.xors - 1 - network.num_inputs : level.stop - 1 - network.num_inputs] = True
    tensors = {name: getattr(network, name).detach().cpu().contiguous() for name in ("left", "right", "outputs")}
    # One entry: safetensors writes several in no fixed order, and equal networks are to be equal bytes.
    header = {
        "version": VERSION,
        "name": network.name,
        "inputs": network.input_names,
        "outputs": network.output_names,
    }
    return serialised(tensors | {"is_xor": is_xor}, metadata={FORMAT: json.dumps(header)})


def load(path: str | Path) -> SignNetwork:
    """The network in `path`. Raises `CircuitError`, naming the file, if it is missing or is not a network of `save`."""
    try:
        with safe_open(path, framework="pt") as file:
            header = _header(file.metadata() or {})
            if set(file.keys()) != set(TENSORS):
                raise CircuitError(f"it holds the tensors {sorted(file.keys())}, not {sorted(TENSORS)}")
            tensors = {name: file.get_tensor(name) for name in TENSORS}
        for name, dtype in TENSORS.items():
            if tensors[name].dtype != dtype or tensors[name].ndim != 1:
                raise CircuitError(f"tensor {name!r} must be a vector of {dtype}")
        arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
        swapped = arrays["left"] >> 1 > arrays["right"] >> 1 if len(arrays["left"]) == len(arrays["right"]) else False
        if np.any(swapped):
            raise CircuitError("a gate's rows are not in increasing order")
        circuit = Circuit(
            tuple(header["inputs"]),
            tuple(header["outputs"]),
            arrays["left"],
            arrays["right"],
            arrays["is_xor"],
            arrays["outputs"],
            name=header["name"],
        )
    except (OSError, SafetensorError, CircuitError) as error:
        raise CircuitError(f"{path}: {error}") from error
    return compile(circuit)


def _header(metadata: dict[str, str]) -> dict[str, Any]:
    """What `save` wrote beside the tensors, checked."""
    try:
        header = json.loads(metadata[FORMAT])
    except (KeyError, ValueError, RecursionError) as error:
        raise CircuitError(f"it is no {FORMAT} file: write it with circuits.network.save") from error
    if not isinstance(header, dict) or header.get("version") != VERSION:
        raise CircuitError(f"its version is not {VERSION}: write it anew with circuits.network.save")
    for what in ("inputs", "outputs"):
        names = header.get(what)
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise CircuitError(f"the names of its {what} are not a list of strings")
    if not isinstance(header.get("name"), str):
        raise CircuitError("its name is not a string")
    return header
