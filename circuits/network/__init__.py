"""Circuits as networks of sgn, min and max: the compiler, the generator of Theorem 2, their sizes, proofs and files.

`compile` makes a torch module from a circuit, `generator` puts sgn before it; `prove` shows it equal to the circuit.
"""

from circuits.network import gadgets
from circuits.network.files import load, save
from circuits.network.onnx_export import to_onnx
from circuits.network.proof import Proof, agrees_exhaustively, first_disagreement, prove, to_circuit
from circuits.network.sign_network import Generator, SignNetwork, compile, generator  # noqa: A004
from circuits.network.size import Size

__all__ = [
    "Generator",
    "Proof",
    "SignNetwork",
    "Size",
    "agrees_exhaustively",
    "compile",
    "first_disagreement",
    "gadgets",
    "generator",
    "load",
    "prove",
    "save",
    "to_circuit",
    "to_onnx",
]
