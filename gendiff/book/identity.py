"""What a function's result can depend on, as one hash.

`identity` walks from a function to all that it reaches: its source (without comments
and docstrings), defaults and closure, the globals that it names, the functions and
classes of the notebook among them with all that *they* reach, and for names of the
library the code of their modules with everything those import: again without comments
and docstrings, so a better sentence trains nothing anew. Two functions with
equal identities, called with equal arguments, return equal results. What has no
identity that could be written down (an open file, a generator in mid-stream) is
refused.
"""

import builtins
import dataclasses
import enum
import functools
import hashlib
import inspect
import pathlib
import sys
from collections.abc import Mapping
from types import (
    BuiltinMethodType,
    FunctionType,
    MethodType,
    ModuleType,
    SimpleNamespace,
)
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gendiff.book import sources, written

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
OWN = frozenset(vars(nn.Module())) - {"training"}
"""What every network has: parameters, buffers, parts and hooks are entered by kind."""
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks")


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
        self.met: dict[int, int] = {}
        self.open: set[int] = set()
        self.kept: list[Any] = []

    def write(self, *words: object) -> None:
        """Enter words, each with its length: no two lists of words look the same."""
        for word in words:
            code = word if isinstance(word, bytes) else str(word).encode()
            self.digest.update(f"{len(code)}:".encode() + code)

    def visit(self, value: Any, name: str) -> None:  # noqa: ANN401
        """Enter a value that the code knows as `name`."""
        while isinstance(value, FunctionType) and written.checks(value):
            value = getattr(value, "__wrapped__")  # noqa: B009
        if isinstance(value, PLAIN):
            self.write(type(value).__name__, repr(value))
        elif isinstance(value, ARRAYS):
            self._array(value, name)
        elif isinstance(value, CONTAINERS):
            # By content each time: two equal tuples may be one object, or not.
            if id(value) in self.open:
                self.write("within itself", name)
                return
            self.open.add(id(value))
            self._container(value, name)
            self.open.discard(id(value))
        elif id(value) in self.met:
            self.write("again", self.met[id(value)])
        else:
            self.met[id(value)] = len(self.met)
            self.kept.append(value)  # alive, so that its id stays its own
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
                for key in value:  # in its order, on which a result may depend
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
            case FunctionType():
                self.function(value)
            case type():
                self.type(value)
            case BuiltinMethodType() if not isinstance(
                value.__self__, ModuleType | type(None)
            ):
                self.write("method", value.__name__)
                self.visit(value.__self__, name)
            case _ if callable(value) and hasattr(value, "__wrapped__"):
                self.write("wrapper", type(value).__qualname__)  # functools.cache
                self.visit(getattr(value, "__wrapped__"), name)  # noqa: B009
            case _:
                self._object(value, name)

    def _object(self, value: Any, name: str) -> None:  # noqa: ANN401
        match value:
            case enum.Enum():
                self.write("member", value.name)
                self.visit([type(value), value.value], name)
            case _ if hasattr(type(value), "__identity__"):
                self.visit(value.__identity__(), name)
            case nn.Module():
                self._network(value, name)
            case _ if dataclasses.is_dataclass(value):
                self.write("dataclass")
                self.visit(type(value), name)
                for field in dataclasses.fields(value):
                    self.visit(getattr(value, field.name), f"{name}.{field.name}")
            case _ if type(value) is object:  # a mark for "not given": it holds nothing
                self.write("sentinel", name)
            case _ if callable(value) and hasattr(value, "__qualname__"):
                self.write("callable", value.__module__, value.__qualname__)
            case _:
                raise _refusal(name, value, "pass numbers, text, tensors or functions")

    def _network(self, value: nn.Module, name: str) -> None:
        """Enter a network: its class, weights, buffers, parts and plain attributes.

        Parts are entered by place, since one may stand in two.
        """
        if any(vars(value)[hook] for hook in HOOKS):
            raise _refusal(name, value, "it has hooks, remove them before")
        self.write("network")
        self.visit(type(value), name)
        self.visit({k: v for k, v in vars(value).items() if k not in OWN}, name)
        for kind in ("_parameters", "_buffers", "_modules"):
            self.visit(dict(vars(value)[kind]), name)
        trained = [p.requires_grad for p in value.parameters(recurse=False)]
        self.visit(trained, name)

    def module(self, name: str) -> None:
        """Enter a module: its sources if it is the library's, else its name."""
        self.write("module", name)
        if name.partition(".")[0] == sources.PACKAGE.name:
            reached = sources.library([f"import {name}"], sources.PACKAGE)
            for found, path in sorted(reached.items()):
                self.write(found, _digest(path, path.stat().st_mtime_ns))

    def function(self, function: FunctionType) -> None:
        """Enter a function, by where it was written.

        One of the library by the sources of its module, one of an installed package by
        name, one of a notebook by its code and all that this names. A decorator's
        wrapper is a function of the decorator's; what it wraps is entered besides.
        """
        where = written.place(function)
        wrapped = getattr(function, "__wrapped__", None)
        self.write("function", where)
        if where == "here":
            self.write(written.normal(written.source(function)))
            self._held(function)
            self._globals(function)
        else:
            self.write(function.__module__, function.__qualname__)
            if where == "library":
                self.module(function.__module__)
            if wrapped is None:
                self._held(function)
        if wrapped is not None:
            self.visit(wrapped, function.__name__)

    def _held(self, function: FunctionType) -> None:
        """Enter what a function holds besides its code: defaults, and its closure.

        `edm_weight(0.5)` and `edm_weight(0.1)` would have one source and one name.
        """
        self.visit(function.__defaults__, function.__name__)
        self.visit(function.__kwdefaults__, function.__name__)
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        ):
            try:
                held = cell.cell_contents
            except ValueError:  # a name that is bound later, such as `__class__`
                self.write("empty", name)
            else:
                self.visit(held, name)

    def _globals(self, function: FunctionType) -> None:
        names, attributes = written.names(function.__code__)
        for name in sorted(names):
            if name in function.__globals__:
                self.write("global", name)
                self.visit(function.__globals__[name], name)
                self._inside(function.__globals__[name], attributes)
            elif not hasattr(builtins, name):
                self.write("unbound", name)

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
        """Enter a class: the library's by its module, a package's by name.

        One of a notebook by its source, its bases, what its methods reach, and the
        values of its attributes, which may come from globals.
        """
        where = written.home(written.file_of(kind), kind.__module__)
        self.write("class", where, kind.__module__, kind.__qualname__)
        if where == "library":
            self.module(kind.__module__)
        if where != "here":
            return
        for base in kind.__bases__:
            self.visit(base, kind.__name__)
        if issubclass(kind, enum.Enum):
            self.visit({m.name: m.value for m in kind}, kind.__name__)
        self.visit(vars(kind).get("_field_defaults", {}), kind.__name__)  # NamedTuple
        methods = [
            m for member in vars(kind).values() for m in written.methods_of(member)
        ]
        ours = [m for m in methods if written.place(m) == "here"]
        ours = [m for m in ours if m.__code__.co_filename != "<string>"]  # generated
        if ours:
            self.write(written.normal(written.class_source(kind, ours[0])))
        for method in ours:
            self.visit(method, method.__name__)
        for name, member in vars(kind).items():
            own = not (name.startswith("_") or issubclass(kind, enum.Enum))
            if (
                own
                and not written.methods_of(member)
                and not inspect.isdatadescriptor(member)
            ):
                self.visit(member, f"{kind.__name__}.{name}")


@functools.cache
def _digest(path: pathlib.Path, changed: int) -> str:
    """Return a hash of a file, of its code if it is Python, anew when it changed."""
    del changed
    if path.suffix != ".py":
        return sources.digest(path)
    code = written.normal(path.read_text("utf-8"))
    return hashlib.sha256(code.encode()).hexdigest()


def _refusal(name: str, value: Any, remedy: str) -> ValueError:  # noqa: ANN401
    return ValueError(
        f"{name} is a {type(value).__name__}, which cannot enter a memo's key; {remedy}"
    )
