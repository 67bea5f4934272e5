"""What can be made again is kept in one folder, as far as that folder allows.

`root` says where: what `GENDIFF_CACHE` names, or the platform's place for caches.
Under it lie `executed` (notebooks), `memo` (trained parts), `data` (downloads), `locks`
and `matplotlib` (its list of fonts). Losing any of it costs time and nothing else, so a
folder that cannot be written or has no room is told of once, by `unkept`, and stops
nobody. Files and folders get the modes that the umask says: a group may share a cache.
"""

import json
import os
import shutil
import warnings
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from filelock import FileLock
from platformdirs import user_cache_path

PARTS = ("data", "executed", "locks", "matplotlib", "memo")
"""The folders under the root."""
TAG = "CACHEDIR.TAG"
"""Marks a folder that was made for this, and by us: only such a one is ever emptied."""
_told: set[str] = set()


def root() -> Path:
    """Return the folder of everything that is kept; it need not be there.

    A relative `GENDIFF_CACHE` means the working directory of whoever asks first; it is
    made absolute in the environment, so that processes started elsewhere agree.

    Raises:
        ValueError: If `GENDIFF_CACHE` begins with the home of somebody who has none.
    """
    return settled("GENDIFF_CACHE") or _usual()


def _usual() -> Path:
    try:
        path = user_cache_path("gendiff")
    except RuntimeError:
        path = Path()
    if path.is_absolute():
        return path
    # Nobody's home, as Debian calls it: what is kept there fails and is told of.
    return Path(os.sep, "nonexistent", ".cache", "gendiff")


def settled(variable: str, /) -> Path | None:
    """Return the path in an environment variable, which is absolute from then on.

    Raises:
        ValueError: If it begins with the home of somebody who has none.
    """
    named = os.environ.get(variable)
    if not named:
        return None
    try:
        path = Path(named).expanduser().absolute()
    except RuntimeError as error:
        raise ValueError(
            f"{variable} is {named!r}, and there is no such home directory; "
            "give an absolute path"
        ) from error
    os.environ[variable] = str(path)
    return path


def founded(folder: Path, /) -> None:
    """Make a folder of the cache, and mark the root if it is new or empty."""
    top = root()
    ours = top in folder.parents
    new = ours and (not top.exists() or not any(top.iterdir()))
    folder.mkdir(parents=True, exist_ok=True)
    if new:
        (top / TAG).write_text(
            "Signature: 8a477f597d28d172789f06886806bc55\n"
            "# This folder holds what gendiff can make again.\n"
        )


@contextmanager
def aside(path: Path, /) -> Generator[Path]:
    """Yield a path to write to, which becomes `path` if all goes well, else nothing.

    So no reader ever sees half a file, and a full disk leaves none behind.
    """
    founded(path.parent)
    part = path.with_name(f".{uuid4().hex}")
    try:
        yield part
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def alone(name: str, /) -> Generator[None]:
    """Let one process at a time do what `name` stands for, where locks can be had.

    The system takes a lock from a process that ends, however it ends. The file stays
    behind: to remove it while others wait for it would let two of them in.
    """
    held = None
    with suppress(OSError), warnings.catch_warnings():
        # File systems without locks: filelock has another way, and need not say so.
        warnings.filterwarnings("ignore", message="flock not supported")
        founded(root() / "locks")
        held = FileLock(root() / "locks" / f"{name}.lock")
        held.acquire()
    try:
        yield
    finally:
        if held is not None:
            held.release()


def unkept(path: Path, error: OSError, /) -> str | None:
    """Return what to say about something that could not be kept, once a process."""
    reason = (error.strerror or str(error)).lower()
    line = (
        f"nothing new is kept in {path}: {reason}; everything works without, and takes "
        "as long the next time. GENDIFF_CACHE names another folder"
    )
    if line in _told:
        return None
    _told.add(line)
    return line


def tell(path: Path, error: OSError, /) -> None:
    """Say that something could not be kept: in a chapter's notes, or by a warning."""
    line = unkept(path, error)
    # A chapter must not write to stderr; its notes reach the one who runs it.
    if line is not None and not note(kept=line):
        warnings.warn(line, stacklevel=3)


def note(**facts: str | int) -> bool:
    """Note how a chapter runs, for whoever runs it; return whether anybody asks."""
    named = os.environ.get("GENDIFF_NOTES")
    if not named:
        return False
    line = json.dumps(facts) + "\n"
    with suppress(OSError), Path(named).open("a", encoding="utf-8") as file:
        file.write(line)
    return True


def sizes() -> dict[str, int]:
    """Return how many bytes each part of the cache holds."""
    return {part: _size(root() / part) for part in PARTS}


def _size(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # others may be at work in it
                total += Path(place, name).lstat().st_size
    return total


def empty() -> None:
    """Remove everything that is kept.

    Raises:
        ValueError: If other things lie beside it, so that this may be a folder of the
            user's which was named by mistake; or if something cannot be removed.
    """
    folder = root()
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    others = sorted(set(names) - {*PARTS, TAG})
    if names and TAG not in names:
        raise ValueError(
            f"{folder} was not made for this cache, it has no {TAG}; "
            f"remove what you don't need of {', '.join(PARTS)} yourself"
        )
    if others:
        raise ValueError(
            f"{folder} holds more than a cache of gendiff: {', '.join(others[:5])}; "
            f"remove what you don't need of {', '.join(PARTS)} yourself"
        )
    for name in set(names) & set(PARTS):
        try:
            shutil.rmtree(folder / name)
        except FileNotFoundError:
            continue  # another process was at it too
        except OSError as error:
            raise ValueError(
                f"{error.filename or folder / name} cannot be removed: "
                f"{error.strerror}; ask its owner, or remove it as such"
            ) from error
