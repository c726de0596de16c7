"""Pareek, Risteski: The Effects of Invertibility on the Complexity of Encoders in VAEs, ICLR 2022.

Models: `hypercube`, `boolean`; all other files are the claims, one file a theme.
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
