"""Every page as a reader meets it: offline, on a phone, in the dark, read aloud."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page
from reader import PHONE, faint, grave, opened

from gendiff.book.layout import Book

pytestmark = pytest.mark.site

BOOK = Book(Path(__file__).parents[2])
PAGES = BOOK.pages()
LIMIT = 3_000_000
"""Bytes of a page with everything that is inlined in it."""
LOADED = (
    "sound => sound.readyState >= 1 || new Promise(done => "
    "sound.addEventListener('loadedmetadata', () => done(true)))"
)


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
    assert "gendiff-failed" not in text
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
def test_a_page_opens_from_disk_and_is_readable_in_the_dark_and_in_light(
    browser: Browser, site: Path, page: str
) -> None:
    with opened(browser, local(site, page), color_scheme="dark") as seen:
        formulas(seen.page, html(site, page))
        for picture in seen.page.locator(".bd-article img").all():
            described(picture)
        for sound in seen.page.locator("audio").all():
            assert sound.get_attribute("aria-label")
            assert sound.evaluate(LOADED)
        assert seen.page.locator("html").get_attribute("data-theme") == "dark"
        shot = Image.open(io.BytesIO(seen.page.screenshot())).convert("L")
        lightness = np.asarray(shot, dtype=float)
        assert np.median(lightness) < 80
        assert (lightness > 170).mean() > 0.002
        assert faint(seen.page) == []
        seen.page.emulate_media(color_scheme="light")
        seen.page.locator("html[data-theme=light]").wait_for()
        assert faint(seen.page) == []
        assert grave(seen.page) == []
        assert seen.strange == []


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


DISTORTED = """[...document.querySelectorAll(".bd-content img")]
  .filter(i => i.naturalWidth && i.clientWidth)
  .filter(i => Math.abs(i.clientWidth * i.naturalHeight
    / (i.clientHeight * i.naturalWidth) - 1) > 0.03)
  .map(i => i.alt)"""


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_over_http_fits_a_phone_and_its_menu_opens(
    browser: Browser, served: str, page: str
) -> None:
    address = f"{served}/book/{page}.html"
    with opened(browser, address, viewport=PHONE, has_touch=True) as seen:
        assert seen.page.locator(".bd-article h1").count() == 1
        widths = "[document.documentElement.scrollWidth, window.innerWidth]"
        assert seen.page.evaluate(f"() => {widths}") == [PHONE["width"], PHONE["width"]]
        assert seen.page.evaluate(f"() => {DISTORTED}") == []
        entry = seen.page.locator(
            "a.reference.internal:visible", has_text="Conventions"
        )
        menu = seen.page.locator("dialog[open], .bd-sidebar-primary")
        assert not menu.locator(entry).first.is_visible()
        seen.page.locator("button.primary-toggle:visible").first.click()
        menu.locator(entry).first.wait_for(state="visible")
        assert seen.strange == []


def test_a_name_leads_to_its_description_and_that_to_its_source(
    browser: Browser, site: Path
) -> None:
    name = "gendiff.exact.mixture.GaussianMixture"
    with opened(browser, local(site, "conventions")) as seen:
        seen.page.locator("article a", has_text="GaussianMixture").click()
        seen.page.locator(f'[id="{name}"]').wait_for()
        assert seen.page.url == f"{local(site, 'api/exact')}#{name}"
        call = seen.page.locator(f'[id="{name}.__call__"]')
        assert 'x: Float[Tensor, "b d"]' in call.inner_text()
        call.get_by_text("[source]").click()
        seen.page.locator("pre", has_text="class GaussianMixture").wait_for()
        assert seen.page.url.endswith("/mixture.html#GaussianMixture.__call__")
        assert faint(seen.page) == []
        assert grave(seen.page) == []
        seen.page.set_viewport_size(PHONE)
        width = seen.page.evaluate("document.documentElement.scrollWidth")
        assert width == PHONE["width"]
        assert seen.strange == []


def test_a_claim_is_folded_until_a_link_leads_to_it_or_the_page_is_printed(
    browser: Browser, site: Path
) -> None:
    unfolded = (
        "() => [...document.querySelectorAll('details.gd-claim')].map(c => c.open)"
    )
    with opened(browser, local(site, "typicality/addendum")) as seen:
        claims = seen.page.locator("details.gd-claim")
        names = claims.evaluate_all("all => all.map(claim => claim.id)")
        assert len(names) > 2
        assert not any(seen.page.evaluate(unfolded))
        seen.page.evaluate("name => { location.hash = name; }", names[1])
        seen.page.locator(f"#{names[1]}[open]").wait_for()
        assert sum(seen.page.evaluate(unfolded)) == 1
        seen.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
        assert all(seen.page.evaluate(unfolded))
        assert seen.strange == []
    address = f"{local(site, 'typicality/addendum')}#{names[2]}"
    with opened(browser, address) as seen:
        seen.page.locator(f"#{names[2]}[open]").wait_for()


def test_contrast_is_judged_for_every_look(browser: Browser, tmp_path: Path) -> None:
    word = '<span style="color: {}">token</span> '
    tokens = [word.format(c) for c in ["#000"] * 50 + ["#bbb"] * 3 + ["#000"] * 50]
    dark = f'<p style="background: #111">{word.format("#000")}</p>'
    page = tmp_path / "page.html"
    page.write_text(
        f"<!DOCTYPE html><html lang=en><title>T</title><main><h1>T</h1>"
        f"<pre>{''.join(tokens)}</pre>{dark}</main>"
    )
    with opened(browser, page.as_uri(), home=tmp_path.as_uri()) as seen:
        found = faint(seen.page)
        assert len(found) == 2
        assert "#bbb" in found[0]
        assert "#000" in found[1]
        assert seen.strange == []


def test_search_finds_a_page_offline(browser: Browser, site: Path) -> None:
    home = local(site, "index").replace("/book/index.html", "")
    with opened(browser, f"{home}/search.html?q=noise", home=home) as seen:
        seen.page.locator("#search-results li a").first.wait_for()
        assert seen.strange == []
