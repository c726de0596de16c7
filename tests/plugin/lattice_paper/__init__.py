"""A paper of a third party, on lattices: what its claims look like, and what an engine makes of them."""

import lattice_paper.lattice  # noqa: F401 - importing it registers its claims
