"""Pareek, Risteski: The Effects of Invertibility on the Complexity of Encoders in VAEs, ICLR 2022.

Models: `hypercube`, `boolean`, `laws`, `precision`, `one_node`, `fixed_point`.
All other files are the claims, one file a theme.
"""

# In the order in which they rest on each other: a claim rests only on claims declared before it.
# ruff: noqa: I001
from claims.papers.pareek_risteski_2022 import gates as gates
from claims.papers.pareek_risteski_2022 import generator as generator
from claims.papers.pareek_risteski_2022 import remark_1 as remark_1
from claims.papers.pareek_risteski_2022 import lemma_21 as lemma_21
from claims.papers.pareek_risteski_2022 import signs as signs
from claims.papers.pareek_risteski_2022 import lemma_22_steps as lemma_22_steps
from claims.papers.pareek_risteski_2022 import lemma_22_sum as lemma_22_sum
from claims.papers.pareek_risteski_2022 import lemma_22 as lemma_22
from claims.papers.pareek_risteski_2022 import precision_steps as precision_steps
from claims.papers.pareek_risteski_2022 import recursion as recursion
from claims.papers.pareek_risteski_2022 import closed_form as closed_form
from claims.papers.pareek_risteski_2022 import unfolding as unfolding
from claims.papers.pareek_risteski_2022 import bits as bits
from claims.papers.pareek_risteski_2022 import events as events
from claims.papers.pareek_risteski_2022 import one_fifth as one_fifth
from claims.papers.pareek_risteski_2022 import tower as tower
from claims.papers.pareek_risteski_2022 import good_inputs as good_inputs
from claims.papers.pareek_risteski_2022 import copies as copies
from claims.papers.pareek_risteski_2022 import one_string as one_string
from claims.papers.pareek_risteski_2022 import averaging as averaging
from claims.papers.pareek_risteski_2022 import deltas as deltas
from claims.papers.pareek_risteski_2022 import bit_counts as bit_counts
from claims.papers.pareek_risteski_2022 import gate_counts as gate_counts
from claims.papers.pareek_risteski_2022 import activations as activations
from claims.papers.pareek_risteski_2022 import simulation_size as simulation_size
from claims.papers.pareek_risteski_2022 import hard_coded as hard_coded
from claims.papers.pareek_risteski_2022 import announced as announced
from claims.papers.pareek_risteski_2022 import conjecture_1 as conjecture_1
from claims.papers.pareek_risteski_2022 import polynomial as polynomial
from claims.papers.pareek_risteski_2022 import remark_8 as remark_8
from claims.papers.pareek_risteski_2022 import posteriors as posteriors
from claims.papers.pareek_risteski_2022 import remarks_10_and_11 as remarks_10_and_11
from claims.papers.pareek_risteski_2022 import theorem_2 as theorem_2
from claims.papers.pareek_risteski_2022 import executed as executed
