"""Larger data sets: from a directory of yours, from the cache, or from their home.

One function, `fetch`, looks in three places: the directory that the environment
variable `GENDIFF_DATA` names, the user's cache, and the addresses at which the file is
published. Wherever it is found its hash is checked before anyone reads it. A download
is written aside and moved into place when it is complete and right, so a cut connection
or Ctrl-C leaves nothing behind that could be taken for the file. Where the cache cannot
be written, a download lasts as long as the process.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import requests
from tqdm import tqdm
from urllib3.exceptions import HTTPError

from gendiff.cache import aside, root, settled, tell

_TIMEOUT = 30.0
"""Seconds without a byte, or nearly so, after which a server is given up."""
_SLOWEST = 100.0
"""Bytes a second: a line as slow as this is waited for, however long it takes."""
_BLOCK = 1 << 16


class _UnavailableError(OSError):
    """A server does not deliver; all other OSErrors are this machine's."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A published file."""

    name: str
    """Where it lies in `GENDIFF_DATA` and in the cache, such as "mnist/x.gz"."""
    hash: str
    """Of its bytes, as "sha256:..." or "md5:..."."""
    addresses: tuple[str, ...]
    """Where it is published, in the order to try."""

    def matches(self, path: Path, /) -> bool:
        """Tell whether the file at `path` is this one."""
        algorithm, _, expected = self.hash.partition(":")
        with path.open("rb") as file:
            found = hashlib.file_digest(
                file, lambda: hashlib.new(algorithm, usedforsecurity=False)
            )
        return found.hexdigest() == expected


def fetch(remote: Remote, /, *, timeout: float = _TIMEOUT) -> Path:
    """Return a path to the file, downloading it at most once.

    Args:
        remote: What to fetch.
        timeout: Seconds after which an address is given up that sent nothing in them,
            or next to nothing: 100 bytes a second are enough.

    Raises:
        ValueError: If `GENDIFF_DATA` is no directory, or its file has another hash or
            cannot be read.
        OSError: If no address delivers the file, whole and with the right hash, or
            there is no room for it anywhere.
    """
    own = _own(remote)
    if own is not None:
        return own
    cached = root() / "data" / remote.name
    try:
        return _download(remote, cached, timeout)
    except _UnavailableError:
        raise
    except OSError as error:
        tell(root() / "data", error)
    try:
        return _download(remote, Path(_passing().name) / remote.name, timeout)
    except _UnavailableError:
        raise
    except OSError as error:
        raise OSError(
            f"there is no place for {remote.name}, neither {cached.parent} nor "
            f"{gettempdir()}: {error.strerror}; make room, or set GENDIFF_CACHE"
        ) from error


@cache
def _passing() -> TemporaryDirectory[str]:
    """Make a folder that the process takes with it."""
    return TemporaryDirectory(prefix="gendiff-data-", ignore_cleanup_errors=True)


def _holds(path: Path, remote: Remote) -> bool:
    try:
        return path.is_file() and remote.matches(path)
    except OSError:  # another user's, or a file where a folder should be
        return False


def _own(remote: Remote) -> Path | None:
    folder = settled("GENDIFF_DATA")
    if folder is None:
        return None
    if not folder.is_dir():
        raise ValueError(
            f"GENDIFF_DATA is {str(folder)!r}, which is not a directory; "
            "correct it, or unset it to use downloads"
        )
    path = folder / remote.name
    if not path.is_file():
        return None
    try:
        right = remote.matches(path)
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read: {error.strerror}; change its mode, or unset "
            "GENDIFF_DATA to use downloads"
        ) from error
    if not right:
        raise ValueError(
            f"{path} is damaged or another version: its hash is not {remote.hash}; "
            "replace it, or remove it so that it is downloaded"
        )
    return path


def _download(remote: Remote, target: Path, timeout: float) -> Path:
    if _holds(target, remote):
        return target
    failures: list[str] = []
    for address in remote.addresses:
        try:
            _attempt(remote, address, target, timeout)
        except _UnavailableError as error:
            failures.append(f"  {address}: {error}")
        else:
            return target
    raise _UnavailableError(
        "\n".join([f"could not download {remote.name}:", *failures])
        + "\nCheck the connection and try again, or put the file into a directory as "
        f"{remote.name} and set GENDIFF_DATA to that directory."
    )


def _attempt(remote: Remote, address: str, target: Path, timeout: float) -> None:
    with aside(target) as part:
        with part.open("wb") as file:
            for block in _received(address, target.name, timeout):
                file.write(block)
        if not remote.matches(part):
            raise _UnavailableError(
                f"the {part.stat().st_size} bytes received do not have hash "
                f"{remote.hash}"
            )


def _received(address: str, name: str, timeout: float) -> Iterator[bytes]:
    """Yield what an address sends, as it comes."""
    # Some servers unpack .gz files on the way if they may.
    headers = {"Accept-Encoding": "identity"}
    try:
        with (
            requests.get(
                address, stream=True, timeout=timeout, headers=headers
            ) as reply,
            # A bar on a terminal only: a notebook's stderr is kept clean.
            tqdm(desc=name, unit="B", unit_scale=True, disable=None) as bar,
        ):
            reply.raise_for_status()
            length = reply.headers.get("Content-Length", "")
            bar.total = int(length) if length.isdigit() else None
            read = partial(reply.raw.read1, _BLOCK, decode_content=True)
            for block in steady(iter(read, b""), timeout):
                bar.update(len(block))
                yield block
    # The first is requests' own too, the second of what it rests on.
    except (OSError, HTTPError) as error:
        raise _UnavailableError(str(error)) from error


def steady(
    blocks: Iterable[bytes],
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[bytes]:
    """Yield the blocks, unless next to nothing came in as many seconds.

    A limit on the silence between two bytes alone is none: a server that sends one byte
    now and then would be waited for without end. A limit on the whole would refuse a
    line that is slow and steady.

    Raises:
        OSError: If fewer than 100 bytes a second came in the last `seconds`.
    """
    source = iter(blocks)
    waited, came = 0.0, 0
    while True:
        before = clock()
        block = next(source, b"")
        waited += clock() - before
        if not block:
            return
        came += len(block)
        if waited >= seconds:
            if came < _SLOWEST * waited:
                raise OSError(
                    f"it sent {came} bytes in {waited:.0f} s and was given up; fewer "
                    f"than {_SLOWEST:.0f} bytes a second are taken for a dead line"
                )
            waited, came = 0.0, 0
        yield block
