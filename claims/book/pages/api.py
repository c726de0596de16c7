"""The API reference: a page a package, each public module on exactly one of them, from the docstrings."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from inspect import getdoc

from sphinx.util.inspect import signature, stringify_signature

from claims.book.sphinx import docstrings
from claims.book.symbols import REPOSITORY, locate, public_names

#: The folders whose packages are documented module by module.
DOCUMENTED = ("circuits", "reductions", "claims/engine")

#: Models of the papers that are of use to others; a paper's checks stand on the paper's own page.
MODELS = (
    "claims.papers.koehler_2022.linear_vae",
    "claims.papers.koehler_2022.one_layer_vae",
    "claims.papers.koehler_2022.general_vae",
    "claims.papers.koehler_2022.gradient_flow",
    "claims.papers.shekhovtsov_2022.models.families",
    "claims.papers.shekhovtsov_2022.models.finite_vae",
    "claims.papers.shekhovtsov_2022.models.gaussian",
    "claims.papers.shekhovtsov_2022.models.gaussian_ensembles",
    "claims.papers.shekhovtsov_2022.models.gaussian_harmonium",
    "claims.papers.shekhovtsov_2022.models.harmonium",
    "claims.papers.shekhovtsov_2022.models.projection",
    "claims.papers.shekhovtsov_2022.models.error",
)


@dataclass(frozen=True)
class Section:
    """A page: its name, its title and the modules that it documents, the package's own first."""

    name: str
    title: str
    modules: tuple[str, ...]


def sections() -> list[Section]:
    """The pages of the reference, in the order of the packages: what a claim's author needs comes first."""
    packages = [path.parent for folder in DOCUMENTED for path in sorted((REPOSITORY / folder).rglob("__init__.py"))]
    found = [Section("claims", "claims", ("claims",))]
    for package in packages:
        dotted = package.relative_to(REPOSITORY).as_posix().replace("/", ".")
        names = sorted(path.stem for path in package.glob("*.py") if not path.stem.startswith("_"))
        found.append(Section(dotted, dotted, (dotted, *(f"{dotted}.{name}" for name in names))))
    found.append(Section("models", "models of the papers", MODELS))
    return sorted(found, key=lambda section: ("claims", "models", "circuits", "reductions").index(_top(section)))


def _top(section: Section) -> str:
    return section.name.partition(".")[0]


def pages() -> dict[str, str]:
    """The sources of the reference, by path in the book."""
    listed = sections()
    return {"api/index.md": _index(listed)} | {f"api/{section.name}.md": _page(section) for section in listed}


def _index(listed: list[Section]) -> str:
    entries = "\n".join(section.name for section in listed)
    return f"""# API reference

What each module offers, from its docstrings. [source] leads to the line of the code.

```{{toctree}}
:maxdepth: 1

{entries}
```
"""


def _page(section: Section) -> str:
    package, *rest = section.modules
    if section.name == "models":
        package, rest = "", [package, *rest]
    title = f"`{section.title}`" if package else section.title.capitalize()
    text = f"# {title}\n\n" + (_module(package) + _exports(package) if package else "")
    return text + "".join(f"## `{module}`\n\n{_module(module)}" for module in rest)


def _module(module: str) -> str:
    """A module's docstring and its public members. What a package only re-exports stands where it is defined."""
    folder = REPOSITORY / module.replace(".", "/")
    names = public_names(module)
    twins = [name for name in names if (folder / f"{name}.py").exists()]
    lines = [f".. automodule:: {module}"]
    # Named, they need not be told from what is imported: autodoc would read the sources of torch and numpy for that.
    if members := [name for name in names if name not in twins]:
        lines.append(f"   :members: {', '.join(members)}")
    lines += [line for name in twins for line in _twin(module, name)]
    return "\n".join(["```{eval-rst}", *lines, "```", "", ""])


def _twin(package: str, name: str) -> list[str]:
    """A function of a package that has a module's name. Sphinx knows one object a name: the module is in its index."""
    function = getattr(import_module(package), name)
    shown = stringify_signature(signature(function), unqualified_typehints=True)
    about = docstrings.restructured((getdoc(function) or "").splitlines())
    head = ["", f".. py:function:: {package}.{name}{shown}", "   :no-index:", ""]
    return [*head, *(f"   {line}" for line in about)]


def _exports(package: str) -> str:
    """What one can import from a package, linked to where it is defined."""
    names = getattr(import_module(package), "__all__", [])
    homes = [(name, locate(f"{package}.{name}").dotted) for name in names]
    links = ", ".join(f"{{py:obj}}`{name} <{home}>`" for name, home in homes)
    return f"`from {package} import` gives: {links}.\n\n" if links else ""
