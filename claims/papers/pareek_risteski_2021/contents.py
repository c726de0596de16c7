"""The paper's contents, in its own order."""

from claims.engine.paper import Paper, Section

LATER = "pareek-risteski-2022"

PAPER = Paper(
    "pareek-risteski-2021",
    "The Effects of Invertibility on the Representational Complexity of Encoders in Variational Autoencoders",
    # The copy at hand was submitted without names, under review by INNF+ 2021.
    ("Divyansh Pareek", "Andrej Risteski"),
    "Workshop INNF+ (the submission)",
    2021,
    about="Where this workshop version of pareek-risteski-2022 differs from it: Definition 2 and Theorem 1.",
    sections=(
        Section("2 Our Results", ("definition-2",)),
        Section("2.1. Upper bounds for bijective generators", ("theorem-1",)),
    ),
    # What the conference version states again; its Remark 1 is new, so that the numbers are shifted, and so is its 7.
    elsewhere={
        "Definition 1": (f"{LATER}/definition-1",),
        "Assumption 1": (f"{LATER}/assumption-1",),
        "Remark 1": (f"{LATER}/remark-2",),
        "Remark 2": (f"{LATER}/remark-3", f"{LATER}/remark-3-layerwise"),
        "Assumption 2": (f"{LATER}/assumption-2",),
        "Remark 3": (f"{LATER}/remark-4",),
        "Remark 4": (f"{LATER}/remark-5",),
        "Assumption 3": (f"{LATER}/assumption-3",),
        "Remark 5": (f"{LATER}/remark-6",),
        "Equation 1": (f"{LATER}/equation-1",),
        "Remark 6": (f"{LATER}/remark-8",),
        "Conjecture 1": (f"{LATER}/conjecture-1",),
        "Theorem 2": (f"{LATER}/theorem-2",),
        "Remark 7": (f"{LATER}/remark-9",),
        "Remark 8": (f"{LATER}/remark-10",),
        "Remark 9": (f"{LATER}/remark-11",),
    },
)
