"""What of the library a page shows, words and all. Read from sources, never imported.

`run.source(Contrast.__call__)` puts a piece of the library's text onto the page. So
this text is part of what the execution depends on, though it is blind to what other
docstrings and comments say.
"""

import ast
import inspect
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from gendiff.book.sources import PACKAGE, locate, plain

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Piece = tuple[str, str]
"""A module, and a part of its text."""


def shown(cells: Iterable[str], package: Path = PACKAGE) -> list[Piece] | None:
    """Return the pieces of the package that cells show.

    None if that can't be told: something else than `run.source(a)` and
    `run.source(a.b)` is done with what is called `source`, or a name leads to no
    definition, as that of an inherited method.
    """
    try:
        tree = ast.parse(plain("\n".join(cells)))
    except SyntaxError:
        return None
    names = bound(tree, "")
    uses, paths = 0, list[list[str]]()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="source"), args=[thing], keywords=[]):
                paths.append(dotted(thing))
            case ast.Attribute(attr="source"):
                uses += 1
            case _:
                pass
    pieces: list[Piece] = []
    for root, *rest in filter(None, paths):
        module, *inner = names.get(root) or [""]
        found = defined(module, [*inner, *rest], package)
        uses -= bool(found)
        pieces += found
    return None if uses else sorted(set(pieces))


def dotted(node: ast.expr) -> list[str]:
    """Return the parts of a name such as `a.b.c`, none of another expression."""
    match node:
        case ast.Name(id=name):
            return [name]
        case ast.Attribute(value=value, attr=name):
            before = dotted(value)
            return [*before, name] if before else []
        case _:
            return []


def bound(tree: ast.Module, inside: str) -> dict[str, list[str] | None]:
    """Return by name what is imported: a module, and what of it; None if unclear."""
    found: dict[str, list[str] | None] = {}

    def bind(name: str, origin: list[str] | None) -> None:
        found[name] = origin if found.get(name, origin) == origin else None

    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for each in names:
                    top = each.name.partition(".")[0]
                    bind(each.asname or top, [each.name if each.asname else top])
            case ast.ImportFrom(module=module, names=names, level=level):
                parts = inside.split(".")
                above = parts[: len(parts) - level + 1] if level else []
                base = ".".join([*above, *([module] if module else [])])
                for each in names:
                    bind(each.asname or each.name, [base, each.name])
            case ast.Name(id=name, ctx=ast.Store()) | ast.FunctionDef(name=name):
                bind(name, None)
            case _:
                pass
    return found


def defined(module: str, path: Sequence[str], package: Path) -> list[Piece]:
    """Return the pieces that a name in a module leads to, through its imports.

    A property has several, one for each of its methods.
    """
    file = locate(module, package) if module else None
    if file is None or not path:
        return []
    inside = module if file.name == "__init__.py" else module.rpartition(".")[0]
    text, tree, names = _read(file, file.stat().st_mtime_ns, inside)
    first, *rest = path
    here: list[Definition] = within(tree, first)
    if not here and first in names:
        other, *inner = names[first] or [""]
        return defined(other, [*inner, *rest], package)
    if not here:
        return defined(f"{module}.{first}", rest, package)
    for name in rest:
        here = [inner for each in here for inner in within(each, name)]
    return [(module, piece(each, text)) for each in here]


@cache
def _read(
    file: Path, changed: int, inside: str
) -> tuple[str, ast.Module, dict[str, list[str] | None]]:
    """Return the text of a module, its tree and what it binds, anew when it changed."""
    del changed
    text = file.read_text("utf-8")
    tree = ast.parse(text)
    return text, tree, bound(tree, inside)


def within(node: ast.Module | Definition, name: str) -> list[Definition]:
    """Return what a module or a class defines under a name."""
    body = [] if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else node.body
    return [n for n in body if isinstance(n, Definition) and n.name == name]


def piece(node: Definition, text: str) -> str:
    """Return the text of a definition, as `inspect` cuts it out."""
    first = min(each.lineno for each in (node, *node.decorator_list))
    rest = text.splitlines(keepends=True)[first - 1 :]
    return "".join(inspect.getblock(rest))
