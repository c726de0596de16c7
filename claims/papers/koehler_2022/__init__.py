"""Koehler, Mehta, Zhou, Risteski: VAEs in the presence of low-dimensional data, ICLR 2022.

Models: `linear_vae`, `general_vae`, `one_layer_vae`, `gradient_flow`; their `domains`; one file a theme of claims.
"""

# In the order in which they rest on each other: a claim rests only on claims declared before it.
# ruff: noqa: I001
from claims.papers.koehler_2022 import losses as losses
from claims.papers.koehler_2022 import general_facts as general_facts
from claims.papers.koehler_2022 import landscape as landscape
from claims.papers.koehler_2022 import optima as optima
from claims.papers.koehler_2022 import nonlinear_setup as nonlinear_setup
from claims.papers.koehler_2022 import nonlinear_hypotheses as nonlinear_hypotheses
from claims.papers.koehler_2022 import nonlinear as nonlinear
from claims.papers.koehler_2022 import rotation as rotation
from claims.papers.koehler_2022 import implicit_bias as implicit_bias
from claims.papers.koehler_2022 import decay as decay
from claims.papers.koehler_2022 import dimension as dimension
from claims.papers.koehler_2022 import dimension_steps as dimension_steps
from claims.papers.koehler_2022 import conclusions as conclusions
from claims.papers.koehler_2022 import beliefs as beliefs
