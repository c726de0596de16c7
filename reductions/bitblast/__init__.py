"""Fixed-point networks as Boolean circuits (proof of Theorem 2, after eq. (53)).

`bitblast` makes the circuit; `weighted_sum` adds bits, `Reach` says which values a number can take.
"""

from reductions.bitblast.adder import weighted_sum
from reductions.bitblast.blast import bitblast
from reductions.bitblast.reach import Reach
from reductions.bitblast.signed import Signed

__all__ = ["Reach", "Signed", "bitblast", "weighted_sum"]
