"""`lemmata circuit info|simulate|equiv|bijective`: questions about circuits, and their answers."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from circuits import Circuit, CircuitError, evaluate, evaluate_lanes
from circuits.ports import ports
from claims.cli.circuit.places import FromFormat, Source, Words, assignment, load, shown
from claims.cli.console import paper_table, stdout, write_json
from claims.cli.options import AsJson

#: Most inputs of which `simulate --all` prints every one: 65 536 lines.
MOST_LISTED = 16

#: The answer is no: the circuits differ, or the circuit is no bijection.
NO = 1


def info(source: Source, read_as: FromFormat = None, as_json: AsJson = False) -> None:
    """Print what a circuit is: its words, gates by type, depth, digest."""
    circuit = load(source, read_as)
    words = {
        side: {port.name: port.width for port in ports(names)}
        for side, names in (("inputs", circuit.input_names), ("outputs", circuit.output_names))
    }
    gates = {"gates": circuit.num_gates, "ands": circuit.num_ands, "xors": circuit.num_xors, "depth": circuit.depth}
    if as_json:
        write_json({"name": circuit.name, **words, **gates, "digest": circuit.digest})
        return
    listed = {
        side: ", ".join(f"{name} ({width} bits)" for name, width in found.items()) for side, found in words.items()
    }
    rows = {"name": circuit.name, **listed, **gates, "digest": circuit.digest}
    _print([(name, str(value)) for name, value in rows.items()])


def simulate(  # noqa: PLR0917 - the options of the command
    source: Source,
    values: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WORD=VALUE", help="A value for each input word: decimal, 0x... or 0b...", show_default=False
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help=f"Every input instead, up to {MOST_LISTED} bits.")] = False,
    random: Annotated[int, typer.Option("--random", metavar="N", help="N random inputs instead.", min=0)] = 0,
    seed: Annotated[int, typer.Option("--seed", "-s", help="Of the random inputs.", min=0)] = 0,
    read_as: FromFormat = None,
    as_json: AsJson = False,
) -> None:
    """Run a circuit on one input, on random ones, or on all.

    Example: lemmata circuit simulate adder.aag a=3 b=0x1f
    """
    circuit = load(source, read_as)
    if sum((bool(values), every, random > 0)) > 1:
        raise CircuitError("give values, or --all, or --random: one of them")
    inputs = _inputs(circuit, values or [], every, random, seed)
    sides = ports(circuit.input_names), ports(circuit.output_names)
    rows = [(shown(sides[0], x), shown(sides[1], y)) for x, y in zip(inputs, _outputs(circuit, inputs), strict=True)]
    if as_json:
        write_json([{"inputs": x, "outputs": y} for x, y in rows])
        return
    table = paper_table(circuit.name)
    for port in (*sides[0], *sides[1]):
        table.add_column(port.name, justify="right", overflow="fold")
    for x, y in rows:
        table.add_row(*x.values(), *y.values())
    stdout().print(table)


def _inputs(circuit: Circuit, values: list[str], every: bool, random: int, seed: int) -> list[int]:
    if every and circuit.num_inputs > MOST_LISTED:
        raise CircuitError(f"--all would print 2^{circuit.num_inputs} lines; it lists up to {MOST_LISTED} inputs")
    if every:
        return list(range(1 << circuit.num_inputs))
    if random:
        from circuits.families.family import generator, random_integer  # noqa: PLC0415

        numbers = generator(seed, "inputs to simulate")
        return [random_integer(numbers, circuit.num_inputs) for _ in range(random)]
    return [assignment(circuit, values)]


def _outputs(circuit: Circuit, inputs: list[int]) -> list[int]:
    """C(x) for each x, all in one pass over the gates."""
    lanes = len(inputs)
    columns = [int("".join(str(x >> i & 1) for x in reversed(inputs)) or "0", 2) for i in range(circuit.num_inputs)]
    outputs = [f"{column:0{lanes}b}"[::-1] for column in evaluate_lanes(circuit, columns, lanes)]
    return [sum(int(column[lane]) << j for j, column in enumerate(outputs)) for lane in range(lanes)]


def equiv(
    first: Source,
    second: Annotated[str, typer.Argument(metavar="FILE", help="The other circuit.", show_default=False)],
    read_as: Annotated[
        str | None, typer.Option("--from", metavar="FORMAT", help="Format of '-' and of a file without a suffix.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Decide whether two circuits are the same function, by SAT sweeping. Exit code 1 if they are not.

    Inputs and outputs are matched by position. A difference is shown by an input, replayed on both circuits.

    Example: lemmata circuit equiv before.aig after.aig
    """
    from circuits.sat import equivalent  # noqa: PLC0415 - the solvers take a moment to load

    if first == second == "-":
        raise CircuitError("standard input holds one circuit: give the other as a file")
    a, b = (load(place, None if Path(place).suffix else read_as) for place in (first, second))
    answer = equivalent(a, b)
    x = answer.counterexample
    result: dict[str, Any] = {"equivalent": answer.equivalent, "counterexample": None}
    if x is not None:
        result["counterexample"] = {
            "inputs": shown(ports(a.input_names), x),
            first: shown(ports(a.output_names), evaluate(a, x)),
            second: shown(ports(b.output_names), evaluate(b, x)),
        }
    _answer(result, "equivalent: the same function", "different", as_json)


class How(StrEnum):
    """How bijectivity is decided."""

    AUTO = "auto"
    EXHAUSTIVE = "exhaustive"
    SAT = "sat"


def bijective(
    source: Source,
    how: Annotated[
        How, typer.Option("--method", help="All inputs (up to 28 bits), or SAT; auto: all inputs if it can.")
    ] = How.AUTO,
    proof: Annotated[
        Path | None, typer.Option("--proof", metavar="FILE", help="With --method sat: write a DRAT proof.")
    ] = None,
    read_as: FromFormat = None,
    as_json: AsJson = False,
) -> None:
    """Decide whether a circuit is a bijection. Exit code 1, with a collision, if it is not.

    Example: lemmata circuit bijective feistel.aag
    """
    circuit = load(source, read_as)
    method, collision = _decide(circuit, how, proof)
    result: dict[str, Any] = {"bijective": collision is None, "method": method, "collision": None}
    if collision is not None:
        result["collision"] = {
            "inputs": [shown(ports(circuit.input_names), x) for x in collision],
            "output": shown(ports(circuit.output_names), evaluate(circuit, collision[0])),
        }
    _answer(result, f"bijective ({method})", "not bijective", as_json)


def _decide(circuit: Circuit, how: How, proof: Path | None) -> tuple[str, tuple[int, int] | None]:
    """(the method, a collision or None)."""
    from circuits.simulation.bijective import MOST_INPUTS, find_collision  # noqa: PLC0415 - numba takes a second to load

    if circuit.num_inputs != circuit.num_outputs:
        raise CircuitError(
            f"{circuit.name!r} has {circuit.num_inputs} inputs, {circuit.num_outputs} outputs: a bijection has as many"
        )
    if proof is not None or how is How.SAT or (how is How.AUTO and circuit.num_inputs > MOST_INPUTS):
        if how is How.EXHAUSTIVE:
            raise CircuitError("--proof needs --method sat: running through all inputs leaves no DRAT proof")
        from circuits.sat import is_bijective  # noqa: PLC0415

        return "sat", is_bijective(circuit, proof=proof).collision
    return "exhaustive", find_collision(circuit)


def _answer(result: dict[str, Any], yes: str, no: str, as_json: bool) -> None:
    """Print a yes or a no with its example; a no leaves with exit code 1."""
    example: dict[str, Words | list[Words]] | None
    example = next((value for value in result.values() if isinstance(value, dict)), None)
    if as_json:
        write_json(result)
    else:
        typer.echo(yes if example is None else no)
        found = ((name, each if isinstance(each, list) else [each]) for name, each in (example or {}).items())
        _print([(name, _text(words)) for name, several in found for words in several])
    if example is not None:
        raise typer.Exit(NO)


def _text(words: Words) -> str:
    """As `simulate` takes it: one line, words apart by blanks."""
    return " ".join(f"{name}={value}" for name, value in words.items())


def _print(rows: list[tuple[str, str]]) -> None:
    """Names and values side by side, one line each, however long: for people and for scripts."""
    width = max((len(name) for name, _ in rows), default=0)
    for name, value in rows:
        typer.echo(f"{name:{width}}  {value}".rstrip())
