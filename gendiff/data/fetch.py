"""Larger data sets: from a directory of yours, from the cache, or from their home.

One function, `fetch`, looks in three places: the directory that the environment
variable `GENDIFF_DATA` names, the user's cache, and the addresses at which the file is
published. Wherever it is found its hash is checked before anyone reads it. A download
is written aside and moved into place when it is complete and right, so a cut connection
or Ctrl-C leaves nothing behind that could be taken for the file.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pooch
from tqdm import tqdm

_TIMEOUT = 30.0
"""Seconds without a byte after which a server is given up."""


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
        return pooch.file_hash(str(path), alg=algorithm) == expected


def fetch(remote: Remote, /, *, timeout: float = _TIMEOUT) -> Path:
    """Return a path to the file, downloading it at most once.

    Args:
        remote: What to fetch.
        timeout: Seconds without a byte after which an address is given up.

    Raises:
        ValueError: If `GENDIFF_DATA` is no directory, or its file has another hash.
        OSError: If no address delivers the file, whole and with the right hash.
    """
    own = _own(remote)
    if own is not None:
        return own
    cached = Path(pooch.os_cache("gendiff")) / remote.name
    if cached.is_file() and remote.matches(cached):
        return cached
    return _download(remote, cached, timeout)


def _own(remote: Remote) -> Path | None:
    named = os.environ.get("GENDIFF_DATA")
    if not named:
        return None
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise ValueError(
            f"GENDIFF_DATA is {named!r}, which is not a directory; "
            "correct it, or unset it to use downloads"
        )
    path = folder / remote.name
    if not path.is_file():
        return None
    if not remote.matches(path):
        raise ValueError(
            f"{path} is damaged or another version: its hash is not {remote.hash}; "
            "replace it, or remove it so that it is downloaded"
        )
    return path


def _download(remote: Remote, target: Path, timeout: float) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    failures: list[str] = []
    for address in remote.addresses:
        try:
            return _attempt(remote, address, target, timeout)
        except OSError as error:  # of requests too: its exceptions are OSErrors
            failures.append(f"  {address}: {error}")
    raise OSError(
        "\n".join([f"could not download {remote.name}:", *failures])
        + "\nCheck the connection and try again, or put the file into a directory as "
        f"{remote.name} and set GENDIFF_DATA to that directory."
    )


def _attempt(remote: Remote, address: str, target: Path, timeout: float) -> Path:
    handle, aside = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(handle)
    part = Path(aside)
    try:
        # A bar on a terminal only: a notebook's stderr is kept clean. The total is
        # told later; until then it is 1, because pooch asks for the truth of the bar,
        # which is undefined without a total.
        with tqdm(total=1, unit="B", unit_scale=True, disable=None) as bar:
            bar.set_description(target.name)
            progress: Any = bar  # any bar will do, but the parameter is typed bool
            get = pooch.HTTPDownloader(
                progressbar=progress,
                timeout=timeout,
                # Some servers unpack .gz files on the way if they may.
                headers={"Accept-Encoding": "identity"},
            )
            get(address, str(part), None)
        if not remote.matches(part):
            size = part.stat().st_size
            raise OSError(f"the {size} bytes received do not have hash {remote.hash}")
        return part.replace(target)
    finally:
        part.unlink(missing_ok=True)
