r"""What a cell shows and what it tells: one display with a record beside it.

Everything that a chapter shows goes through `publish`: HTML for the reader, plain text
for a terminal, and a JSON record (see `evidence`) for the pipeline. Ledger texts are
Markdown with `$math$`; `markup` turns the little of it that they use into HTML whose
formulas MathJax finds, in the book as in JupyterLab. Numbers are printed with the
digits that they deserve: `number` and `uncertain`.
"""

import html
import math
import re
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
from markupsafe import Markup

from gendiff.book.evidence import MIME, Record

Bundle = dict[str, Any]
"""MIME types and what to show under each."""

TINY = (
    "the same code at a small part of its size. Pictures and numbers here are not "
    "those that the sentences around them speak of"
)
"""What a reader should know of a run at preset smoke."""

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SPANS = re.compile(r"\$([^$]+)\$|`([^`]+)`")


def publish(
    bundle: Bundle,
    /,
    record: Record | None = None,
    **metadata: Any,  # noqa: ANN401
) -> None:
    """Display `bundle` in the running cell, with `record` under the evidence type."""
    if record is not None:
        bundle = {**bundle, MIME: record}
    if InteractiveShell.initialized():
        display(bundle, raw=True, metadata=metadata)
    elif "text/plain" in bundle and not metadata.get("scrapbook"):
        print(bundle["text/plain"])


def aside(markup: str, /, name: str) -> None:
    """Show HTML in JupyterLab that the rendered book leaves out.

    The book has its own style sheet and puts captions under its figures; a notebook
    needs them in its outputs. Outputs that are glued under a foreign MIME prefix are
    taken out of the page by myst-nb, and shown by every notebook interface.
    """
    glue = {"name": f"aside-{name}", "mime_prefix": "text/"}
    publish({"text/html": markup}, scrapbook=glue)


def anchor(kind: str, name: str, /) -> str:
    """Return the anchor of a block on its page.

    >>> anchor("claim", "A-C02")
    'claim-a-c02'
    """
    return f"{kind}-{name.lower()}"


def markup(text: str, /) -> str:
    r"""Return ledger text as HTML: math, code, **strong** and *emphasised* words.

    >>> markup("below $x^2$ & `y`")
    'below \\(x^2\\) &amp; <code>y</code>'
    """
    parts: list[str] = []
    end = 0
    for span in _SPANS.finditer(text):
        parts.append(_words(text[end : span.start()]))
        formula, code = span.groups()
        parts.append(
            f"\\({html.escape(formula)}\\)"
            if formula
            else f"<code>{html.escape(code)}</code>"
        )
        end = span.end()
    return "".join([*parts, _words(text[end:])])


def markup_safe(text: str, /) -> Markup:
    """Return `markup` for a template, which escapes whatever is not marked as safe."""
    return Markup(markup(text))  # noqa: S704 -- markup escapes


def _words(text: str) -> str:
    text = html.escape(text, quote=False)
    text = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", text)
    return re.sub(r"(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])", r"<em>\1</em>", text)


def number(value: float, /, digits: int = 3) -> str:
    """Return `value` with `digits` significant digits, powers of ten as readers write.

    >>> number(0.0033666), number(-12345.6), number(2.5e-9), number(7)
    ('0.00337', '−12 346', '2.5 × 10⁻⁹', '7')
    """
    if value == 0:
        return "0"
    if float(value).is_integer() and abs(value) < 1e15:
        return _spaced(f"{value:.0f}")
    power = math.floor(math.log10(abs(value)))
    if -4 <= power < max(6, digits):
        rounded = f"{value:.{max(0, digits - 1 - power)}f}"
        return _spaced(rounded.rstrip("0").rstrip(".") if "." in rounded else rounded)
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return _spaced(mantissa) + " × 10" + str(int(exponent)).translate(_RAISED)


def uncertain(value: float, spread: float, /) -> str:
    """Return `value ± spread`, both cut where the spread's second digit stands.

    >>> uncertain(0.123456, 0.00421), uncertain(1234.5, 0.0)
    ('0.1235 ± 0.0042', '1234.5 ± 0')
    """
    if spread == 0:
        return f"{number(value, 6).replace(' ', '')} ± 0"
    places = 1 - math.floor(math.log10(abs(spread)))
    if not -4 < places <= 7:
        return f"{number(value)} ± {number(spread, 2)}"
    places = max(0, places)
    return _spaced(f"{value:.{places}f}") + f" ± {spread:.{places}f}"


def measured(value: float, error: float | None) -> str:
    """Return a number with its error, and the digits that it deserves.

    One without an error has four significant digits.

    >>> measured(0.123456, 0.00421), measured(0.123456, None)
    ('0.1235 ± 0.0042', '0.1235')
    """
    return number(value, 4) if error is None else uncertain(value, error)


def _spaced(text: str) -> str:
    """Set a real minus, and thin spaces into long whole numbers."""
    text = re.sub(r"^-", "−", text)
    whole = re.fullmatch(r"(−?)(\d{5,})", text)
    return whole[1] + f"{int(whole[2]):,}".replace(",", " ") if whole else text
