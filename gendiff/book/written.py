"""Code as it was written: where, by whom, and what it names."""

import ast
import dis
import inspect
import linecache
import pathlib
import sys
import textwrap
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from gendiff.book import sources


def methods_of(member: Any) -> list[FunctionType]:  # noqa: ANN401
    """Return the functions behind an attribute of a class."""
    parts = [
        member,
        *(getattr(member, name, None) for name in ("fget", "fset", "fdel")),
    ]
    parts += [getattr(member, name, None) for name in ("__func__", "func")]
    return [part for part in parts if isinstance(part, FunctionType)]


def file_of(kind: type) -> str:
    """Return the file of a class's module; a notebook has none."""
    if kind.__module__ == "__main__":  # whose file may be the one that started it all
        return ""
    return str(getattr(sys.modules.get(kind.__module__), "__file__", None) or "")


def place(function: FunctionType) -> str:
    """Return whose a function is."""
    return home(function.__code__.co_filename, function.__module__)


def checks(function: FunctionType) -> bool:
    """Tell whether a wrapper only checks types, as the tests do."""
    file = function.__code__.co_filename
    if not hasattr(function, "__wrapped__"):
        return False
    return file.startswith("<@beartype") or "jaxtyping" in pathlib.Path(file).parts


def home(file: str, module: str | None) -> str:
    """Return whose some code is: the library's, an installed package's, or ours."""
    path = pathlib.Path(file)
    top = (module or "").partition(".")[0]
    installed = {"site-packages", "dist-packages"}.intersection(path.parts)
    if sources.PACKAGE in path.parents or (
        top == sources.PACKAGE.name and not installed
    ):
        return "library"
    standard = pathlib.Path(inspect.__file__).parent
    foreign = standard in path.parents or file.startswith("<frozen")
    if installed or foreign or top == "builtins":
        return "package"
    return "here"


def names(code: CodeType) -> tuple[set[str], set[str]]:
    """Return the globals and the attributes that some code names, inner code too."""
    named: set[str] = set()
    attributes: set[str] = set()
    for inner in codes(code):
        for step in dis.get_instructions(inner):
            if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                named.add(str(step.argval))
            elif step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
                attributes.add(str(step.argval))
    return named, attributes


def codes(code: CodeType) -> Iterator[CodeType]:
    """Yield some code and the code inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


def source(function: FunctionType) -> str:
    """Return the source of a function, not of what it wraps.

    Raises:
        ValueError: If it is not at hand.
    """
    try:
        return inspect.getsource(function.__code__)
    except OSError as error:
        raise ValueError(
            f"the source of {function.__qualname__} is not at hand, so a change to it "
            "would go unseen; define it in a cell or a file"
        ) from error


def class_source(kind: type, method: FunctionType) -> str:
    """Return a class's source; notebooks have no file that `inspect` could open."""
    try:
        return inspect.getsource(kind)
    except (OSError, TypeError):
        lines = linecache.getlines(method.__code__.co_filename)
        for node in ast.walk(ast.parse("".join(lines) or "pass")):
            if isinstance(node, ast.ClassDef) and node.name == kind.__name__:
                return ast.unparse(node)
    return source(method)


def normal(source: str) -> str:
    """Return code without comments, docstrings and layout."""
    try:
        tree = ast.parse(textwrap.dedent(source))
    except SyntaxError:  # a lambda in the middle of an expression
        return source
    for node in ast.walk(tree):
        match node:
            case ast.Module() | ast.ClassDef() | ast.FunctionDef():
                # A text that stands alone says something to readers only, be it the
                # first statement or, behind a constant, what that means.
                node.body = [each for each in node.body if not _text(each)]
                if not node.body and not isinstance(node, ast.Module):
                    node.body.append(ast.Pass())
            case _:
                pass
    return ast.unparse(tree)


def _text(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
        case _:
            return False
