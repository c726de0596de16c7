"""The book: pages made from registry and ledger, so that they cannot drift from the code.

Each module of pages is a function from the state to `{path in the book: text}`; `site` has Sphinx build them.
"""
