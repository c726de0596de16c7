"""Papers of which no claim is registered yet: what they number and what they state, by name."""

from claims.engine.paper import Paper

MONDAL_2021 = Paper(
    "mondal-2021",
    "The landscape of Regularized Auto-Encoders for Generative modeling",
    ("Prathosh A.P.", "Himanshu Asnani", "Parag Singla", "Arnab Kumar Mondal", "Aravind. I."),
    "slides",
    2021,
    about="Nothing of it is checked yet.",
    # The slides number equations, tables and figures; theorems and the corollary have no number, so they are named.
    open={
        "Theorem (m = n)": "R1 and R2 can be satisfied iff the assumed latent dimension m is the true one, n",
        "Theorem (m > n)": "if m > n, the divergence term of the WAE objective is positive for every encoder",
        "Corollary (m > n)": "the WAE objective has a feasible solution iff the prior lies in the set Q of the slides",
        "Assumption A1": "the generative function f is L-Lipschitz",
        "Assumption A2": "no f* from fewer dimensions satisfies A1 and covers the range of f",
        "Requirement R1": "the decoder inverts the encoder on the data",
        "Requirement R2": "the cross entropy between prior and latent distribution is minimal",
        "Equation 1": "the log-likelihood of the data, split into three terms",
        "Equation 2": "the evidence lower bound, in two forms",
        "Equation 3": "the negative log-likelihood of the model",
        "Equation 4": "(3) split into R1 and R2",
        "Table 1": "FID of eight models on MNIST, Fashion, CIFAR-10, CelebA",
        "Table 2": "normalized absolute correlation of the latent code, WAE and MAAE",
        "Table 3": "FID of reconstructions and generated images, thirteen models",
        "Table 4": "precision and recall of five models",
        "Table 5": "FID against the capacity of the prior's generator",
        "Figure 1": "a regularized auto-encoder, as a diagram",
        "Figure 2": "FID of a WAE against its latent dimension",
        "Figure 3": "how the data are assumed to be generated, as a sketch",
        "Figure 4": "MaskAAE, as a diagram",
        "Figure 5": "FID and active dimensions of WAE and MAAE against the latent dimension",
        "Figure 6": "the mask during training, at three capacities",
        "Figure 7": "covariance matrices of latent codes, WAE and MAAE",
        "Figure 8": "fixed and learnable latent priors, compared",
        "Figure 9": "latent spaces of several models on synthetic data",
        "Figure 10": "FlexAE, as a diagram",
        "Figure 11": "reconstructed and generated images of FlexAE",
        "Figure 12": "interpolations on CelebA: big nose",
        "Figure 13": "interpolations on CelebA: heavy makeup",
        "Figure 14": "interpolations on CelebA: black hair",
        "Figure 15": "interpolations on CelebA: smiling",
        "Figure 16": "interpolations on CelebA: male",
        "Figure 17": "nearest training images of generated faces",
    },
)

PAPERS = (MONDAL_2021,)
