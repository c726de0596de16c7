"""Pareek, Risteski: the workshop version (2021) of The Effects of Invertibility on the Complexity of Encoders in VAEs.

Only what it says otherwise than the paper of 2022; its Remarks 1 to 9 are Remarks 2 to 6 and 8 to 11 there.
Model: `carried`. All other files are the claims.
"""

from claims.papers.pareek_risteski_2021 import definition_2 as definition_2
from claims.papers.pareek_risteski_2021 import theorem_1 as theorem_1
