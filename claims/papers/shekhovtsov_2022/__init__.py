"""Shekhovtsov, Schlesinger, Flach: VAE Approximation Error: ELBO and Exponential Families, ICLR 2022.

Models: `models` (finite spaces and Gaussians); experiments: `toy` (4.1), `images` (4.2), `text` (4.3); all other files
are the claims, one file a theme, and what they draw.
"""

# In the order in which they rest on each other: a claim rests only on claims declared before it.
# ruff: noqa: I001
from claims.papers.shekhovtsov_2022 import objective as objective
from claims.papers.shekhovtsov_2022 import theorem_a1 as theorem_a1
from claims.papers.shekhovtsov_2022 import harmonium_form as harmonium_form
from claims.papers.shekhovtsov_2022 import theorem_1 as theorem_1
from claims.papers.shekhovtsov_2022 import tight_on_data as tight_on_data
from claims.papers.shekhovtsov_2022 import consistent_set as consistent_set
from claims.papers.shekhovtsov_2022 import approximation_error as approximation_error
from claims.papers.shekhovtsov_2022 import pull as pull
from claims.papers.shekhovtsov_2022 import corollary_2 as corollary_2
from claims.papers.shekhovtsov_2022 import corollary_2_priors as corollary_2_priors
from claims.papers.shekhovtsov_2022 import deeper_networks as deeper_networks
from claims.papers.shekhovtsov_2022 import dependence as dependence
from claims.papers.shekhovtsov_2022 import appendix_b as appendix_b
from claims.papers.shekhovtsov_2022 import amortisation as amortisation
from claims.papers.shekhovtsov_2022 import proposition_a1 as proposition_a1
from claims.papers.shekhovtsov_2022 import proposition_a2_steps as proposition_a2_steps
from claims.papers.shekhovtsov_2022 import proposition_a2 as proposition_a2
from claims.papers.shekhovtsov_2022 import theorem_2 as theorem_2
from claims.papers.shekhovtsov_2022 import theorem_2_remarks as theorem_2_remarks
from claims.papers.shekhovtsov_2022 import normalisation as normalisation
from claims.papers.shekhovtsov_2022 import example_a1 as example_a1
from claims.papers.shekhovtsov_2022 import conclusion as conclusion
from claims.papers.shekhovtsov_2022 import gaussian_cases as gaussian_cases
from claims.papers.shekhovtsov_2022 import gaussian_joint as gaussian_joint
from claims.papers.shekhovtsov_2022 import gaussian_modes as gaussian_modes
from claims.papers.shekhovtsov_2022 import gaussian_theorem_1 as gaussian_theorem_1
from claims.papers.shekhovtsov_2022 import linear_vaes as linear_vaes
from claims.papers.shekhovtsov_2022 import gaussian_corollary_2 as gaussian_corollary_2
from claims.papers.shekhovtsov_2022 import gaussian_likeliest as gaussian_likeliest
from claims.papers.shekhovtsov_2022 import gaussian_square as gaussian_square
from claims.papers.shekhovtsov_2022 import bernoulli_cases as bernoulli_cases
from claims.papers.shekhovtsov_2022 import hashing_claims as hashing_claims
from claims.papers.shekhovtsov_2022 import hashing_counts as hashing_counts
from claims.papers.shekhovtsov_2022 import hashing_rbm as hashing_rbm
from claims.papers.shekhovtsov_2022 import hashing_encoders as hashing_encoders
from claims.papers.shekhovtsov_2022 import hashing_bits as hashing_bits
from claims.papers.shekhovtsov_2022 import arm_claims as arm_claims
from claims.papers.shekhovtsov_2022 import benign as benign
from claims.papers.shekhovtsov_2022 import toy_claims as toy_claims
from claims.papers.shekhovtsov_2022 import toy_figure as toy_figure
from claims.papers.shekhovtsov_2022 import toy_pull as toy_pull
from claims.papers.shekhovtsov_2022 import toy_maps as toy_maps
from claims.papers.shekhovtsov_2022 import images_claims as images_claims
from claims.papers.shekhovtsov_2022 import table_1_claims as table_1_claims
from claims.papers.shekhovtsov_2022 import table_2_claims as table_2_claims
from claims.papers.shekhovtsov_2022 import table_2_decoders as table_2_decoders
