"""Fetching: the order of places, and servers that cut, stall, tamper and lack."""

import hashlib
import logging
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pooch
import pytest

from gendiff.data.fetch import Remote, fetch

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
    folder = tmp_path / "cache"
    monkeypatch.setattr(pooch, "os_cache", lambda project: folder)
    monkeypatch.delenv("GENDIFF_DATA", raising=False)
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


def test_says_nothing_when_nobody_watches(
    server: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="pooch"):
        fetch(remote(f"{server}/good"))
    assert capfd.readouterr() == ("", "")
