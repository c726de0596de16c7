"""Section 4.2: what ELBO optimisation does to a known nonlinear Gaussian decoder, where it can be measured exactly."""
