"""Papers: one folder each, with its claims, its models and its ledger.

A paper imports `claims`; nothing in the engine imports a paper.
"""
