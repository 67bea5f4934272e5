"""What a value holds counts, however it is held; a name alone does not."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import nn

from gendiff.book.identity import identity
from gendiff.nets.mlp import MLP
from gendiff.precondition import Preconditioned


def positional(held: Any) -> Callable[[float], float]:
    def f(x: float, n: Any = held) -> float:
        return x + n

    return f


def keyword(held: Any) -> Callable[[float], float]:
    def f(x: float, *, n: Any = held) -> float:
        return x + n

    return f


def closed(held: Any) -> Callable[[float], float]:
    return lambda x: x + held


class Scaled(nn.Module):
    """A network with a number that is no weight, and that its repr does not show."""

    def __init__(self, held: Any) -> None:
        super().__init__()
        self.held = held


class Wrapped(nn.Module):
    def __init__(self, held: Any) -> None:
        super().__init__()
        self.inner = nn.Sequential(Scaled(held))


WAYS = {
    "default": positional,
    "keyword default": keyword,
    "closure": closed,
    "closure within a closure": lambda held: closed(closed(held)),
    "partial": lambda held: partial(pow, held),
    "method": lambda held: Scaled(held).forward,
    "attribute of a network": Scaled,
    "attribute of a network within": Wrapped,
    "scale of a denoiser": lambda held: Preconditioned(seeded_mlp(), data_std=held),
}


def seeded_mlp() -> MLP:
    torch.manual_seed(0)
    return MLP(2, 8, 1)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_held_counts(way: str) -> None:
    make = WAYS[way]
    assert identity(make(0.5)) == identity(make(0.5))
    assert identity(make(0.5)) != identity(make(0.1))


def test_the_librarys_functions_are_no_exception() -> None:
    """One module and one name, but two closures: two results."""
    names: dict[str, Any] = {"__name__": "gendiff.objectives"}
    code = "def weight(std):\n    def f(s):\n        return s / std\n    return f\n"
    exec(code, names)  # noqa: S102 -- as if the library had such a factory
    assert identity(names["weight"](0.5)) == identity(names["weight"](0.5))
    assert identity(names["weight"](0.5)) != identity(names["weight"](0.1))
