"""Sphinx extension: the pages of the library, which autodoc fills from the sources.

`<!-- library: gendiff.exact -->` on a page becomes that package with the modules that
lie in it and in no smaller package, and `<!-- library -->` a table of everything, so
that a new module is on the site as soon as it is there. A name can be written as one
imports it: `gendiff.exact.Gaussian` leads to where it is defined.
"""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

from docutils.nodes import Element
from sphinx.addnodes import pending_xref, toctree
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.domains.python import PythonDomain
from sphinx.environment import BuildEnvironment

import gendiff

SOURCES = Path(gendiff.__file__).parents[1]
LIBRARY = "gendiff"
APART = "gendiff.book"
"""The pipeline of this book is no part of the library."""
MARKER = re.compile(r"<!-- library(?:: (\S+))? -->")


def packages() -> list[str]:
    """Return the library and the packages in it, at any depth."""
    inits = sorted((SOURCES / LIBRARY).rglob("__init__.py"))
    names = (".".join(path.parent.relative_to(SOURCES).parts) for path in inits)
    return [name for name in names if name != APART]


def modules(package: str) -> list[str]:
    """Return a package and the public modules that lie in it and in no smaller one."""
    files = SOURCES.joinpath(*package.split(".")).glob("*.py")
    paths = (path.relative_to(SOURCES).with_suffix("").parts for path in files)
    names = (".".join(parts).removesuffix(".__init__") for parts in paths)
    return sorted(name for name in names if "._" not in name)


def page(package: str) -> str:
    """Return a package and its modules, a section each, as Markdown."""
    head, *rest = modules(package)
    parts = [directive(f"automodule:: {head}")]
    for name in rest:
        title = f"## {name.removeprefix(f'{LIBRARY}.')}"
        parts += [title, directive(f"automodule:: {name}")]
    return "\n\n".join(parts)


def table(package: str) -> str:
    """Return a table of a package's modules with their first sentences."""
    head, *rest = modules(package)
    return directive("autosummary::", "", head, *(f"~{name}" for name in rest))


def directive(opening: str, *lines: str) -> str:
    """Return a directive of reStructuredText inside Markdown."""
    body = [f"   {line}" for line in lines]
    return "\n".join(["```{eval-rst}", f".. {opening}", *body, "```"])


def filled(text: str) -> str:
    """Return a page with what its markers stand for."""
    overview = "\n\n".join(map(table, packages()))
    return MARKER.sub(lambda found: page(found[1]) if found[1] else overview, text)


def fill(app: Sphinx, docname: str, source: list[str]) -> None:
    """Fill in a page as Sphinx reads it."""
    del app, docname
    source[0] = filled(source[0])


def outdated(app: Sphinx, env: BuildEnvironment, *changes: set[str]) -> list[str]:
    """Return the pages that hold other modules than before.

    That a module has changed Sphinx finds by itself.
    """
    del app, changes
    texts = {n: Path(env.doc2path(n)).read_text("utf-8") for n in env.found_docs}
    now = {n: filled(text) for n, text in texts.items() if MARKER.search(text)}
    before: dict[str, str] = getattr(env, "library_pages", {})
    env.library_pages = now  # type: ignore[attr-defined]
    return [name for name in now if before.get(name) != now[name]]


class Python(PythonDomain):
    """Names of Python, of which Markdown's `[words](#target)` finds whole ones only.

    Else a label such as `guidance` would be taken for `gendiff.guidance` as well.
    """

    def resolve_any_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: pending_xref,
        contnode: Element,
    ) -> list[tuple[str, Element]]:
        """Return what a target names."""
        if target not in self.objects:
            return []
        return super().resolve_any_xref(
            env, fromdocname, builder, target, node, contnode
        )


def hand_on(app: Sphinx, env: BuildEnvironment) -> None:
    """Let a name be found where a package hands it on, not only where it is made."""
    del app
    objects = env.get_domain("py").data["objects"]
    for package in packages():
        face = vars(import_module(package))
        for module in modules(package)[1:]:
            for name, value in vars(import_module(module)).items():
                entry = objects.get(f"{module}.{name}")
                if entry and face.get(name) is value:
                    alias = entry._replace(aliased=True)
                    objects.setdefault(f"{package}.{name}", alias)


def lighten(app: Sphinx) -> tuple[()]:
    """Forget what stands on each page, before the sources are written.

    Their sidebar names pages only, and Sphinx would copy the rest for each of them.
    """
    for contents in app.env.tocs.values():
        for part in contents[0][1:]:
            part[:] = [node for node in part if isinstance(node, toctree)]
    return ()


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the extension."""
    app.add_domain(Python, override=True)
    app.connect("source-read", fill)
    app.connect("env-get-outdated", outdated)
    app.connect("env-updated", hand_on)
    app.connect("html-collect-pages", lighten)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
