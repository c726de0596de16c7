"""The experiments of this paper, found by `lemmata reproduce`."""

import claims.papers.pareek_risteski_2022.hardness
import claims.papers.pareek_risteski_2022.upper_bound.parameters  # noqa: F401 - they declare their experiments
