"""What a statistical check may say."""

from enum import Enum


class Outcome(Enum):
    """The outcome of a statistical check; each member carries its own sentence."""

    REFUTED = "The claim is false, up to the declared probability of a false alarm."
    SUPPORTED = "The claim is not violated by the declared violation or more, up to the declared power."
    INCONCLUSIVE = "The samples so far tell neither that the claim is false nor that it is nearly true."

    @property
    def sentence(self) -> str:
        """The outcome in words, for a report."""
        return self.value
