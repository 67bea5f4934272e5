"""Every page as a reader meets it: offline, on a phone, in the dark, read aloud."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Route

from gendiff.book.layout import Book

pytestmark = pytest.mark.site

BOOK = Book(Path(__file__).parents[2])
PAGES = BOOK.pages()
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1300, "height": 900}
LIMIT = 3_000_000
"""Bytes of a page with everything that is inlined in it."""
LOADED = (
    "sound => sound.readyState >= 1 || new Promise(done => "
    "sound.addEventListener('loadedmetadata', () => done(true)))"
)


@dataclass
class Opened:
    """A page in a browser, and what it did that it should not."""

    page: Page
    strange: list[str] = field(default_factory=list[str])
    """Requests to other hosts, and what it wrote to the console."""


@contextmanager
def opened(
    browser: Browser, address: str, *, home: str = "", **options: Any
) -> Iterator[Opened]:
    """Open an address, wait until its formulas are drawn, and watch it."""
    usual = {"viewport": DESK, "reduced_motion": "reduce"}
    context = browser.new_context(**usual | options)
    seen = Opened(context.new_page())
    home = home or address.rpartition("/book/")[0]

    def watch(route: Route) -> None:
        url = route.request.url
        if url.startswith((home, "data:", "blob:")):
            route.continue_()
        else:
            seen.strange.append(f"asks {url}")
            route.abort()

    context.route("**/*", watch)
    seen.page.on("console", lambda said: heard(seen, said.type, said.text))
    seen.page.on("pageerror", lambda error: seen.strange.append(f"throws {error}"))
    seen.page.on(
        "requestfailed", lambda request: seen.strange.append(f"lacks {request.url}")
    )
    seen.page.goto(address, wait_until="load")
    seen.page.evaluate("() => window.MathJax?.startup?.promise")
    yield seen
    context.close()


def heard(seen: Opened, kind: str, text: str) -> None:
    """Keep what the page wrote to the console; the theme's own notes are no error."""
    if kind in {"error", "warning"}:
        seen.strange.append(f"console {kind}: {text}")


def local(site: Path, page: str) -> str:
    """Return the address of a page in the file system."""
    return (site / "book" / f"{page}.html").as_uri()


def html(site: Path, page: str) -> str:
    """Return the text of a built page."""
    return (site / "book" / f"{page}.html").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_small_whole_and_executed(site: Path, page: str) -> None:
    text = html(site, page)
    assert 5_000 < len(text.encode()) < LIMIT
    assert "without executing this chapter" not in text
    assert "gendiff:" not in re.sub(r"<pre>.*?</pre>", "", text, flags=re.DOTALL)
    if page in BOOK.chapters():
        assert "How this page was made" in text
        assert re.search(r'href="[^"]*_downloads/[^"]+\.ipynb"', text)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_another_host_for_what_it_loads(site: Path, page: str) -> None:
    loads = r'<(?:script|img|iframe|audio|video|source)\b[^>]*\bsrc="(?:https?:)?//'
    assert not re.findall(loads, html(site, page))
    assert not re.findall(
        r'<link\b[^>]*rel="stylesheet"[^>]*href="https?:', html(site, page)
    )


@pytest.mark.parametrize("page", PAGES)
def test_links_inside_the_book_lead_somewhere(site: Path, page: str) -> None:
    here = site / "book" / f"{page}.html"
    for link in set(
        re.findall(r'href="([^"#:?]+\.html)(?:#([^"]*))?"', html(site, page))
    ):
        target = (here.parent / link[0]).resolve()
        assert target.exists(), f"{page} leads to {link[0]}"
        if link[1]:
            assert re.search(
                rf'\bid="{re.escape(link[1])}"', target.read_text("utf-8")
            ), link


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_from_disk(browser: Browser, site: Path, page: str) -> None:
    with opened(browser, local(site, page)) as seen:
        formulas(seen.page, html(site, page))
        for picture in seen.page.locator(".bd-article img").all():
            described(picture)
        for sound in seen.page.locator("audio").all():
            assert sound.get_attribute("aria-label")
            assert sound.evaluate(LOADED)
        assert seen.strange == []
        assert grave(seen.page) == []


def formulas(page: Page, text: str) -> None:
    """Check that every formula is drawn, without an error, and can be read aloud."""
    drawn = page.locator("mjx-container").count()
    assert drawn >= text.count('class="math ')
    assert page.locator("mjx-merror, mjx-container [data-mjx-error]").count() == 0
    assert page.locator("mjx-assistive-mml").count() == drawn


def described(picture: Locator) -> None:
    """Check that a picture is there and has words, which are no path."""
    alt = picture.get_attribute("alt") or ""
    assert len(alt) >= 20, alt
    assert not re.search(r"\.(png|svg|jpe?g)$|_images/", alt), alt
    assert picture.evaluate(
        "image => image.decode().then(() => image.naturalWidth > 0)"
    )


def grave(page: Page) -> list[str]:
    """Return what axe finds that keeps a reader from the page."""
    # Without preload: it would fetch style sheets, which a browser forbids from disk.
    options = {"preload": False, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for rule in found
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


DISTORTED = """[...document.querySelectorAll(".bd-content img")]
  .filter(i => i.naturalWidth && i.clientWidth)
  .filter(i => Math.abs(i.clientWidth * i.naturalHeight
    / (i.clientHeight * i.naturalWidth) - 1) > 0.03)
  .map(i => i.alt)"""


@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_a_phone_and_its_menu_opens(
    browser: Browser, site: Path, page: str
) -> None:
    with opened(browser, local(site, page), viewport=PHONE, has_touch=True) as seen:
        widths = "[document.documentElement.scrollWidth, window.innerWidth]"
        assert seen.page.evaluate(f"() => {widths}") == [PHONE["width"], PHONE["width"]]
        assert seen.page.evaluate(f"() => {DISTORTED}") == []
        entry = seen.page.locator(
            "a.reference.internal:visible", has_text="Conventions"
        )
        menu = seen.page.locator("dialog[open], .bd-sidebar-primary")
        assert not menu.locator(entry).first.is_visible()
        seen.page.locator("button.primary-toggle:visible").first.click()
        menu.locator(entry).first.wait_for(state="visible", timeout=5000)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_readable_in_the_dark(
    browser: Browser, site: Path, page: str
) -> None:
    with opened(browser, local(site, page), color_scheme="dark") as seen:
        assert seen.page.locator("html").get_attribute("data-theme") == "dark"
        shot = Image.open(io.BytesIO(seen.page.screenshot())).convert("L")
        lightness = np.asarray(shot, dtype=float)
        assert np.median(lightness) < 80
        assert (lightness > 170).mean() > 0.002
        assert grave(seen.page) == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_over_http(browser: Browser, served: str, page: str) -> None:
    with opened(browser, f"{served}/book/{page}.html") as seen:
        assert seen.page.locator(".bd-article h1").count() == 1
        assert seen.strange == []


def test_search_finds_a_page_offline(browser: Browser, site: Path) -> None:
    home = local(site, "index").replace("/book/index.html", "")
    with opened(browser, f"{home}/search.html?q=noise", home=home) as seen:
        seen.page.locator("#search-results li a").first.wait_for(timeout=10_000)
        assert seen.strange == []
