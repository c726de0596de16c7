"""Constructive proofs of the papers, as programs (issue: none has landed yet).

Imports `circuits` only; `claims` imports it.
"""
