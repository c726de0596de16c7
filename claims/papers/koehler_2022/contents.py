"""The paper's contents, in its own order."""

from claims.engine.paper import Paper, Section

PAPER = Paper(
    "koehler-2022",
    "Variational autoencoders in the presence of low-dimensional data: landscape and implicit bias",
    ("Frederic Koehler", "Viraj Mehta", "Chenghui Zhou", "Andrej Risteski"),
    "International Conference on Learning Representations",
    2022,
    about="Losses, optima and gradient flow of linear and one-layer VAEs, from the derivations to the conclusions; "
    "its simulations are open.",
    sections=(
        Section("1 Introduction", ("conclusion-larger-support",)),
        Section(
            "3 Our Results",
            (
                "theorem-1",
                "observation-low-rank-factorization",
                "observation-tall-decoder",
                "observation-column-span",
                "example-1",
                "observation-unconstrained-encoder",
                "conclusion-bad-optimum",
                "theorem-2",
                "conclusion-recovery",
                "conclusion-singular-values",
            ),
        ),
        Section("4 VAE Landscape Analysis", ("equation-3", "lemma-1", "lemma-2")),
        Section("4.1 Linear VAE", ("equation-4", "lemma-3", "equation-5", "theorem-3")),
        Section(
            "4.2 Nonlinear VAE",
            (
                "observation-arbitrary-weights",
                "observation-ground-truth-decoder",
                "equation-6",
                "observation-decoder-output",
                "theorem-4",
            ),
        ),
        Section(
            "5 Implicit bias of gradient descent in Linear VAE",
            (
                "conjecture-original-loss",
                "theorem-5",
                "equation-7",
                "observation-zero-rows",
                "lemma-4",
                "lemma-5",
                "observation-gradient-descent",
                "lemma-6",
            ),
        ),
        Section("Appendix A Derivations of VAE losses", ("lemma-7", "lemma-8")),
    ),
    elsewhere={
        # The gradient flow, defined within Theorem 2.
        "Equation 1": ("theorem-2",),
        "Equation 2": ("theorem-2",),
        "Equation 8": ("lemma-8",),
        # (9) and (10) are one display, which the proof of Lemma 8 starts from: (3) with a linear encoder and decoder.
        "Equation 9": ("lemma-8",),
        "Equation 10": ("lemma-8",),
    },
    open={
        "Table 1": "linear VAEs on linear data: zeros of the encoder variance, rows of the decoder, eigenvalue error",
        "Table 2": "the sigmoid data: manifold error and zeros of the encoder variance",
        "Table 3": "the padded sphere: manifold error and zeros of the encoder variance",
        "Table 4": "the sigmoid data, with the decoder variance clipped",
        "Table 5": "the padded sphere, with the decoder variance clipped",
        "Figure 1": "what trained nonlinear VAEs generate: norms on the sphere, the sigmoid as a scatter plot",
        "Figure 2": "training on the sigmoid data: manifold error, decoder variance, loss",
        "Figure 3": "training on the padded sphere: manifold error, decoder variance, loss",
        "Figure 4": "as Figure 1, with the decoder variance clipped",
        "Figure 5": "as Figure 2, with the decoder variance clipped",
        "Figure 6": "as Figure 3, with the decoder variance clipped",
        "Figure 7": "the sigmoid as a scatter plot, at four clipping thresholds",
        "Figure 8": "distances to the centre of the sphere, at four clipping thresholds",
    },
)
