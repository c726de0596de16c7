"""Koehler, Mehta, Zhou, Risteski: VAEs in the presence of low-dimensional data, ICLR 2022.

Models: `linear_vae`, `general_vae`, `one_layer_vae`, `gradient_flow`; what is drawn of them: `domains`, `spans`,
`decompositions`, `recovery`; all other files are the claims, one file a theme.
"""

# In the order in which they rest on each other: a claim rests only on claims declared before it.
# ruff: noqa: I001
from claims.papers.koehler_2022 import lemma_7 as lemma_7
from claims.papers.koehler_2022 import lemma_8 as lemma_8
from claims.papers.koehler_2022 import lemma_1 as lemma_1
from claims.papers.koehler_2022 import lemma_2 as lemma_2
from claims.papers.koehler_2022 import lemma_3 as lemma_3
from claims.papers.koehler_2022 import landscape as landscape
from claims.papers.koehler_2022 import optima as optima
from claims.papers.koehler_2022 import optima_observations as optima_observations
from claims.papers.koehler_2022 import nonlinear_setup as nonlinear_setup
from claims.papers.koehler_2022 import nonlinear_hypotheses as nonlinear_hypotheses
from claims.papers.koehler_2022 import nonlinear_steps as nonlinear_steps
from claims.papers.koehler_2022 import nonlinear as nonlinear
from claims.papers.koehler_2022 import rotation as rotation
from claims.papers.koehler_2022 import implicit_bias as implicit_bias
from claims.papers.koehler_2022 import decay as decay
from claims.papers.koehler_2022 import rotation_flow as rotation_flow
from claims.papers.koehler_2022 import decompositions as decompositions
from claims.papers.koehler_2022 import dimension_steps as dimension_steps
from claims.papers.koehler_2022 import dimension as dimension
from claims.papers.koehler_2022 import singular_values as singular_values
from claims.papers.koehler_2022 import finite_time as finite_time
from claims.papers.koehler_2022 import recovery as recovery
from claims.papers.koehler_2022 import conclusions as conclusions
from claims.papers.koehler_2022 import beliefs as beliefs
