"""Sphinx's settings for the book. `lemmata book` (or `make book`) gathers the sources and runs it."""

from claims.book.sphinx.autodoc import linkcode_resolve  # noqa: F401 - sphinx.ext.linkcode asks for it here

project = "Lemmata"
author = "the Lemmata contributors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.linkcode", "claims.book.sphinx.extension"]
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist", "attrs_inline", "attrs_block", "html_image"]
myst_heading_anchors = 4
exclude_patterns = ["downloads"]
smartquotes = False  # two minus signs of a witness are no dash

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
maximum_signature_line_length = 88
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries = False  # every page's sidebar would be made with every name of the API

html_theme = "furo"
html_title = "Lemmata"
html_math_renderer = "mathml"
html_favicon = "static/favicon.svg"
html_domain_indices = False
html_static_path = ["static"]
html_css_files = ["verdicts.css", "book.css"]
html_search_scorer = "static/scorer.js"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
