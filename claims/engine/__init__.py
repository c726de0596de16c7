"""The engine: claims, margins, methods, evidence, verdicts and the ledger.

It knows nothing of any paper and nothing of the command line. What the author of a claim needs is
exported by `claims` itself.
"""
