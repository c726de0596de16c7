import re
from collections import Counter

import pytest
from docutils import nodes
from docutils.core import publish_doctree

from claims.book.pages.api import MODELS, pages, sections
from claims.book.sphinx.autodoc import linkcode_resolve
from claims.book.sphinx.docstrings import escaped, restructured
from claims.book.symbols import REPOSITORY, locate, public_names


def read(text: str) -> nodes.document:
    """What docutils makes of a docstring; it must find nothing to say about it."""
    document = publish_doctree("\n".join(restructured(text.split("\n"))), settings_overrides={"report_level": 5})
    assert not list(document.findall(nodes.system_message)), document.pformat()
    return document


def test_every_public_module_is_on_exactly_one_page() -> None:
    """Each module of circuits, reductions and the engine whose name is public is documented once."""
    documented = Counter(re.findall(r"^\.\. automodule:: (\S+)$", "\n".join(pages().values()), re.MULTILINE))
    files = [
        path for folder in ("circuits", "reductions", "claims/engine") for path in (REPOSITORY / folder).rglob("*.py")
    ]
    paths = [
        path.relative_to(REPOSITORY).with_suffix("") for path in files if path.stem == "__init__" or path.stem[0] != "_"
    ]
    modules = {".".join(path.parts).removesuffix(".__init__") for path in paths}
    assert modules | set(MODELS) | {"claims"} == set(documented)
    assert set(documented.values()) == {1}


def test_private_names_and_imported_ones_are_not_documented() -> None:
    """The members of a module are the public names that it defines itself, in their order."""
    names = public_names("circuits.sat.solve")
    assert names[:3] == ["SOLVERS", "Status", "Answer"]
    assert not {"_number", "Circuit", "Solver"} & set(names)
    shown = re.findall(r":members: (.*)", "\n".join(pages().values()))
    assert not [name for line in shown for name in line.split(", ") if name.startswith("_")]


def test_exports_are_linked_to_their_homes() -> None:
    """What a package hands on is a list of links, not a second description."""
    assert "{py:obj}`Margin <claims.engine.margin.Margin>`" in pages()["api/claims.md"]
    assert "{py:obj}`solve <circuits.sat.solve.solve>`" in pages()["api/circuits.sat.md"]


def test_a_function_with_the_name_of_a_module_is_shown_without_an_index_entry() -> None:
    """`circuits.families.family` is a function and a module: Sphinx would warn of two objects with one name."""
    page = pages()["api/circuits.families.md"]
    assert ".. py:function:: circuits.families.family(name: str)" in page
    assert ":no-index:" in page
    assert ":members: FAMILIES\n" in page


def test_every_page_is_listed() -> None:
    """The index names all pages, so that none is an orphan."""
    made = pages()
    assert set(made) == {"api/index.md"} | {f"api/{section.name}.md" for section in sections()}
    assert all(f"\n{section.name}\n" in made["api/index.md"] for section in sections())


def test_source_links_lead_to_the_line() -> None:
    """[source] of a symbol is its line; what cannot be found has none."""
    line = locate("circuits.sat.solve.solve").line
    info = {"module": "circuits.sat.solve", "fullname": "solve"}
    assert linkcode_resolve("py", info) == f"../source/circuits/sat/solve.html#L{line}"
    assert linkcode_resolve("py", info | {"fullname": "nothing"}) is None


@pytest.mark.parametrize(
    "text",
    [
        "sum_i |x_i| * w_ and |y|_1 <= 2*M, x_ too, and 'a*b*c' [1]_ as well.",
        "- x is no bullet's end_",
        ":d: no field",
        "..., and so on.",
        "1. no list of one",
        r"A \mid B, and \( no formula",
        "ends with two colons ::",
    ],
)
def test_markup_in_plain_text_is_shown_as_it_stands(text: str) -> None:
    """Stars, bars, underscores and colons of formulas are no markup."""
    assert read(text).astext() == text.removeprefix("- ")


def test_code_in_backticks_is_code() -> None:
    """What stands in single backticks is code, whatever touches it."""
    document = read("`a*b`s of `x_`, (`y`); `G(z) = |z|`.")
    assert [node.astext() for node in document.findall(nodes.literal)] == ["a*b", "x_", "y", "G(z) = |z|"]
    assert document.astext() == "a*bs of x_, (y); G(z) = |z|."


def test_names_in_backticks_are_links_where_they_name_something() -> None:
    """A symbol is a link to its home, other code is not."""
    link = {"Circuit": "circuits.circuit.Circuit"}.get
    assert escaped("A `Circuit` of `x`.", link) == "A :py:obj:`Circuit <circuits.circuit.Circuit>` of ``x``."


def test_doctests_and_indented_formulas_stay() -> None:
    """A doctest is left alone, an indented formula is shown line by line."""
    document = read("For all x,\n    f(x) = |x|_1    (*)\nas said.\n\n>>> a_ = 'b*'\n>>> a_\n'b*'")
    assert [node.astext() for node in document.findall(nodes.literal_block)] == ["f(x) = |x|_1    (*)"]
    assert [node.astext() for node in document.findall(nodes.doctest_block)] == [">>> a_ = 'b*'\n>>> a_\n'b*'"]


def test_sections_become_fields() -> None:
    """Args and Raises are fields, an entry of several lines is one of them."""
    document = read(
        "Text.\n\nArgs:\n    rests_on: ids of *,\n        and more.\n    by: methods.\n\nRaises:\n    KeyError: if x_."
    )
    names = [node.astext() for node in document.findall(nodes.field_name)]
    assert names == ["param rests_on", "param by", "raises KeyError"]
    assert "ids of *,\nand more." in document.astext()


def test_a_docstring_may_begin_with_a_link() -> None:
    """The role of a link at the start of a paragraph is markup, and is not escaped."""
    written = "\n".join(restructured(["`Builder` makes circuits"], lambda name: f"circuits.builder.{name}"))
    assert written.strip().startswith(":py:obj:`Builder <circuits.builder.Builder>` makes")
