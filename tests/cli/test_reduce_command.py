"""`lemmata reduce`: what it writes, says and refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cli_project import Said

from circuits import Builder
from circuits.families import Permutation, family
from circuits.formats import read, write
from circuits.simulation import truth_table
from reductions.encoders import planted
from reductions.files import load, save
from reductions.latent import DeepLatentGaussian
from reductions.networks import NetworkBuilder

FEW = ("--shifts", 2, "--strings", 2, "--draws", 2)


def stages(said: Said) -> dict[str, dict[str, object]]:
    """The rows of the report by name."""
    return {stage["name"]: stage for stage in said.json["stages"]}


def test_every_artefact_is_written_and_the_circuit_inverts(tmp_path: Path, lemmata: Callable[..., Said]) -> None:
    """The folder holds each stage; the invertor, read back, is the inverse permutation; the picture is one."""
    said = lemmata("reduce", "--family", "toffoli", "--bits", 5, "--seed", 3, "--out", tmp_path, *FEW)
    assert (said.code, said.err) == (0, "")
    assert {path.name for path in tmp_path.iterdir()} == {
        "circuit.aag", "encoder.safetensors", "network-0.safetensors", "integers-0.safetensors", "copy-0.aag",
        "invertor.aag", "deviations.csv", "report.json", "report.svg",
    }  # fmt: skip
    forward, back = (truth_table(read(tmp_path / name)).astype(int) for name in ("circuit.aag", "invertor.aag"))
    assert forward[back].tolist() == list(range(32))
    assert "Boolean circuit        100.00%" in said.out
    assert ElementTree.parse(tmp_path / "report.svg").getroot().tag.endswith("svg")
    assert load(tmp_path / "network-0.safetensors").inputs == 5


def test_the_same_call_gives_the_same_bytes(tmp_path: Path, lemmata: Callable[..., Said]) -> None:
    """All files, the picture included; another seed gives another circuit."""
    folders = [tmp_path / name for name in ("a", "b", "c")]
    for folder, seed in zip(folders, (1, 1, 2), strict=True):
        lemmata("reduce", "--family", "spn", "--bits", 4, "--seed", seed, "--encoder", "fickle", "--out", folder, *FEW)
    a, b, c = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert a == b
    assert a["circuit.aag"] != c["circuit.aag"]


def test_json_is_the_report(tmp_path: Path, lemmata: Callable[..., Said]) -> None:
    """Nothing but the report on stdout: what lies in report.json."""
    said = lemmata("reduce", "--family", "feistel", "--bits", 4, "--out", tmp_path, "--json", *FEW)
    assert said.json == json.loads((tmp_path / "report.json").read_text())
    rows = stages(said)
    assert rows["Boolean circuit"]["success"] == rows["fixed point"]["success"] == 1
    assert rows["Boolean circuit"]["error"]["SAT solver agrees"] is True


def test_a_partial_encoder_inverts_its_part(tmp_path: Path, lemmata: Callable[..., Said]) -> None:
    """Good for a quarter of all x and wrong elsewhere: a quarter is inverted, at every stage."""
    said = lemmata("reduce", "--family", "toffoli", "--bits", 4, "--encoder", "partial", "--fraction", 0.25,
                   "--out", tmp_path, "--json", *FEW)  # fmt: skip
    assert [stage["success"] for stage in said.json["stages"][1:]] == [0.25] * 4


def test_a_circuit_and_an_encoder_from_files(tmp_path: Path, lemmata: Callable[..., Said]) -> None:
    """--circuit with --inverse knows the planted encoder; --encoder FILE takes any deep latent Gaussian."""
    built = family("spn").build(bits=4, seed=9)
    assert isinstance(built, Permutation)
    assert built.inverse is not None
    write(built.circuit, tmp_path / "c.aag")
    write(built.inverse, tmp_path / "i.aag")
    save(planted(built.inverse), tmp_path / "e.safetensors")
    here = ("reduce", "--circuit", tmp_path / "c.aag", "--json", *FEW)
    by_name = lemmata(*here, "--inverse", tmp_path / "i.aag", "--out", tmp_path / "a")
    by_file = lemmata(*here, "--encoder", tmp_path / "e.safetensors", "--out", tmp_path / "b")
    assert by_name.json["stages"] == by_file.json["stages"]


def test_of_a_foreign_encoder_the_hypothesis_has_no_lower_bound(tmp_path: Path, lemmata: Callable[..., Said]) -> None:
    """Nothing is known of its magnitudes: TV has lower bounds only, and the report says that samples gave them."""
    builder = NetworkBuilder(4)
    save(DeepLatentGaussian([(builder.build(builder.input_nodes), 0.1)]), tmp_path / "e.safetensors")
    said = lemmata("reduce", "--family", "identity", "--bits", 4, "--encoder", tmp_path / "e.safetensors",
                   "--out", tmp_path / "out", "--json", *FEW)  # fmt: skip
    error = stages(said)["encoder"]["error"]
    assert error["total variation from"] == "samples"
    assert error["Pr[total variation <= 1/10]"][0] == 0
    assert stages(said)["Boolean circuit"]["success"] == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "which permutation?"),
        (("--family", "toffoli", "--circuit", "c.aag"), "which permutation?"),
        (("--family", "goldreich"), "goldreich is no family of permutations"),
        (
            ("--family", "toffoli", "--encoder", "magic"),
            "choose one of planted, exact, partial, fickle, tabled",
        ),
        (("--family", "toffoli", "--encoder", "no.safetensors"), "no.safetensors"),
        (("--family", "modexp", "--bits", 3), "give one with --inverse"),
        (("--circuit", "no.aag"), "no.aag"),
        (("--family", "toffoli", "--inverse", "i.aag"), "a family knows its own"),
        (("--family", "toffoli", "--fraction", 0.3), "--fraction goes with --encoder partial"),
        (("--family", "toffoli", "--bits", 24), "at most 20 bits"),
        (("--family", "toffoli", "--beta", -1), "beta"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: tuple[object, ...], complaint: str, tmp_path: Path, lemmata: Callable[..., Said]
) -> None:
    """Exit code 2, the remedy on stderr, and no report."""
    said = lemmata("reduce", "--out", tmp_path / "out", *FEW, *arguments)
    assert said.code == 2
    assert complaint in said.err
    assert len(said.err.splitlines()) == 1
    assert not (tmp_path / "out" / "report.json").exists()


def test_a_wrong_inverse_and_an_encoder_of_another_width(tmp_path: Path, lemmata: Callable[..., Said]) -> None:
    """What does not fit the circuit is said before any work; no empty folder stays behind."""
    built = family("spn").build(bits=4, seed=9)
    write(built.circuit, tmp_path / "c.aag")
    here = ("reduce", "--circuit", tmp_path / "c.aag", "--out", tmp_path / "out", *FEW)
    said = lemmata(*here, "--inverse", tmp_path / "c.aag")
    assert (said.code, "does not invert" in said.err) == (2, True)
    builder = NetworkBuilder(5)
    save(DeepLatentGaussian([(builder.build(builder.input_nodes), 0.1)]), tmp_path / "e.safetensors")
    said = lemmata(*here, "--encoder", tmp_path / "e.safetensors")
    assert (said.code, "the circuit has 4 bits" in said.err) == (2, True)
    assert not (tmp_path / "out").exists()


def test_no_bijection_and_no_overwriting(tmp_path: Path, lemmata: Callable[..., Said]) -> None:
    """A circuit that is none is refused with a collision; a report that exists is kept without --force."""
    builder = Builder("folded")
    x = builder.inputs(3)
    builder.outputs([x[0], x[1], x[0] & x[2]])
    write(builder.build(), tmp_path / "c.aag")
    said = lemmata("reduce", "--circuit", tmp_path / "c.aag", "--encoder", "learned", "--out", tmp_path / "out", *FEW)
    assert said.code == 2
    assert "bijection" in said.err
    again = ("reduce", "--family", "identity", "--bits", 2, "--out", tmp_path / "again", *FEW)
    assert lemmata(*again).code == 0
    before = (tmp_path / "again" / "report.json").read_bytes()
    assert "holds a report already" in lemmata(*again).err
    assert (tmp_path / "again" / "report.json").read_bytes() == before
    assert lemmata(*again, "--force").code == 0
