"""Results that are kept between runs: train once, edit the plot as often as you like.

`@run.memo` stores what a function returns under a key of everything that the result can
depend on (`identity`), the preset, the root seed, the device and torch's version.
Tensors and arrays go to safetensors, the rest to JSON: nothing that is read back can
run code. A hit and a miss return the same: a fresh result takes the same way through
the store. Two processes that want the same entry compute it once. The global random
generator is seeded for the call, so a network's initial weights don't depend on what
ran before, and put back after it.

`GENDIFF_NO_MEMO=1` computes everything anew; `GENDIFF_CACHE` moves the store.
"""

import functools
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np
import torch
from filelock import FileLock
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from gendiff.book.identity import identity

P = ParamSpec("P")
T = TypeVar("T")
Tensors = dict[str, Tensor]

VERSION = 1
"""Of the format of an entry; part of every key."""


def cache() -> Path:
    """Return the folder where results are kept."""
    given = os.environ.get("GENDIFF_CACHE")
    return Path(given).expanduser() if given else Path.home() / ".cache" / "gendiff"


def memo(
    function: Callable[P, T], /, *, within: tuple[Any, ...] = ()
) -> Callable[P, T]:
    """Return `function` with its results kept; `within` enters each key.

    Raises:
        ValueError: When called, if an argument, a global or the result is of a kind
            that cannot be kept.
    """
    name = function.__qualname__
    stable = hashlib.sha256(f"{within!r}/{name}".encode()).digest()
    seed = int.from_bytes(stable[:8], "big") >> 1

    @functools.wraps(function)
    def kept(*args: P.args, **kwargs: P.kwargs) -> T:
        def compute() -> T:
            with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
                torch.manual_seed(seed)
                return function(*args, **kwargs)

        if os.environ.get("GENDIFF_NO_MEMO", "0") not in ("", "0"):
            return cast("T", unpack(*pack(compute())))
        key = identity(function, args, kwargs, within, torch.__version__, VERSION)
        folder = cache() / "memo" / key[:32]
        found = read(folder)
        if found is None:
            found = _computed_once(folder, compute)
        return cast("T", unpack(*found))

    return kept


def _computed_once(folder: Path, compute: Callable[[], Any]) -> tuple[Any, Tensors]:
    """Compute and store an entry, or wait for the process that is at it already."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = folder.with_suffix(".lock")
    try:
        with FileLock(lock):
            found = read(folder)
            if found is None:
                found = pack(compute())
                write(folder, *found)
    finally:
        lock.unlink(missing_ok=True)
    return found


def pack(value: Any, /) -> tuple[Any, Tensors]:  # noqa: ANN401
    """Return a value as JSON that refers to tensors, and the tensors.

    Raises:
        ValueError: If something in it is none of tensor, array, number, text, None, and
            dicts, lists and tuples of these.
    """
    tensors: Tensors = {}

    def visit(part: Any) -> Any:  # noqa: ANN401
        match part:
            case None | bool() | int() | float() | str():
                return part
            case Tensor():
                return {"tensor": keep(part)}
            case np.ndarray() | np.generic() if not part.dtype.hasobject:
                return {"array": keep(torch.from_numpy(np.array(part)))}
            case dict():
                return {
                    "dict": [[visit(key), visit(item)] for key, item in part.items()]
                }
            case tuple() if type(part) is tuple:
                return {"tuple": [visit(item) for item in part]}
            case list():
                return [visit(item) for item in part]
            case _:
                raise ValueError(
                    f"a memoised function returned a {type(part).__name__}; return "
                    "dicts, lists and tuples of tensors, arrays, numbers and text (of "
                    "a network its state_dict())"
                )

    def keep(tensor: Tensor) -> str:
        name = str(len(tensors))
        tensors[name] = tensor.detach().cpu().contiguous().clone()
        return name

    return visit(value), tensors


def unpack(tree: Any, tensors: Tensors, /) -> Any:  # noqa: ANN401
    """Return what `pack` took apart."""
    match tree:
        case {"tensor": name}:
            return tensors[name]
        case {"array": name}:
            return tensors[name].numpy()
        case {"dict": items}:
            return {unpack(key, tensors): unpack(item, tensors) for key, item in items}
        case {"tuple": items}:
            return tuple(unpack(item, tensors) for item in items)
        case list():
            return [unpack(item, tensors) for item in tree]
        case _:
            return tree


def write(folder: Path, tree: Any, tensors: Tensors, /) -> None:  # noqa: ANN401
    """Store an entry aside, then move it into place: never half an entry."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="aside-", dir=folder.parent))
    try:
        data = save(tensors)
        (aside / "tensors.safetensors").write_bytes(data)
        value = {"value": tree, "sha256": hashlib.sha256(data).hexdigest()}
        (aside / "value.json").write_text(json.dumps(value), "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
    except OSError:
        if not folder.exists():  # else another process was faster with the same result
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def read(folder: Path, /) -> tuple[Any, Tensors] | None:
    """Return an entry, or nothing where there is none that is whole."""
    try:
        value = json.loads((folder / "value.json").read_text("utf-8"))
        data = (folder / "tensors.safetensors").read_bytes()
        if hashlib.sha256(data).hexdigest() != value["sha256"]:
            return None
        return value["value"], load(data)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError):
        return None
