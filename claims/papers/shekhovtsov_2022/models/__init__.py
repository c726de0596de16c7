"""Exponential families, their VAEs and harmoniums, on finite spaces and on Gaussians: exact, batched, on any device."""
