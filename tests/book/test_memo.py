import importlib
import json
import linecache
import os
import subprocess
import sys
import textwrap
import types
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from gendiff.book import memo, sources
from gendiff.book.identity import identity
from gendiff.book.run import Run


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GENDIFF_CACHE", str(tmp_path))
    monkeypatch.delenv("GENDIFF_NO_MEMO", raising=False)
    return tmp_path / "memo"


def cell(source: str, **names: Any) -> dict[str, Any]:
    """Execute source as a notebook does: from a file in `linecache` only."""
    source = textwrap.dedent(source)
    path = f"/tmp/ipykernel_0/{abs(hash(source))}.py"  # noqa: S108
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    space: dict[str, Any] = {"__name__": "__main__", **names}
    exec(compile(source, path, "exec"), space)  # noqa: S102
    return space


def key(source: str, *args: Any, **names: Any) -> str:
    return identity(cell(source, **names)["f"], args)


CLASS = """
class A:
    n = {}
    def g(self):
        return 1
def f():
    return A()
"""
METHOD = """
N = {}
class A:
    def g(self):
        return N
def f():
    return A()
"""
PLAIN = "def f(x):\n    return x + 1\n"


@pytest.mark.parametrize(
    "same",
    [
        "def f(x):\n    # a comment\n    return x+1\n",
        'def f(x):\n    """Say what."""\n    return (x + 1)\n',
    ],
)
def test_layout_and_comments_do_not_count(same: str) -> None:
    if '"""' in same:  # a docstring's place is kept
        assert key(same) == key(same.replace("Say what", "Say that"))
    else:
        assert key(same) == key(PLAIN)


def test_what_a_function_reaches_counts() -> None:
    uses = "def f(x):\n    return g(x) + SIZE\n"
    helper = "def g(x):\n    return x\n"
    other = "def g(x):\n    return -x\n"

    def make(code: str, size: Any) -> str:
        return identity(cell(code + uses, SIZE=size)["f"])

    assert make(helper, 1) == make(helper, 1)
    assert (
        len({make(helper, 1), make(other, 1), make(helper, 2), make(helper, 1.0)}) == 4
    )


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("def f(x, n=1):\n    return x\n", "def f(x, n=2):\n    return x\n"),
        ("def f(x, *, n=1):\n    return x\n", "def f(x, *, n=2):\n    return x\n"),
        (
            "f = (lambda k: lambda x: x + k)(1)\n",
            "f = (lambda k: lambda x: x + k)(2)\n",
        ),
        (
            "class A:\n    def g(self):\n        return 1\ndef f():\n    return A()\n",
            "class A:\n    def g(self):\n        return 2\ndef f():\n    return A()\n",
        ),
        (CLASS.format(1), CLASS.format(2)),
        (METHOD.format(1), METHOD.format(2)),
        (
            "N = 1\ndef f(x):\n    return [N for _ in x]\n",
            "N = 2\ndef f(x):\n    return [N for _ in x]\n",
        ),
    ],
)
def test_what_else_counts(one: str, two: str) -> None:
    assert key(one) == key(one)
    assert key(one) != key(two)


def linear(value: float) -> nn.Module:
    net = nn.Linear(1, 1)
    nn.init.constant_(net.weight, value)
    nn.init.constant_(net.bias, 0.0)
    return net


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (1, 2),
        (1, 1.0),
        (1, True),
        ("1", 1),
        ([1, 2], (1, 2)),
        ([[1], 2], [[1, 2]]),
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"b": 1}),
        (torch.zeros(2), torch.zeros(3)),
        (torch.zeros(2), torch.zeros(2, dtype=torch.float64)),
        (torch.zeros(2), torch.tensor([0.0, 1e-30])),
        (np.zeros(2), np.ones(2)),
        (types.SimpleNamespace(a=1), types.SimpleNamespace(a=2)),
        (linear(1.0), linear(2.0)),
        (nn.ReLU(), nn.SiLU()),
        (partial(round, ndigits=1), partial(round, ndigits=2)),
        (torch.relu, torch.sigmoid),
        (Run("a", "cpu", 0), Run("a", "cpu", 1)),
        (torch.float32, torch.float64),
        ({1, 2}, {1, 3}),
    ],
)
def test_arguments_count(one: Any, two: Any) -> None:
    assert key(PLAIN, one) == key(PLAIN, one)
    assert key(PLAIN, one) != key(PLAIN, two)


def test_equal_values_count_once() -> None:
    assert key(PLAIN, {"a": 1, "b": 2}) == key(PLAIN, {"a": 1, "b": 2})
    assert key(PLAIN, linear(1.0)) == key(PLAIN, linear(1.0))
    shared = [1]
    assert key(PLAIN, [shared, shared]) == key(PLAIN, [shared, shared])
    assert key(PLAIN, Run("a", "cpu", 0)) == key(PLAIN, Run("b", "cpu", 0))


def test_recursion_ends() -> None:
    code = "def f(n):\n    return g(n)\ndef g(n):\n    return f(n - 1) if n else 0\n"
    assert key(code) == key(code)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (torch.Generator(), r"is a Generator.*draw inside, from run.generator"),
        (np.random.default_rng(0), r"is a Generator.*draw inside"),
        (sys.stdout, r"which cannot enter a memo's key"),
        (np.array([object()]), "numeric type"),
    ],
)
def test_what_has_no_identity_is_refused(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        key(PLAIN, value)
    with pytest.raises(ValueError, match=r"^thing "):
        key("def f(x):\n    return thing\n", thing=value)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a package whose sources stand for the library's."""
    root = tmp_path / "tinylib"
    (root / "inner").mkdir(parents=True)
    (root / "__init__.py").write_text("")
    (root / "inner" / "__init__.py").write_text("")
    (root / "inner" / "deep.py").write_text("from tinylib.base import ONE\nTWO = 2\n")
    (root / "base.py").write_text("ONE = 1\ndef h():\n    return ONE\n")
    (root / "apart.py").write_text("X = 1\n")
    monkeypatch.setattr(sources, "PACKAGE", root)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield root
    for name in [name for name in sys.modules if name.partition(".")[0] == "tinylib"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    "code",
    [
        "from tinylib.base import h\ndef f():\n    return h()\n",
        "from tinylib.inner import deep\ndef f():\n    return deep.TWO\n",
        "import tinylib.inner.deep\ndef f():\n    return tinylib.inner.deep.TWO\n",
    ],
)
def test_the_library_behind_a_name_counts(code: str, package: Path) -> None:
    function = cell(code)["f"]
    before = identity(function)
    (package / "apart.py").write_text("X = 2\n")
    assert identity(function) == before
    head = '"""Say."""\nONE = 1  # one\n"""It is one."""\n'
    said = head + 'def h():\n    """Do."""\n    return ONE\n'
    _write_later(package / "base.py", said)
    assert identity(function) == before
    _write_later(package / "base.py", said.replace("return ONE", "return -ONE"))
    assert identity(function) != before


def _write_later(path: Path, text: str) -> None:
    """Write a file, a second after it was last written."""
    changed = path.stat().st_mtime + 1
    path.write_text(text)
    os.utime(path, (changed, changed))


class Calls:
    """Counts calls without being part of the key."""

    def __init__(self) -> None:
        self.n = 0

    def __identity__(self) -> str:
        return "calls"

    def __call__(self) -> None:
        self.n += 1


def test_a_hit_returns_the_same_without_computing() -> None:
    calls = Calls()

    def train(steps: int, *, width: int = 2) -> dict[str, Any]:
        calls()
        return {
            "w": torch.arange(width, dtype=torch.bfloat16) * steps,
            "flag": torch.tensor([True, False]),
            "a": np.arange(3, dtype=np.int64),
            "plain": [1, 2.5, "x", None, True, (1, ("y",))],
            3: torch.tensor(1.5, dtype=torch.float64),
        }

    kept = Run("x", "cpu", 0).memo(train)
    fresh, stored = kept(3), kept(3)
    assert calls.n == 1
    for result in (fresh, stored):
        assert result["w"].dtype == torch.bfloat16
        assert result["w"].tolist() == [0.0, 3.0]
        assert result["flag"].tolist() == [True, False]
        assert isinstance(result["a"], np.ndarray)
        assert result["a"].tolist() == [0, 1, 2]
        assert result["plain"] == [1, 2.5, "x", None, True, (1, ("y",))]
        assert isinstance(result["plain"][5], tuple)
        assert result[3].item() == 1.5
    kept(4)
    kept(3, width=3)
    Run("x", "smoke", 0).memo(train)(3)
    Run("x", "cpu", 1).memo(train)(3)
    assert calls.n == 5


def test_weights_do_not_depend_on_what_ran_before() -> None:
    def init() -> dict[str, Any]:
        return dict(nn.Linear(2, 2).state_dict())

    kept = Run("x", "cpu", 0).memo(init)
    torch.manual_seed(1)
    first = kept()
    after = torch.randn(1)
    torch.manual_seed(1)
    assert torch.equal(torch.randn(1), after)  # the caller's stream is left alone
    torch.manual_seed(2)
    assert torch.equal(
        memo.memo(init, within=("cpu", 0, "cpu"))()["weight"], first["weight"]
    )


def test_no_memo_computes_anew(monkeypatch: pytest.MonkeyPatch, store: Path) -> None:
    calls = Calls()

    def f() -> int:
        calls()
        return 1

    monkeypatch.setenv("GENDIFF_NO_MEMO", "1")
    kept = memo.memo(f)
    assert kept() == kept() == 1
    assert calls.n == 2
    assert not store.exists()


def test_a_failure_leaves_nothing_behind(store: Path) -> None:
    def f() -> int:
        raise RuntimeError("diverged")

    with pytest.raises(RuntimeError, match="diverged"):
        memo.memo(f)()
    assert not list(store.glob("*"))


def test_results_of_other_kinds_are_refused(store: Path) -> None:
    with pytest.raises(
        ValueError, match=r"returned a Linear; return dicts.*state_dict"
    ):
        memo.memo(lambda: nn.Linear(1, 1))()
    assert not list(store.glob("*"))


def test_entries_hold_no_code(store: Path) -> None:
    memo.memo(lambda: {"w": torch.zeros(1), "n": 1})()
    (entry,) = store.iterdir()
    assert sorted(p.name for p in entry.iterdir()) == [
        "tensors.safetensors",
        "value.json",
    ]
    json.loads((entry / "value.json").read_text())


def test_two_processes_compute_once(tmp_path: Path) -> None:
    program = f"""
import os, sys, time
os.environ["GENDIFF_CACHE"] = {str(tmp_path)!r}
from gendiff.book.memo import memo

def slow(x):
    with open({str(tmp_path / "calls")!r}, "a") as log:
        log.write("x")
    time.sleep(1)
    return x + 1

print(memo(slow)(1))
"""
    file = tmp_path / "program.py"
    file.write_text(program)
    pair = [
        subprocess.Popen([sys.executable, str(file)], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    assert [process.communicate()[0] for process in pair] == [b"2\n"] * 2
    assert (tmp_path / "calls").read_text() == "x"
