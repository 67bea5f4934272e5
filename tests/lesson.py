"""What can be counted in the text of a page: names, lines, words."""

import ast
import builtins
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from nbformat import NotebookNode

from gendiff.book import prose
from gendiff.book.notebooks import code, tags
from gendiff.book.sources import plain


def bound(source: str) -> Iterator[str]:
    """Yield the names that the top level of a cell binds, as often as it does."""
    yield from _bound(ast.parse(plain(source)).body)


def _bound(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        match node:
            case ast.FunctionDef() | ast.ClassDef() | ast.AsyncFunctionDef():
                yield node.name
            case ast.Import() | ast.ImportFrom():
                yield from (a.asname or a.name.split(".")[0] for a in node.names)
            case _:
                yield from _stored(node)
                for part in ("body", "orelse", "finalbody"):
                    yield from _bound(getattr(node, part, []))


def _stored(node: ast.stmt) -> Iterator[str]:
    """Yield the names that one statement stores, without those inside its blocks."""
    heads: list[ast.AST] = [
        child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)
    ]
    scopes = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.Lambda
    while heads:
        head = heads.pop()
        if isinstance(head, scopes):
            continue
        if isinstance(head, ast.Name) and isinstance(head.ctx, ast.Store):
            yield head.id
        heads += ast.iter_child_nodes(head)


def used(expression: str) -> set[str]:
    """Return the names that an expression takes from the page."""
    tree = ast.parse(expression, mode="eval")
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    inner = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return {node.id for node in names} - inner


def rebound(notebook: NotebookNode) -> list[str]:
    """Return the names that the prose uses and the cells bind more than once."""
    times = Counter(name for cell in code(notebook) for name in bound(cell.source))
    names = {name for each in prose.asked(notebook) for name in used(each)}
    return sorted(name for name in names if times[name] > 1)


CHANGING = {
    *("append", "extend", "insert", "pop", "popitem", "remove", "clear", "sort"),
    *("update", "setdefault", "add", "discard", "reverse"),
}
"""Methods of lists, dicts and sets that change them."""


def changed(source: str) -> Iterator[str]:
    """Yield the names whose values the top level of a cell changes in place."""
    nodes: list[ast.AST] = [ast.parse(plain(source))]
    while nodes:
        match node := nodes.pop():
            case ast.FunctionDef() | ast.ClassDef() | ast.Lambda():
                continue
            case ast.Subscript(ctx=ast.Store() | ast.Del()):
                yield from _root(node)
            case ast.Attribute(ctx=ast.Store() | ast.Del()):
                yield from _root(node)
            case ast.AugAssign():
                yield from _root(node.target)
            case ast.Call(func=ast.Attribute(attr=attr)) if attr in CHANGING:
                yield from _root(node.func)
            case _:
                pass
        nodes += ast.iter_child_nodes(node)


def _root(node: ast.AST) -> Iterator[str]:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def unsteady(notebook: NotebookNode) -> list[str]:
    """Return the names that a paragraph uses and a cell below it changes in place.

    JupyterLab shows what they were, the site what they are in the end.
    """
    above: set[str] = set()
    late: list[str] = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            late += sorted(above.intersection(changed(cell.source)))
        else:
            asked = prose.expressions(cell.source)
            above.update(name for each in asked for name in used(each))
    return late


def ahead(notebook: NotebookNode) -> list[str]:
    """Return the names that a paragraph uses and only cells below it bind."""
    above: set[str] = set(dir(builtins))
    early: list[str] = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            above.update(bound(cell.source))
        else:
            asked = prose.expressions(cell.source)
            early += sorted({name for each in asked for name in used(each)} - above)
    return early


@dataclass(frozen=True)
class Counts:
    """The size of a page."""

    lines: int
    visible: int
    """Lines of code that stand open, without blank ones."""
    folded: int
    longest: int
    """Lines of the longest open cell."""
    words: int


def counts(text: str, notebook: NotebookNode) -> Counts:
    """Count the lines and words of a page."""
    open_, folded = [], []
    for cell in code(notebook):
        if prose.evaluates(cell) or "parameters" in tags(cell):
            continue
        hidden = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        lines = [line for line in cell.source.splitlines() if line.strip()]
        (folded if hidden else open_).append(len(lines))
    told = "\n".join(
        line
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for line, literal in prose.lines(cell.source)
        if not literal
    )
    words = len(re.findall(r"\w+", re.sub(r"(?s)<!--.*?-->", "", told)))
    return Counts(
        lines=text.count("\n"),
        visible=sum(open_),
        folded=sum(folded),
        longest=max(open_, default=0),
        words=words,
    )
