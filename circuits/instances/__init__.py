"""Small hard instances: planted pre-image problems in every format, and how hard they are to solve.

`make_instances` draws them, `write_instance` makes a folder of files of each and `load` checks and reads one; `measure`
times solvers on them, row by row, and `summarise` says what the rows show.
"""

from circuits.instances.campaign import Campaign, measure
from circuits.instances.folder import load, write_instance
from circuits.instances.instance import Instance, count_solutions, make_instances
from circuits.instances.pairs import Pairs
from circuits.instances.presets import PRESETS, preset
from circuits.instances.solver import Run, run_solver
from circuits.instances.summary import Cell, Fit, Summary, summarise

__all__ = [
    "PRESETS",
    "Campaign",
    "Cell",
    "Fit",
    "Instance",
    "Pairs",
    "Run",
    "Summary",
    "count_solutions",
    "load",
    "make_instances",
    "measure",
    "preset",
    "run_solver",
    "summarise",
    "write_instance",
]
