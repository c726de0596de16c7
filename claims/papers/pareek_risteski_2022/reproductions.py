"""The experiments of this paper, found by `lemmata reproduce`."""

from claims.papers.pareek_risteski_2022 import hardness as hardness
