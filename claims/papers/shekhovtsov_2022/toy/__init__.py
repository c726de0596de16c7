"""Section 4.1: a mixture of four Gaussians in the plane and a factorised encoder, everything by quadrature."""
