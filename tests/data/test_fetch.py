"""Fetching: the order of places, and servers that cut, stall, drip, tamper and lack."""

import errno
import hashlib
import itertools
import os
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gendiff import cache as kept
from gendiff.data import fetch
from gendiff.data.fetch import Remote, steady

CONTENT = bytes(range(256)) * 800
SHA = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
MD5 = "md5:" + hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


class Awkward(BaseHTTPRequestHandler):
    requests: list[str]

    def do_GET(self) -> None:
        self.requests.append(self.path)
        if self.path == "/missing":
            self.send_error(404)
            return
        self.send_response(200)
        if self.path != "/cut-unannounced":
            self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        if self.path == "/good":
            self.wfile.write(CONTENT)
        elif self.path == "/tampered":
            self.wfile.write(CONTENT[:-1] + b"!")
        else:
            self.wfile.write(CONTENT[:1000])
            self.wfile.flush()
            if self.path == "/stall":
                time.sleep(1.5)
            elif self.path == "/drip":
                with suppress(OSError):  # until the other side hangs up
                    while True:
                        time.sleep(0.05)
                        self.wfile.write(b".")
                        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Awkward.requests = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Awkward) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}"
        httpd.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache" / "data"
    monkeypatch.setenv("GENDIFF_CACHE", str(folder.parent))
    monkeypatch.setattr(kept, "_told", set())
    monkeypatch.delenv("GENDIFF_DATA", raising=False)
    monkeypatch.delenv("GENDIFF_NOTES", raising=False)
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    return folder


def remote(*addresses: str, digest: str = SHA) -> Remote:
    return Remote("set/file.bin", digest, addresses)


def left_over(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("digest", [SHA, MD5])
def test_downloads_once(server: str, cache: Path, digest: str) -> None:
    source = remote(f"{server}/good", digest=digest)
    path = fetch(source)
    assert path == cache / "set" / "file.bin"
    assert path.read_bytes() == CONTENT
    assert fetch(source) == path
    assert Awkward.requests == ["/good"]
    assert left_over(cache) == [path]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/missing", "404"),
        ("/tampered", "do not have hash"),
        ("/cut", r"IncompleteRead|do not have hash|broken"),
        ("/cut-unannounced", "the 1000 bytes received do not have hash"),
        ("/stall", r"[Tt]imed? ?out"),
        ("/drip", r"it sent \d+ bytes in \d+ s and was given up"),
    ],
)
def test_a_bad_server_is_a_clear_error_and_leaves_nothing(
    server: str, cache: Path, path: str, reason: str
) -> None:
    with pytest.raises(OSError, match=reason) as caught:
        fetch(remote(server + path), timeout=0.3)
    message = str(caught.value)
    assert server + path in message
    assert "set/file.bin" in message
    assert "GENDIFF_DATA" in message
    assert left_over(cache) == []


def test_nobody_listening_is_a_clear_error(cache: Path) -> None:
    with pytest.raises(OSError, match="could not download"):
        fetch(remote("http://127.0.0.1:9/good"), timeout=0.3)
    assert left_over(cache) == []


def test_the_next_mirror_is_tried(server: str, cache: Path) -> None:
    mirrors = [f"{server}/missing", f"{server}/tampered", f"{server}/good"]
    assert fetch(remote(*mirrors)).read_bytes() == CONTENT
    assert Awkward.requests == ["/missing", "/tampered", "/good"]
    assert len(left_over(cache)) == 1


def test_a_damaged_cache_is_replaced(server: str, cache: Path) -> None:
    (cache / "set").mkdir(parents=True)
    (cache / "set" / "file.bin").write_bytes(CONTENT[:10])
    assert fetch(remote(f"{server}/good")).read_bytes() == CONTENT


def test_a_damaged_cache_survives_a_bad_server(server: str, cache: Path) -> None:
    (cache / "set").mkdir(parents=True)
    (cache / "set" / "file.bin").write_bytes(CONTENT[:10])
    with pytest.raises(OSError, match="do not have hash"):
        fetch(remote(f"{server}/tampered"))


def test_interruption_leaves_nothing(
    server: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Remote, path: Path) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(Remote, "matches", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch(remote(f"{server}/good"))
    assert left_over(cache) == []


class TestOwnDirectory:
    @pytest.fixture
    def own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "own"
        (folder / "set").mkdir(parents=True)
        monkeypatch.setenv("GENDIFF_DATA", str(folder))
        return folder / "set" / "file.bin"

    def test_comes_first(self, own: Path, cache: Path) -> None:
        own.write_bytes(CONTENT)
        assert fetch(remote("http://127.0.0.1:9/unused")) == own
        assert left_over(cache) == []

    def test_another_version_is_refused_and_kept(self, own: Path) -> None:
        own.write_bytes(b"mine")
        with pytest.raises(ValueError, match="replace it, or remove it"):
            fetch(remote("http://127.0.0.1:9/unused"))
        assert own.read_bytes() == b"mine"

    def test_without_the_file_is_passed_over(
        self, own: Path, cache: Path, server: str
    ) -> None:
        assert fetch(remote(f"{server}/good")).is_relative_to(cache)
        assert not own.exists()

    def test_that_is_none_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GENDIFF_DATA", "/no/such/place")
        with pytest.raises(ValueError, match="not a directory"):
            fetch(remote("http://127.0.0.1:9/unused"))

    def test_relative_means_where_it_was_first_asked_for(
        self, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own.write_bytes(CONTENT)
        monkeypatch.setenv("GENDIFF_DATA", "own")
        monkeypatch.chdir(tmp_path)
        assert fetch(remote("http://127.0.0.1:9/unused")) == own
        monkeypatch.chdir("/")
        assert fetch(remote("http://127.0.0.1:9/unused")) == own

    def test_that_cannot_be_read_is_named(
        self, own: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own.write_bytes(CONTENT)
        refuse(monkeypatch, "open", own.parent)
        with pytest.raises(ValueError, match=r"file\.bin cannot be read: Perm"):
            fetch(remote("http://127.0.0.1:9/unused"))


def refuse(
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    under: Path,
    number: int = errno.EACCES,
) -> None:
    """Let the system refuse a method of all paths under a folder."""
    usual: Callable[..., object] = getattr(Path, method)

    def refusing(self: Path, *args: object, **more: object) -> object:
        if self.is_relative_to(under):
            raise OSError(number, os.strerror(number), str(self))
        return usual(self, *args, **more)

    monkeypatch.setattr(Path, method, refusing)


class TestACacheThatCannotBeWritten:
    @pytest.fixture(autouse=True)
    def passing(self) -> Iterator[None]:
        yield
        module = sys.modules[fetch.__module__]
        module._passing().cleanup()
        module._passing.cache_clear()

    @pytest.mark.parametrize(
        ("method", "number"),
        [("mkdir", errno.EROFS), ("open", errno.EACCES), ("replace", errno.ENOSPC)],
    )
    def test_is_told_of_and_the_file_lasts_as_long_as_the_process(
        self,
        server: str,
        cache: Path,
        monkeypatch: pytest.MonkeyPatch,
        method: str,
        number: int,
    ) -> None:
        refuse(monkeypatch, method, cache, number)
        reason = os.strerror(number).lower()
        with pytest.warns(UserWarning, match=f"kept in .*data: {reason}") as told:
            path = fetch(remote(f"{server}/good"))
        assert len(told) == 1
        assert path.read_bytes() == CONTENT
        assert not path.is_relative_to(cache)
        assert left_over(cache) == []
        Awkward.requests.clear()
        if method == "mkdir":  # the others are noticed when bytes have come
            assert fetch(remote(f"{server}/good")) == path
            assert Awkward.requests == []

    def test_is_a_file(self, server: str, cache: Path) -> None:
        cache.parent.write_text("mine")
        with pytest.warns(UserWarning, match="nothing new is kept"):
            path = fetch(remote(f"{server}/good"))
        assert path.read_bytes() == CONTENT
        assert cache.parent.read_text() == "mine"

    def test_nor_any_other_folder(
        self, server: str, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refuse(monkeypatch, "mkdir", Path("/"), errno.ENOSPC)
        with (
            pytest.warns(UserWarning, match="nothing new is kept"),
            pytest.raises(OSError, match=r"no place for set/file\.bin.*make room"),
        ):
            fetch(remote(f"{server}/good"))

    def test_holds_what_another_user_may_not_read(
        self, server: str, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (cache / "set").mkdir(parents=True)
        (cache / "set" / "file.bin").write_bytes(CONTENT)
        refuse(monkeypatch, "open", cache)
        with pytest.warns(UserWarning, match="data: permission denied"):
            assert fetch(remote(f"{server}/good")).read_bytes() == CONTENT


def test_modes_are_as_the_umask_says(server: str, cache: Path) -> None:
    before = os.umask(0o002)
    try:
        path = fetch(remote(f"{server}/good"))
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o664
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o775


class Line:
    """Sends a block every so many seconds, by a clock of its own."""

    def __init__(self, block: bytes, seconds: float, blocks: int) -> None:
        self.now = 0.0
        self.block, self.seconds, self.blocks = block, seconds, blocks

    def __iter__(self) -> Iterator[bytes]:
        for _ in itertools.repeat(None, self.blocks):
            self.now += self.seconds
            yield self.block

    def clock(self) -> float:
        return self.now


class TestSteady:
    def test_a_slow_line_is_waited_for(self) -> None:
        line = Line(b"x" * 200, 2.0, 10_000)  # 5.5 hours, 100 bytes a second
        got = sum(map(len, steady(line, 30.0, line.clock)))
        assert got == 2_000_000

    def test_a_drip_is_not(self) -> None:
        line = Line(b"x", 1.0, 10_000)
        with pytest.raises(OSError, match="sent 30 bytes in 30 s and was given up"):
            list(steady(line, 30.0, line.clock))
        assert line.now == 30.0

    def test_nor_a_line_that_becomes_one(self) -> None:
        line = Line(b"x" * 10_000, 1.0, 10_000)
        received = steady(line, 30.0, line.clock)
        assert sum(len(next(received)) for _ in range(100)) == 1_000_000
        line.block = b"x"
        with pytest.raises(OSError, match="given up"):
            list(received)
        assert line.now == 150.0  # the whole of the last 30 seconds was a drip

    def test_the_readers_own_time_is_not_the_lines(self) -> None:
        line = Line(b"x" * 100, 1.0, 100)
        for _ in steady(line, 30.0, line.clock):
            line.now += 1000.0


def test_says_nothing_when_nobody_watches(
    server: str, capfd: pytest.CaptureFixture[str]
) -> None:
    fetch(remote(f"{server}/good"))
    assert capfd.readouterr() == ("", "")
