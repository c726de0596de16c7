"""The experiments of this paper, found by `lemmata reproduce`."""

import claims.papers.shekhovtsov_2022.images.table_1
import claims.papers.shekhovtsov_2022.text.table_2
import claims.papers.shekhovtsov_2022.toy.figure_2  # noqa: F401 - they declare their experiments
