"""Theorem 1 and its proof: Sections 2.1, 4 and 5, Appendices A to D, F and G.

One file a theme; models beside the claims that use them.
"""
