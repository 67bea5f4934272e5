"""Sizes that one run changes: `{"samples": 500}`, or `{"digits.updates": 100}`.

A preset names many sizes, and any of them can be another for once. A name with a dot is
a size of a model that several pages share. What replaces a size takes its type, so that
a list becomes the tuple that a page expects, and a mistake is told before anything runs
for an hour.
"""

import ast
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from difflib import get_close_matches
from types import SimpleNamespace
from typing import Any, TypeVar

from gendiff.book import shared

Sizes = TypeVar("Sizes")
"""A dataclass of sizes."""


def named(overrides: object, /) -> dict[str, Any]:
    """Return overrides as they were given, if they are names with values.

    Raises:
        ValueError: If they are anything else.
    """
    if isinstance(overrides, Mapping):
        found: dict[Any, Any] = dict(overrides)  # pyright: ignore[reportUnknownArgumentType]
        if all(isinstance(name, str) for name in found):
            return found
    raise ValueError(
        f'overrides {overrides!r}; give sizes by name, such as {{"samples": 500}}: '
        "papermill reads that after -y, and takes what stands after -p for text"
    )


def of_page(
    table: Mapping[str, Mapping[str, Any]], preset: str, overrides: Mapping[str, Any], /
) -> SimpleNamespace:
    """Return a page's sizes of a preset, with the overrides.

    Raises:
        ValueError: If the presets do not name the same sizes, or an override is neither
            one of them nor a size of a shared model that the page imports.
    """
    names = {name for sizes in table.values() for name in sizes}
    missing = [
        f"{each} lacks {', '.join(sorted(names - set(sizes)))}"
        for each, sizes in table.items()
        if names - set(sizes)
    ]
    if missing:
        raise ValueError(f"every preset names the same sizes, but {'; '.join(missing)}")
    known = dict(table[preset])
    for module, sizes in shared.tables().items():
        known |= dotted(module, sizes[preset])
    found = replaced(known, overrides)
    return SimpleNamespace(**{name: found[name] for name in names})


def of_model(module: str, sizes: Sizes, overrides: Mapping[str, Any], /) -> Sizes:
    """Return a shared model's sizes, with those overrides that begin with its module.

    Raises:
        ValueError: If one of these is unknown or of another type.
    """
    mine = shared.overrides(module, overrides)
    found = replaced(dotted(module, sizes), mine)
    old: Any = sizes
    return replace(old, **{n.removeprefix(f"{module}."): found[n] for n in mine})


def dotted(module: str, sizes: Any, /) -> dict[str, Any]:  # noqa: ANN401
    """Return the sizes of a shared model by the names that overrides have for them."""
    return {f"{module}.{name}": size for name, size in asdict(sizes).items()}


def replaced(
    sizes: Mapping[str, Any], overrides: Mapping[str, Any], /
) -> dict[str, Any]:
    """Return sizes, with those that are overridden in the type that they had.

    >>> replaced({"samples": 840, "scales": (1.0, 3.0)}, {"scales": [2, 4]})
    {'samples': 840, 'scales': (2.0, 4.0)}

    Raises:
        ValueError: If a name is unknown, or a value of another type.
    """
    there = f"there are {', '.join(sizes) or 'none'}"
    found = dict(sizes)
    for name, value in overrides.items():
        if name not in sizes:
            near = get_close_matches(name, sizes, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise ValueError(f"no size {name!r} to override; {hint}{there}")
        try:
            found[name] = like(value, sizes[name])
        except (TypeError, OverflowError) as error:
            raise ValueError(f"size {name!r}: {error}; {there}") from None
    return found


def like(value: Any, old: Any, /) -> Any:  # noqa: ANN401
    """Return a value in the type of the one that it replaces.

    A whole number may stand for a real one, and a list for a tuple. The items of a
    sequence or mapping are as any of those before; how many there are is free.

    >>> like([8, 16], (32, 64)), like(3, 0.5)
    ((8, 16), 3.0)

    Raises:
        TypeError: If it has another type, is a number that is not finite, or is below 0
            where a whole number from 0 stood.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise TypeError(f"{value!r} is not finite")
    if type(value) is type(old) is int and value < 0 <= old:
        raise TypeError(f"{value!r} is below 0, and {old!r} counts something")
    match old:
        case float() if type(value) is int:
            return float(value)
        case tuple() | list() if isinstance(value, tuple | list):
            return type(old)(one_of(item, old) for item in value)
        case dict() if isinstance(value, dict):
            keys, values = list(old), list(old.values())
            return {one_of(k, keys): one_of(v, values) for k, v in value.items()}
        case _ if type(value) is type(old):
            return value
        case _:
            new, was = type(value).__name__, type(old).__name__
            raise TypeError(f"{value!r} is of type {new}, and {old!r} of type {was}")


def one_of(item: Any, old: Any, /) -> Any:  # noqa: ANN401
    """Return an item of a sequence in the type of one that the old sequence holds.

    Raises:
        TypeError: If it has the type of none.
    """
    refused: TypeError | None = None
    for each in old:
        try:
            return like(item, each)
        except TypeError as error:
            refused = refused or error
    if refused is not None:
        raise refused
    return item  # of an empty sequence nobody knows what it holds


def parse(text: str, /) -> Any:  # noqa: ANN401
    """Return what a word of the command line says: a literal of Python, else text.

    >>> parse("500"), parse("(8, 16)"), parse("late")
    (500, (8, 16), 'late')
    """
    try:
        value = ast.literal_eval(text)
        json.dumps(value)  # as which it reaches the page
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return text
    return value


def mark(overrides: Mapping[str, Any], /) -> str:
    """Return a short hash of overrides, the same in whatever order they are given.

    >>> mark({"a": 1, "b": (2, 3)}) == mark({"b": [2, 3], "a": 1})
    True
    """
    text = json.dumps(dict(overrides), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
