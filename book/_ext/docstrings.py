"""Sphinx extension: docstrings and signatures in the house style.

In a docstring a paragraph that is indented is a formula, and under `References:` each
line is a reference. In a signature a function is told by its name, and a shape stands
in double quotes, as in the sources.
"""

import inspect
import re
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from docutils import nodes
from sphinx.addnodes import (
    desc_content,
    desc_sig_literal_string,
    desc_signature,
    pending_xref,
)
from sphinx.application import Sphinx
from sphinx.util.inspect import DefaultValue

ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})")
LINES = re.compile(r"<dl>\n((?:<dd>.*</dd>\n)+)</dl>")
LONGEST = 70
"""Characters of a constant's value that are shown."""


def prepare(
    app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]
) -> None:
    """Mark formulas and references, before napoleon reads the other sections."""
    del app, name, value, options
    told, lines[:] = lines[:], []
    if what in {"attribute", "data", "property"}:
        lines += ["..", ""]  # else napoleon takes what stands before a colon for a type
    outer = before = ""
    for line in told:
        outer = line if line and not line.startswith(" ") else outer
        if outer == "References:" and line:
            lines.append(reference(line))
        else:
            if line.startswith("    ") and before == outer and not opens(before, lines):
                lines += [".. code-block:: text", ""]
            lines.append(line)
        before = line or before


def opens(before: str, lines: list[str]) -> bool:
    """Tell whether an indented line belongs to the line before it."""
    return bool(lines[-1]) or before.endswith("::")


def reference(line: str) -> str:
    """Return a line of the section of references as part of a list in a field."""
    if not line.startswith(" "):
        return f":{line}"
    bullet = "  " if line.startswith("     ") else "- "
    linked = ARXIV.sub(r"`\g<0> <https://arxiv.org/abs/\1>`__", line[4:])
    return f"    {bullet}{linked}"


def leave_out(
    app: Sphinx, what: str, name: str, value: object, *more: object
) -> bool | None:
    """Leave out a function that is the default of a field: its name is another's."""
    del app, more
    if what == "class" and getattr(value, "__name__", name) != name:
        return True
    return None


def name_defaults(app: Sphinx, function: Callable[..., Any], *more: object) -> None:
    """Let a function that is a default be shown by its name, not with its address."""
    del app, more
    if not inspect.isfunction(function):
        return
    found = inspect.signature(function)
    parameters = [
        each.replace(default=DefaultValue(each.default.__name__))
        if inspect.isroutine(each.default)
        else each
        for each in found.parameters.values()
    ]
    function.__signature__ = found.replace(parameters=parameters)  # type: ignore[attr-defined]


def finish(app: Sphinx, domain: str, kind: str, content: desc_content) -> None:
    """Quote shapes as the sources do, and leave out values too long to be read."""
    del app, domain
    for signature in content.parent.findall(desc_signature):
        for shape in signature.findall(desc_sig_literal_string):
            shape[:] = [nodes.Text(shape.astext().replace("'", '"'))]
        if kind in {"attribute", "data"} and len(signature[-1].astext()) > LONGEST:
            signature.pop()


def is_apart(app: Sphinx, domain: object, node: pending_xref) -> bool | None:
    """Accept that a type has no description: a type variable, or what is private."""
    del app, domain
    if node["refdomain"] != "py":
        return None
    module, _, name = node["reftarget"].rpartition(".")
    value = getattr(sys.modules.get(module), name, None)
    return True if name.startswith("_") or isinstance(value, TypeVar) else None


def mend(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: object
) -> None:
    """Make the lines of a signature no list of definitions, which lack their words."""
    del app, page, template, tree
    if "body" in context:
        context["body"] = LINES.sub(plain, context["body"])


def plain(found: re.Match[str]) -> str:
    """Return the lines of a signature as what they are."""
    lines = found[1].replace("<dd>", "<div>").replace("</dd>", "</div>")
    return f'<div class="sig-lines">\n{lines}</div>'


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the extension."""
    app.connect("autodoc-process-docstring", prepare, priority=400)
    app.connect("autodoc-skip-member", leave_out)
    app.connect("autodoc-before-process-signature", name_defaults)
    app.connect("object-description-transform", finish)
    app.connect("html-page-context", mend)
    app.connect("warn-missing-reference", is_apart)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
