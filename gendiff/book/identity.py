"""What a function's result can depend on, as one hash.

`identity` walks from a function to all that it reaches: its source (without comments
and docstrings), defaults and closure, the globals that it names, the functions and
classes of the notebook among them with all that *they* reach, and for names of the
library the sources of their modules with everything those import. Two functions with
equal identities, called with equal arguments, return equal results. What has no
identity that could be written down (an open file, a generator in mid-stream) is
refused.
"""

import ast
import builtins
import dataclasses
import dis
import functools
import hashlib
import inspect
import linecache
import pathlib
import sys
import textwrap
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gendiff.book import sources

PLAIN = (
    type(None),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    np.generic,
    torch.dtype,
    torch.device,
    pathlib.PurePath,
)
ARRAYS = (Tensor, np.ndarray, torch.Generator, np.random.Generator)
CONTAINERS = (list, tuple, set, frozenset, SimpleNamespace, Mapping)


def identity(*values: Any) -> str:  # noqa: ANN401
    """Return a hash of values, functions among them.

    Raises:
        ValueError: If a value cannot be identified; the message names it.
    """
    walk = _Walk()
    for value in values:
        walk.visit(value, "argument")
    return walk.digest.hexdigest()


class _Walk:
    """One traversal; remembers what it has met, so that recursion ends."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.met: set[int] = set()
        self.kept: list[Any] = []

    def write(self, *words: object) -> None:
        """Enter words, each with its length: no two lists of words look the same."""
        for word in words:
            code = word if isinstance(word, bytes) else str(word).encode()
            self.digest.update(f"{len(code)}:".encode() + code)

    def visit(self, value: Any, name: str) -> None:  # noqa: ANN401
        """Enter a value that the code knows as `name`."""
        if isinstance(value, PLAIN):
            self.write(type(value).__name__, repr(value))
        elif isinstance(value, ARRAYS):
            self._array(value, name)
        elif id(value) in self.met:
            self.write("again", name)
        else:
            self.met.add(id(value))
            self.kept.append(value)  # alive, so that its id stays its own
            if isinstance(value, CONTAINERS):
                self._container(value, name)
            else:
                self._code(value, name)

    def _array(self, value: Any, name: str) -> None:  # noqa: ANN401
        match value:
            case torch.Generator() | np.random.Generator():
                raise _refusal(name, value, "draw inside, from run.generator(purpose)")
            case Tensor():
                plain = value.detach().cpu().contiguous()
                self.write("tensor", value.dtype, tuple(value.shape))
                self.write(plain.flatten().view(torch.uint8).numpy().tobytes())
            case _ if value.dtype.hasobject:
                raise _refusal(name, value, "give it a numeric type")
            case _:
                self.write("array", value.dtype, value.shape, value.tobytes())

    def _container(self, value: Any, name: str) -> None:  # noqa: ANN401
        match value:
            case list() | tuple():
                self.write(type(value).__name__, len(value))
                for item in value:
                    self.visit(item, name)
            case set() | frozenset():
                self.write("set", *sorted(identity(item) for item in value))
            case SimpleNamespace():
                self.visit(vars(value), name)
            case _:
                self.write("mapping", len(value))
                for key in sorted(value, key=repr):
                    self.visit(key, name)
                    self.visit(value[key], f"{name}[{key!r}]")

    def _code(self, value: Any, name: str) -> None:  # noqa: ANN401
        match value:
            case functools.partial():
                self.write("partial")
                self.visit([value.func, value.args, value.keywords], name)
            case MethodType():
                self.write("method")
                self.visit([value.__self__, value.__func__], name)
            case ModuleType():
                self.module(value.__name__)
            case FunctionType() | type():
                self._definition(value)
            case _ if hasattr(type(value), "__identity__"):
                self.visit(value.__identity__(), name)
            case nn.Module():
                self._network(value, name)
            case _ if dataclasses.is_dataclass(value):
                self.write("dataclass")
                self.visit(type(value), name)
                for field in dataclasses.fields(value):
                    self.visit(getattr(value, field.name), f"{name}.{field.name}")
            case _ if callable(value) and hasattr(value, "__qualname__"):
                self.write("callable", value.__module__, value.__qualname__)
            case _:
                raise _refusal(name, value, "pass numbers, text, tensors or functions")

    def _network(self, value: nn.Module, name: str) -> None:
        """Enter a network: its class, weights and plain attributes."""
        self.write("network")
        self.visit(type(value), name)
        own = {
            key: part
            for key, part in vars(value).items()
            if not key.startswith("_") and key != "training"
        }
        self.visit(own, name)
        self.visit(dict(value.named_children()), name)
        self.visit(dict(value.state_dict()), name)

    def _definition(self, value: FunctionType | type) -> None:
        if (value.__module__ or "").partition(".")[0] == sources.PACKAGE.name:
            self.write("name", value.__qualname__)
            self.module(value.__module__)
            if isinstance(value, FunctionType):
                self._held(value)
        elif isinstance(value, FunctionType):
            self.function(value)
        else:
            self.type(value)

    def module(self, name: str) -> None:
        """Enter a module: its sources if it is the library's, else its name."""
        self.write("module", name)
        if name.partition(".")[0] == sources.PACKAGE.name:
            reached = sources.library([f"import {name}"], sources.PACKAGE)
            for found, path in sorted(reached.items()):
                self.write(found, sources.digest(path))

    def function(self, function: FunctionType) -> None:
        """Enter a function written in a notebook, a test or another package."""
        if not _written_here(function):
            self.write("function", function.__module__, function.__qualname__)
            self._held(function)
            return
        self.write("function", _normal(_source(function)))
        self._held(function)
        names, attributes = _names(function.__code__)
        for name in sorted(names):
            if name in function.__globals__:
                self.write("global", name)
                self.visit(function.__globals__[name], name)
                self._inside(function.__globals__[name], attributes)
            elif not hasattr(builtins, name):
                self.write("unbound", name)

    def _held(self, function: FunctionType) -> None:
        """Enter what a function holds besides its code: defaults, and its closure.

        `edm_weight(0.5)` and `edm_weight(0.1)` would have one source and one name.
        """
        function = inspect.unwrap(function)
        self.visit(function.__defaults__, function.__name__)
        self.visit(function.__kwdefaults__, function.__name__)
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        ):
            self.visit(cell.cell_contents, name)

    def _inside(self, value: Any, attributes: set[str]) -> None:  # noqa: ANN401
        """Enter modules that are reached through a package: `gendiff.solvers.euler`."""
        if not isinstance(value, ModuleType):
            return
        for attribute in sorted(attributes):
            inner = sys.modules.get(f"{value.__name__}.{attribute}")
            if inner is not None and getattr(value, attribute, None) is inner:
                self.visit(inner, inner.__name__)
                self._inside(inner, attributes)

    def type(self, kind: type) -> None:
        """Enter a class: its source and what its methods reach, or its name."""
        methods = [
            inner
            for member in vars(kind).values()
            if isinstance(inner := inspect.unwrap(_bare(member)), FunctionType)
        ]
        written = [method for method in methods if _written_here(method)]
        self.write("class", kind.__module__, kind.__qualname__)
        if not written or kind.__module__ == "builtins":
            return
        self.write(_normal(_class_source(kind, written[0])))
        for base in kind.__bases__:
            self.visit(base, kind.__name__)
        for method in written:
            if method.__code__.co_filename != "<string>":
                self.visit(method, method.__name__)


def _bare(member: Any) -> Any:  # noqa: ANN401
    if isinstance(member, property):
        return member.fget
    return getattr(member, "__func__", member)


def _written_here(function: FunctionType) -> bool:
    """Return whether a function is the reader's and not an installed package's."""
    folders = {"site-packages", "dist-packages"}
    path = pathlib.Path(function.__code__.co_filename)
    library = pathlib.Path(inspect.__file__).parent
    return (
        not folders.intersection(path.parts)
        and path.parent != library
        and not (str(path).startswith("<frozen"))
    )


def _names(code: CodeType) -> tuple[set[str], set[str]]:
    """Return the globals and the attributes that some code names, inner code too."""
    names: set[str] = set()
    attributes: set[str] = set()
    for inner in _codes(code):
        for step in dis.get_instructions(inner):
            if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                names.add(str(step.argval))
            elif step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
                attributes.add(str(step.argval))
    return names, attributes


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _source(function: FunctionType) -> str:
    try:
        return inspect.getsource(function)
    except OSError as error:
        raise ValueError(
            f"the source of {function.__qualname__} is not at hand, so a change to it "
            "would go unseen; define it in a cell or a file"
        ) from error


def _class_source(kind: type, method: FunctionType) -> str:
    """Return a class's source; notebooks have no file that `inspect` could open."""
    try:
        return inspect.getsource(kind)
    except (OSError, TypeError):
        lines = linecache.getlines(method.__code__.co_filename)
        for node in ast.walk(ast.parse("".join(lines) or "pass")):
            if isinstance(node, ast.ClassDef) and node.name == kind.__name__:
                return ast.unparse(node)
    return _source(method)


def _normal(source: str) -> str:
    """Return code without comments, docstrings and layout."""
    try:
        tree = ast.parse(textwrap.dedent(source))
    except SyntaxError:  # a lambda in the middle of an expression
        return source
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            node.body[0] = ast.Pass()
    return ast.unparse(tree)


def _refusal(name: str, value: Any, remedy: str) -> ValueError:  # noqa: ANN401
    return ValueError(
        f"{name} is a {type(value).__name__}, which cannot enter a memo's key; {remedy}"
    )
