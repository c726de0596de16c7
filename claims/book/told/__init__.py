"""The two proofs, told: pictures and tables of the guides, computed when the book is built.

Each module belongs to one guide. A function of it returns SVG for `{picture}` or Markdown for `{computed}`
(`claims.book.sphinx.execute`), and all of them share one cached run.
"""
