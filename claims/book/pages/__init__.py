"""Pages made from registry and ledger: each module is a function from what is known to `{path in the book: text}`.

The front, the papers and their proofs, errata and citation, where each numbered item is, reproductions, the API.
"""
