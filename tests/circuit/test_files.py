"""Files are written whole or not at all, by every writer of the package."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from circuits import Circuit, CircuitError
from circuits.families import family
from circuits.files import check_writable, write_whole
from circuits.formats import write
from circuits.network import compile, save, to_onnx  # noqa: A004
from circuits.sat import is_bijective, write_cnf

WRITERS: dict[str, Callable[[Circuit, Path], object]] = {
    "aiger": lambda circuit, path: write(circuit, path, "aig"),
    "safetensors": lambda circuit, path: save(compile(circuit), path),
    "onnx": to_onnx,
    "cnf": lambda circuit, path: write_cnf(path, circuit),
    "proof": lambda circuit, path: is_bijective(circuit, proof=path),
}
writers = pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
CIRCUIT = family("feistel").build(4).circuit


@writers
def test_a_place_that_cannot_be_written_is_named(writer: Callable[[Circuit, Path], object], tmp_path: Path) -> None:
    """A missing folder, and a folder in the file's place; nothing is left behind."""
    for place in (tmp_path / "nowhere" / "x", tmp_path):
        with pytest.raises(CircuitError, match=f"{place} cannot be written: "):
            writer(CIRCUIT, place)
    assert not list(tmp_path.iterdir())


@writers
def test_a_file_has_the_usual_mode_and_links_stay(writer: Callable[[Circuit, Path], object], tmp_path: Path) -> None:
    """Others may read it, as any file; a link goes on pointing at it; a device is written, not replaced."""
    (tmp_path / "plain").touch()
    (tmp_path / "link").symlink_to(tmp_path / "file")
    writer(CIRCUIT, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "link", "plain"]
    writer(CIRCUIT, Path(os.devnull))
    assert Path(os.devnull).is_char_device()


def test_looking_changes_nothing(tmp_path: Path) -> None:
    """Neither a file that is there nor the folder."""
    write_whole(tmp_path / "x", b"kept")
    for name in ("x", "y"):
        check_writable(tmp_path / name)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("x", b"kept")]
