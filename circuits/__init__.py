"""Boolean circuits, and nothing else (none has landed yet).

Imports neither `claims` nor `reductions`.
"""
