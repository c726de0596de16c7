"""Section 4.3: Bernoulli VAEs for 20 Newsgroups: corpus, encoders and decoders, ARM, training, Table 2, retrieval."""
