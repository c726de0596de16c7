"""One solve in a process of its own: DIMACS on stdin, JSON on stdout. Run by path, so that it imports python-sat only.

A solver of python-sat cannot be interrupted by a signal or a clock; a process can.
"""

from __future__ import annotations

import ctypes
import json
import signal
import sys
import time

from pysat.formula import CNF
from pysat.solvers import Solver

#: Linux: the signal that a process gets when its parent dies.
PR_SET_PDEATHSIG = 1


def main(name: str, budget: int) -> None:
    """Solve within a budget of conflicts (-1: none) and print status, conflicts, CPU seconds and true variables."""
    clauses = CNF(from_string=sys.stdin.read()).clauses
    start = time.process_time()
    with Solver(name=name, bootstrap_with=clauses) as engine:
        if budget < 0:
            found = engine.solve()
        else:
            engine.conf_budget(budget)
            found = engine.solve_limited()
        seconds = time.process_time() - start
        answer = {
            "status": "UNKNOWN" if found is None else "SAT" if found else "UNSAT",
            "conflicts": engine.accum_stats()["conflicts"],
            "seconds": seconds,
            "true": [literal for literal in engine.get_model() if literal > 0] if found else [],
        }
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    if sys.platform == "linux":
        # A parent that is killed cannot stop its solver, which would go on for ever.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    main(sys.argv[1], int(sys.argv[2]))
