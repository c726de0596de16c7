"""Pictures of claims as SVG: what rests on what, and one tile a claim; their layout, colours and marks."""
