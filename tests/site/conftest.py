"""The built site, and a browser in which every request to another host fails a test."""

import functools
import http.server
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

from gendiff.book.__main__ import main

# The import mode of the suite leaves test folders off the path.
sys.path.insert(0, str(Path(__file__).parent))
from reader import PATIENCE

ROOT = Path(__file__).parents[2]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="session")
def site() -> Path:
    """Return the folder of the built site; without one, build it from smoke runs."""
    folder = ROOT / os.environ.get("GENDIFF_SITE", "_build/html")
    if not (folder / "book" / "index.html").exists():
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(ROOT)
            assert main(["run", "--preset", "smoke"]) == 0
            assert main(["build", "--preset", "smoke"]) == 0
        folder = ROOT / "_build" / "html"
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium; without one, fail under CI and skip elsewhere."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    with sync_playwright() as play:
        try:
            # Without a system's Chromium, playwright may have one of its own.
            opened = play.chromium.launch(
                executable_path=found,
                timeout=PATIENCE,
                args=[
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-background-networking",
                ],
            )
        except Error:
            message = (
                "no Chromium: the pages were not opened (apt-get install chromium)"
            )
            if os.environ.get("CI"):
                pytest.fail(message)
            pytest.skip(message)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def served(site: Path) -> Iterator[str]:
    """Return the address at which the site is served over http."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
