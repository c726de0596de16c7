"""What Sphinx learns for the book: formulas, roles, sources, pictures, docstrings. Needs the extra `book`."""
