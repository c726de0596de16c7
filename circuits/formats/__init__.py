"""Files of circuits: AIGER, BENCH, BLIF, Bristol (both), and to write only Verilog, Graphviz and DIMACS.

`FORMATS` is the table of them; `read`, `write`, `loads` and `dumps` go by it. `aigverse` hands over to that library.
"""

from circuits.formats.access import dumps, loads, read, write
from circuits.formats.error import FormatError
from circuits.formats.table import FORMATS, Format, format_named

__all__ = ["FORMATS", "Format", "FormatError", "dumps", "format_named", "loads", "read", "write"]
