"""The four verdicts, each with the sentence that a reader is told."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What the evidence says of a claim as printed."""

    PROVED = "proved"
    SUPPORTED = "supported"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"

    @property
    def sentence(self) -> str:
        """What the verdict means, for a reader."""
        return {
            Verdict.PROVED: "A proof covers the whole domain of the claim.",
            Verdict.SUPPORTED: "The attack covered the stated scope and found no violation; it refuted every mutant.",
            Verdict.REFUTED: "A witness violates the claim, and a second, independent route confirmed it.",
            Verdict.INCONCLUSIVE: "The check could not decide within its budget, or it failed to refute a mutant.",
        }[self]
