"""A page in a browser, watched: what it asks for, draws, and keeps from a reader."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route

DESK = {"width": 1300, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE = 120_000 if os.environ.get("CI") else 0
"""Milliseconds that a condition may take; 0 is as long as it takes."""
CONTRAST = "color-contrast"
LINKS = "link-in-text-block"


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
    context.set_default_timeout(PATIENCE)
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


def faint(page: Page) -> list[str]:
    """Return the texts and links that axe finds too faint: what colours decide.

    Contrast takes ten times as long as all other rules together, and most of a page is
    code whose tokens look alike. So it is judged where a look occurs first: a colour,
    size and weight, on the grounds behind it.
    """
    page.evaluate(f"() => {{ {FIRST} }}")
    first = {"include": [["[data-first]"]]}
    return [*violations(page, only(CONTRAST), first), *violations(page, only(LINKS))]


def only(rule: str) -> dict[str, Any]:
    """Return the options with which axe judges by one rule."""
    return {"runOnly": {"type": "rule", "values": [rule]}}


def grave(page: Page) -> list[str]:
    """Return what else axe finds that keeps a reader from the page, in any light.

    The tokens of code become plain text first: they differ in colour alone.
    """
    page.evaluate(f"() => {{ {PLAIN} }}")
    return violations(page, {"rules": {CONTRAST: {"enabled": False}}})


def violations(
    page: Page, options: dict[str, Any], context: dict[str, Any] | None = None
) -> list[str]:
    """Return axe's serious findings."""
    # Without preload: it would fetch style sheets, which a browser forbids from disk.
    usual = {"preload": False, "resultTypes": ["violations"]}
    found = Axe().run(page, context, usual | options).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for rule in found
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


PLAIN = """
for (const token of document.querySelectorAll(
  ".highlight pre span:not([id]):not([tabindex])"))
  token.replaceWith(...token.childNodes);
document.body.normalize();
"""
FIRST = """
const grounds = new WeakMap(), looks = new Set();
let apart = 0;
const ground = element => {
  if (!element) return "";
  if (!grounds.has(element)) {
    const style = getComputedStyle(element);
    const lies = ["static", "relative"].includes(style.position) ? "" : `${++apart}`;
    const own = [style.backgroundColor, style.backgroundImage, style.opacity,
      style.filter, style.mixBlendMode, lies].join();
    const plain = own === "rgba(0, 0, 0, 0),none,1,none,normal,";
    grounds.set(element, ground(element.parentElement) + (plain ? "" : "|" + own));
  }
  return grounds.get(element);
};
for (const element of document.body.querySelectorAll("*")) {
  element.removeAttribute("data-first");
  if (element.closest("mjx-assistive-mml")) continue;  // read aloud, not seen
  const says = [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim());
  if (!says) continue;
  const style = getComputedStyle(element), box = element.getBoundingClientRect();
  const look = [style.color, style.fontSize, style.fontWeight, style.textShadow,
    style.visibility, box.width > 0 && box.height > 0, ground(element)].join();
  if (!looks.has(look)) element.setAttribute("data-first", "");
  looks.add(look);
}
"""
"""Marks the first element of each look; what lies apart from the flow is a look."""
