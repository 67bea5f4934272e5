"""Results that are kept between runs: train once, edit the plot as often as you like.

`@run.memo` stores what a function returns under a key of everything that the result can
depend on (`identity`), the preset, the root seed, the device and torch's version.
Tensors and arrays go to safetensors, the rest to JSON: nothing that is read back can
run code. A hit and a miss return the same: a fresh result takes the same way through
the store. Two processes that want the same entry compute it once. An entry that cannot
be read is made again; a result that cannot be kept is returned all the same. The global
random generator is seeded for the call, so a network's initial weights don't depend on
what ran before, and put back after it.

`GENDIFF_NO_MEMO=1` computes everything anew; `GENDIFF_CACHE` moves the store, see
`gendiff.cache`.
"""

import functools
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast
from uuid import uuid4

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from gendiff import cache
from gendiff.book import progress
from gendiff.book.identity import identity
from gendiff.book.sources import PACKAGE

P = ParamSpec("P")
T = TypeVar("T")
Tensors = dict[str, Tensor]

VERSION = 1
"""Of the format of an entry; part of every key."""
BEHIND = (
    *("accelerate", "matplotlib", "numpy", "pillow", "scikit-image", "scikit-learn"),
    *("scipy", "torch", "torchdiffeq"),
)
"""Packages whose functions and files a key only names; their versions are in it."""


_began = time.time()
_reused: set[str] = set()


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
        def call() -> T:
            return function(*args, **kwargs)

        label = function.__name__.replace("_", " ").strip()
        return stored(call, (function, args, kwargs, within), seed=seed, label=label)

    return kept


def stored(
    call: Callable[[], T], what: tuple[Any, ...], /, *, seed: int, label: str
) -> T:
    """Return what `call` returns, kept under the identity of `what` it depends on.

    Raises:
        ValueError: If a part of `what`, or the result, cannot be kept.
    """

    def compute() -> T:
        with (
            progress.task(label),
            torch.random.fork_rng(devices=range(torch.cuda.device_count())),
        ):
            torch.manual_seed(seed)
            return call()

    if off() or edited():
        return cast("T", unpack(*pack(compute())))
    key = identity(*what, surroundings(), VERSION)
    folder = cache.root() / "memo" / key[:32]
    found = read(folder)
    if found is None:
        found = _computed_once(folder, compute)
    _note_reuse(folder)
    return cast("T", unpack(*found))


def edited() -> bool:
    """Tell whether the library was edited since this process read it.

    Keys are made of the files as they lie there now, results by the code that was read:
    what would be kept under the new key is the old code's. So nothing is, until the
    kernel is started anew.
    """
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    ours = {Path(f) for f in files if f and PACKAGE in Path(f).parents}
    for path in ours:
        with suppress(OSError):
            if path.stat().st_mtime > _began:
                return True
    return False


def unfinished(*what: object) -> Path | None:
    """Return where the checkpoints of what is stored under this identity may lie.

    None if nothing is kept, or there is no place for it.
    """
    if off() or edited():
        return None
    folder = cache.root() / "unfinished" / identity(*what, surroundings(), VERSION)[:32]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def off() -> bool:
    """Tell whether the environment asks for nothing that was kept."""
    return os.environ.get("GENDIFF_NO_MEMO", "0") not in ("", "0")


def surroundings() -> tuple[object, ...]:
    """Return what else decides what is computed: versions, torch's dtype, autocast."""
    cast_to = torch.get_autocast_dtype("cpu")
    on = torch.is_autocast_enabled("cpu")
    return str(torch.get_default_dtype()), on, str(cast_to), *_versions()


@functools.cache
def _versions() -> tuple[str, ...]:
    """Return the versions of the packages behind the library."""
    return tuple(f"{name} {version(name)}" for name in BEHIND)


def _computed_once(folder: Path, compute: Callable[[], Any]) -> tuple[Any, Tensors]:
    """Compute and store an entry, or wait for the process that is at it already."""
    with cache.alone(folder.name):
        found = read(folder)
        if found is None:
            found = pack(compute())
            try:
                write(folder, *found)
            except OSError as error:
                cache.tell(folder.parent, error)
    return found


def _note_reuse(folder: Path) -> None:
    """Note how many entries are older than the run: did it compute all that it shows?

    A run of several processes says in `GENDIFF_BEGAN` when it began, in seconds since
    the epoch.
    """
    with suppress(OSError):
        made = (folder / "value.json").stat().st_mtime
        began = float(os.environ.get("GENDIFF_BEGAN", _began))
        if made < began and folder.name not in _reused:
            _reused.add(folder.name)
            cache.note(reused=len(_reused))


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
    """Store an entry aside, then move it into place: never half an entry.

    Raises:
        OSError: If it cannot be stored, and no other process has done so.
    """
    cache.founded(folder.parent)
    aside = folder.with_name(f"aside-{uuid4().hex}")  # tempfile's would be 0700
    try:
        aside.mkdir()
        data = save(tensors)
        (aside / "tensors.safetensors").write_bytes(data)
        value = {"value": tree, "sha256": hashlib.sha256(data).hexdigest()}
        (aside / "value.json").write_text(json.dumps(value), "utf-8")
        _discard(folder)
        aside.rename(folder)
    except OSError:
        if read(folder) is None:  # else another process was faster with the same result
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _discard(folder: Path) -> None:
    """Remove what stands in the place of an entry, be it a file."""
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)


def read(folder: Path, /) -> tuple[Any, Tensors] | None:
    """Return an entry, or nothing where there is none that is whole."""
    try:
        value = json.loads((folder / "value.json").read_text("utf-8"))
        data = (folder / "tensors.safetensors").read_bytes()
        if hashlib.sha256(data).hexdigest() != value["sha256"]:
            return None
        found = value["value"], load(data)
        unpack(*found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError):
        return None
    return found
