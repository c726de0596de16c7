"""`lemmata circuit`: Boolean circuits on the command line, one file a theme.

`making` builds, converts and draws; `asking` inspects, runs and decides; `places` reads and writes the files.
"""

import typer

from claims.cli.circuit import asking, making

app = typer.Typer(
    help="""Boolean circuits: build, inspect, convert, run, compare, draw.

    FILE is a circuit in any format that its suffix names (.aag .aig .bench .blif .bristol .txt, and to write also .v
    .dot .cnf .onnx .safetensors .svg); '-' is standard input or output, in ascii AIGER unless --from or --to says else.

    Start with: lemmata circuit families, then
    lemmata circuit build feistel --bits 16 --out f.aag, then lemmata circuit bijective f.aag.""",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("families")(making.families)
app.command("build")(making.build)
app.command("info")(asking.info)
app.command("convert")(making.convert)
app.command("simulate")(asking.simulate)
app.command("equiv")(asking.equiv)
app.command("bijective")(asking.bijective)
app.command("draw")(making.draw)
