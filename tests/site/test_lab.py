"""Pages in JupyterLab: what a rerunner reads is what the site shows."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from gendiff.book.layout import Book

ROOT = Path(__file__).parents[2]
BOOK = Book(ROOT)
RAW = re.compile(
    r"\{(?:eval|ref|doc|numref|eq|cite\S*|glue\S*|py:\w+)\}"
    r"|%s|\bf\"\{|Undefined control sequence|\[@|\bTraceback\b"
)
"""What no reader should see: roles, expressions, keys, formulas that failed."""
pytestmark = pytest.mark.site
SETTINGS = {
    # Cells out of sight are drawn all the same, so that they can be read.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}
PAGE = """
```{code-cell} ipython3
---
jupyter:
  source_hidden: true
---
secret = 2.5
```

So there are {eval}`f"{secret:.2f}"` of them, {eval}`3` times.

```{exercise} Another
:label: ex-lab-another
Is $\\mathbb{E} x$ equal to {eval}`f"{-secret:.1f}"`?
```
"""
OURS = str(ROOT / "book" / "_lab")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a copy of some texts and of the executed pages."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "book").mkdir()
    for name in ("jupytext.toml", "book/conventions.md"):
        shutil.copy(ROOT / name, folder / name)
    text = (folder / "book" / "conventions.md").read_text("utf-8")
    (folder / "book" / "small.md").write_text(text + PAGE, "utf-8")
    shutil.copytree(ROOT / "_build" / "executed" / "smoke", folder / "executed")
    for name, value in SETTINGS.items():
        path = folder / "settings" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), "utf-8")
    return folder


@pytest.fixture(scope="module")
def lab(texts: Path) -> Iterator[str]:
    """Return the address of a server over these, set up as `make lab` does."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    address = f"http://localhost:{port}"
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"),
            *(f"--port={port}", "--ServerApp.port_retries=0"),
            *("--IdentityProvider.token=", f"--ServerApp.root_dir={texts}"),
            f"--LabApp.user_settings_dir={texts / 'settings'}",
            "--LabApp.expose_app_in_browser=True",
        ],
        cwd=texts,
        env=os.environ | {"JUPYTER_PATH": OURS, "JUPYTER_CONFIG_PATH": OURS},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        ready(address, server)
        yield address
    finally:
        server.terminate()
        server.wait()


def ready(address: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/api").close()  # noqa: S310
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail("JupyterLab did not start")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 30_000})
    opened = context.new_page()
    opened.set_default_timeout(120_000)
    yield opened
    context.close()


def notebook(page: Page, address: str, path: str) -> None:
    """Open a file as a notebook, and wait until all its prose is drawn."""
    page.goto(f"{address}/lab/tree/{path}?reset&factory=Notebook")
    page.wait_for_selector(".jp-MarkdownCell.jp-mod-rendered h1")
    page.wait_for_function(
        "() => { const all = [...document.querySelectorAll('.jp-MarkdownCell')];"
        " const drawn = all.filter(c => c.matches('.jp-mod-rendered'));"
        " const same = all.length === window.before && drawn.length === all.length;"
        " window.before = all.length; return same; }",
        polling=1000,
    )


def prose(page: Page) -> str:
    """Return what the paragraphs of an open notebook say."""
    return "\n".join(page.locator(".jp-MarkdownCell").all_inner_texts())


def run_all(page: Page) -> None:
    """Run every cell, and wait for the last."""
    page.locator(".jp-Notebook .jp-Cell").first.click()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    page.wait_for_function(
        "() => { const all = [...document.querySelectorAll("
        "'.jp-CodeCell .jp-InputPrompt')].map(e => e.textContent.trim());"
        " return all.length && all.every(t => /^(\\[\\d+\\]:)?$/.test(t)); }"
    )


def test_a_text_runs_and_its_sentences_have_their_numbers(page: Page, lab: str) -> None:
    notebook(page, lab, "book/small.md")
    run_all(page)
    page.wait_for_function(
        "() => document.querySelector('.jp-Notebook').innerText"
        ".includes('So there are 2.50 of them, 3 times.')"
    )
    told = prose(page)
    assert "equal to -2.5?" in told.replace("−", "-")
    assert "Exercise" in told
    assert not RAW.findall(told)
    folded = page.locator(".jp-CodeCell:has(.jp-Placeholder)")
    assert "secret = 2.5" in "\n".join(folded.all_inner_texts())


def test_saving_a_text_that_was_run_changes_nothing_of_it(
    page: Page, lab: str, texts: Path
) -> None:
    path = texts / "book" / "small.md"
    before = path.read_text("utf-8")
    notebook(page, lab, "book/small.md")
    run_all(page)
    with page.expect_response(lambda answer: answer.request.method == "PUT") as saved:
        page.keyboard.press("Control+s")
    assert saved.value.url.split("?")[0].endswith("/contents/book/small.md")
    assert saved.value.ok
    assert path.read_text("utf-8") == before


def test_sentences_that_run_before_they_are_drawn_get_their_numbers(
    page: Page, lab: str
) -> None:
    notebook(page, lab, "book/small.md")
    cells = "jupyterapp.shell.currentWidget.content.widgets.filter(c => c.mystModel)"
    page.evaluate(f"() => {cells}.forEach(c => {{ c.mystModel._mdast = undefined; }})")
    run_all(page)
    assert "So there are 2.50" not in prose(page)
    page.evaluate(f"() => {cells}[0].render()")  # which draws all
    page.wait_for_function(
        "() => document.querySelector('.jp-Notebook').innerText"
        ".includes('So there are 2.50 of them, 3 times.')"
    )
    assert not RAW.findall(prose(page))


def test_nobody_is_asked_about_news(page: Page, lab: str) -> None:
    notebook(page, lab, "book/small.md")
    run_all(page)
    assert "official Jupyter news" not in page.locator("body").inner_text()


@pytest.mark.parametrize("chapter", BOOK.chapters())
def test_an_executed_page_reads_as_the_site_does(
    page: Page, lab: str, chapter: str
) -> None:
    notebook(page, lab, f"executed/{chapter}.ipynb")
    told = prose(page)
    assert not RAW.findall(told), RAW.findall(told)
    key = re.search(r"\b[a-z]+(?:19|20)\d\d[a-z]*\b", told)
    assert not key, f"a bare key: {key}"
