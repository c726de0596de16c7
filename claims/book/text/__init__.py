"""Text in the forms that readers get: LaTeX as prose, MathML or terminal text; Markdown for Sphinx and for GitHub."""
