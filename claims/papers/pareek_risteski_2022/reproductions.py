"""The experiments of this paper, found by `lemmata reproduce`."""

import claims.papers.pareek_risteski_2022.hardness  # noqa: F401 - it declares its experiment
