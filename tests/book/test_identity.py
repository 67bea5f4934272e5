"""What a value holds counts, however it is held; a name alone does not."""

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from gendiff.book.identity import identity
from gendiff.nets import MLP
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


PRE = "import contextlib, dataclasses, enum, functools, torch\nfrom torch import nn\n"
EDITS = {
    "no_grad": "@torch.no_grad()\ndef h():\n    return N\ndef f():\n    return h()\n",
    "the function itself under no_grad": "@torch.no_grad()\ndef f():\n    return N\n",
    "global under no_grad": "K = N\n@torch.no_grad()\ndef f():\n    return K\n",
    "inference_mode": "@torch.inference_mode()\ndef f():\n    return N\n",
    "cache": "@functools.cache\ndef h():\n    return N\ndef f():\n    return h()\n",
    "contextmanager": "@contextlib.contextmanager\ndef f():\n    yield N\n",
    "body of a decorator": (
        "def twice(g):\n    @functools.wraps(g)\n"
        "    def w(x):\n        return N * g(x)\n"
        "    return w\n@twice\ndef f(x):\n    return x\n"
    ),
    "closure of a decorator": (
        "def times(k):\n    def d(g):\n        @functools.wraps(g)\n"
        "        def w(x):\n            return k * g(x)\n"
        "        return w\n    return d\n"
        "@times(N)\ndef f(x):\n    return x\n"
    ),
    "class without methods": "class C:\n    n = N\ndef f():\n    return C.n\n",
    "attribute from a global": (
        "K = N\nclass C:\n    n = K\n    def g(self):\n        return self.n\n"
        "def f():\n    return C().g()\n"
    ),
    "base class": (
        "class A:\n    def g(self):\n        return N\nclass C(A):\n    pass\n"
        "def f():\n    return C().g()\n"
    ),
    "subclass of a network": (
        "class A(nn.Module):\n    def forward(self, x):\n        return x * self.n\n"
        "class C(A):\n    n = N\ndef f():\n    return C()(1)\n"
    ),
    "cached property": (
        "K = N\nclass C:\n    @functools.cached_property\n    def g(self):\n"
        "        return K\ndef f():\n    return C().g\n"
    ),
    "setter": (
        "K = N\nclass C:\n    @property\n    def g(self):\n        return 1\n"
        "    @g.setter\n    def g(self, v):\n        self.v = K\n"
        "def f():\n    return C()\n"
    ),
    "dataclass": (
        "K = N\n@dataclasses.dataclass\nclass C:\n    a: int = K\n"
        "def f():\n    return C().a\n"
    ),
    "enum": "class E(enum.Enum):\n    A = N\ndef f():\n    return E.A.value\n",
    "lambda": "h = lambda x: x * N\ndef f():\n    return h(1)\n",
}
"""Code of a notebook in which N is edited."""


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_anywhere_below_a_function_counts(name: str, tmp_path: Path) -> None:
    def key(n: int, file: str) -> str:
        path = tmp_path / file
        path.write_text(PRE + EDITS[name].replace("N", str(n)))
        names: dict[str, Any] = {"__name__": "__main__"}
        exec(compile(path.read_text(), str(path), "exec"), names)  # noqa: S102
        return identity(names["f"])

    assert key(2, "a.py") == key(2, "b.py")
    assert key(2, "a.py") != key(3, "c.py")


ONE, TWO = nn.Linear(2, 2), nn.Linear(2, 2)
RELU, TANH = nn.ReLU(), nn.Tanh()


class Held(nn.Module):
    def __init__(self, value: float) -> None:
        super().__init__()
        self._private = value


class Buffered(nn.Module):
    def __init__(self, value: float) -> None:
        super().__init__()
        self.register_buffer("b", torch.tensor(value), persistent=False)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ((ONE, TWO, ONE), (ONE, TWO, TWO)),
        (((8, 8), (4, 4), (8, 8)), ((8, 8), (4, 4), (4, 4))),
        (nn.Sequential(RELU, TANH, RELU), nn.Sequential(RELU, TANH, TANH)),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (
            nn.Sequential(OrderedDict(a=ONE, b=RELU)),
            nn.Sequential(OrderedDict(b=RELU, a=ONE)),
        ),
        (nn.Dropout().train(), nn.Dropout().eval()),
        (nn.Sequential(nn.Dropout().eval()), nn.Sequential(nn.Dropout())),
        (Held(1.0), Held(2.0)),
        (Buffered(1.0), Buffered(2.0)),
        (nn.ParameterList([torch.ones(1)]), nn.ParameterList([torch.zeros(1)])),
        ({1: 1}.get, {1: 2}.get),
        (torch.ones(1).mul, torch.zeros(1).mul),
    ],
    ids=[
        *("networks", "tuples", "parts", "order of a dict", "order of parts", "mode"),
        *("mode of a part", "private attribute"),
        *("buffer", "list of weights", "method of a dict", "method of a tensor"),
    ],
)
def test_which_of_equal_things_and_in_what_state(one: Any, two: Any) -> None:
    assert identity(one) == identity(one)
    assert identity(one) != identity(two)


def test_frozen_and_free_weights_differ_and_hooks_are_refused() -> None:
    net = nn.Linear(1, 1)
    before = identity(net)
    net.requires_grad_(requires_grad=False)
    assert identity(net) != before
    net.register_forward_hook(lambda module, x, y: 2 * y)
    with pytest.raises(ValueError, match="remove them"):
        identity(net)


def test_a_mark_for_nothing_given_has_no_content() -> None:
    """A bare object is a default that means "not given": two of a name are alike."""
    assert identity(keyword(object())) == identity(keyword(object()))
    assert identity(keyword(object())) != identity(keyword(None))
