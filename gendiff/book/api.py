"""A listing of the library made from its sources: names, signatures, first sentences.

It reads the files and imports nothing, so it costs a second and needs no device. The
whole of a docstring is one `help(...)` away; the page is for finding the name.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

Function = ast.FunctionDef | ast.AsyncFunctionDef


def listing(root: Path) -> str:
    """Return the public modules of the library as Markdown."""
    package = root / "gendiff"
    return "\n".join(
        text
        for path in sorted(package.rglob("*.py"))
        if path.relative_to(package).parts[0] != "book"
        for text in module(path, root)
    )


def module(path: Path, root: Path) -> Iterator[str]:
    """Yield a module's section, if the module has anything public."""
    tree = ast.parse(path.read_text("utf-8"))
    members = [text for node in tree.body for text in member(node)]
    name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(
        ".__init__"
    )
    if members:
        yield f"## `{name}`\n\n{prose(opening(ast.get_docstring(tree)))}\n"
        yield from members


def member(node: ast.stmt) -> Iterator[str]:
    """Yield a public function or class, with its public methods."""
    if isinstance(node, Function) and public(node.name):
        yield entry(f"{node.name}{signature(node.args)}", ast.get_docstring(node))
    elif isinstance(node, ast.ClassDef) and public(node.name):
        yield entry(f"{node.name}({', '.join(fields(node))})", ast.get_docstring(node))
        for inner in node.body:
            if isinstance(inner, Function) and public(inner.name):
                yield entry(
                    f"{node.name}.{inner.name}{signature(inner.args)}",
                    ast.get_docstring(inner),
                )


def public(name: str) -> bool:
    """Tell whether a name is meant for users."""
    return not name.startswith("_")


def signature(arguments: ast.arguments) -> str:
    """Return a signature without annotations: names, defaults, and how to pass them."""
    bare = ast.parse(f"lambda {ast.unparse(plain(arguments))}: 0", mode="eval").body
    names = ast.unparse(cast("ast.Lambda", bare).args)
    return f"({re.sub(r'^(self|cls)(, /)?(, )?', '', names)})"


def plain(arguments: ast.arguments) -> ast.arguments:
    """Return arguments without their annotations."""
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    for argument in [*every, arguments.vararg, arguments.kwarg]:
        if argument is not None:
            argument.annotation = None
    return arguments


def fields(node: ast.ClassDef) -> Iterator[str]:
    """Yield what constructs a class: the fields of a dataclass, or its `__init__`."""
    for inner in node.body:
        if isinstance(inner, ast.FunctionDef) and inner.name == "__init__":
            yield signature(inner.args)[1:-1]
        elif isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name):
            value = inner.value
            if public(inner.target.id) and "ClassVar" not in ast.unparse(
                inner.annotation
            ):
                yield inner.target.id + (f"={ast.unparse(value)}" if value else "")


def entry(name: str, docstring: str | None) -> str:
    """Return one entry of the listing."""
    return f"`{name}`\n: {prose(sentence(docstring))}\n"


def opening(docstring: str | None) -> str:
    """Return a docstring's first paragraph, in one line."""
    return " ".join((docstring or "").split("\n\n")[0].split())


def sentence(docstring: str | None) -> str:
    """Return a docstring's first line."""
    return opening(docstring) or "Not described."


def prose(text: str) -> str:
    """Return a docstring's text as Markdown that means the same."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(
        part if part.startswith("`") else re.sub(r"([\\*_$<>\[\]|{}])", r"\\\1", part)
        for part in parts
    )
