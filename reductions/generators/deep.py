"""Deep generators: compositions of strongly invertible blocks."""

from __future__ import annotations

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from reductions.error import ReductionError
from reductions.generators.constants import ISOMETRY
from reductions.generators.generator import Generator
from reductions.networks import Network, NetworkBuilder


class DeepGenerator(Generator):
    """G = G_L o ... o G_1, the first block first; its constants are those of the chain rule, `Constants.then`.

    Centred if all blocks are. Raises `ReductionError` for no block, or blocks of different d.
    """

    def __init__(self, blocks: Sequence[Generator]) -> None:
        super().__init__()
        widths = sorted({block.latents for block in blocks})
        if len(widths) != 1:
            raise ReductionError(f"blocks of {widths} latents: give at least one block, all of the same d")
        self.blocks = nn.ModuleList(blocks)
        self._blocks = tuple(blocks)
        self.constants = ISOMETRY
        for block in blocks:
            self.constants = self.constants.then(block.constants)

    @property
    def latents(self) -> int:
        """d."""
        return self._blocks[0].latents

    @property
    def centred(self) -> bool:
        """Whether each block maps 0 to 0."""
        return all(block.centred for block in self._blocks)

    def forward(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """G(z), in z's dtype and on its device."""
        for block in self._blocks:
            z = block(z)
        return z

    def network(self) -> Network:
        """The blocks' networks, one after the other."""
        builder = NetworkBuilder(self.latents)
        nodes = builder.input_nodes
        for block in self._blocks:
            nodes = builder.append(block.network(), nodes)
        return builder.build(nodes)
