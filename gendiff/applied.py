"""Functions with some of their arguments bound: what the library's factories return.

`edm_weight(0.5)` is a function with a parameter in it. Were it a closure, it could not
be pickled, so no network that holds it could be saved whole or sent to a process, and
two of them could not be told apart by what is in them. An `Applied` is a
`functools.partial` of a function of some module, and two are equal if they would do the
same: the same function of the same arguments, arrays compared by value.
"""

from functools import partial
from typing import TypeVar, cast

import torch
from torch import Tensor

T = TypeVar("T")


class Applied(partial[T]):
    """A `functools.partial` that knows its equals; bind functions of a module.

    A generator that is bound is one stream: it equals itself only, not its copies.
    """

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Applied):
            return NotImplemented
        mine, theirs = _parts(self), _parts(cast("Applied[object]", other))
        return _equal(mine, theirs)

    def __hash__(self) -> int:
        return hash(_hashable(_parts(self)))

    def __repr__(self) -> str:
        given = [repr(value) for value in self.args]
        given += [f"{name}={value!r}" for name, value in self.keywords.items()]
        return f"{self.func.__qualname__}({', '.join(given)})"


def _parts(applied: Applied[T]) -> tuple[object, ...]:
    return applied.func, applied.args, tuple(sorted(applied.keywords.items()))


def _equal(one: object, other: object) -> bool:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one is other or (one.dtype == other.dtype and torch.equal(one, other))
    if isinstance(one, tuple) and isinstance(other, tuple):
        pairs = cast("tuple[object, ...]", one), cast("tuple[object, ...]", other)
        return len(one) == len(other) and all(map(_equal, *pairs))
    return bool(one == other)


def _hashable(value: object) -> object:
    # Tensors hash by address, and equal ones must not differ: their shape will do.
    if isinstance(value, Tensor):
        return tuple(value.shape)
    if isinstance(value, tuple):
        return tuple(map(_hashable, cast("tuple[object, ...]", value)))
    return value
