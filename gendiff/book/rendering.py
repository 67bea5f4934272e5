"""How far Sphinx is: on a terminal in place, elsewhere a line a minute."""

import re
import time
from collections.abc import Iterable, Iterator

from rich.console import Console

from gendiff.book.board import MINUTE

STEP = re.compile(r"(reading sources|writing output)\.{3} *\[ *(\d+)%\] *(\S+)")
COLOURS = re.compile(r"\x1b\[[\d;]*[mK]")
WORDS = {"reading sources": "read", "writing output": "written"}


def steps(lines: Iterable[str]) -> Iterator[str]:
    """Yield for each page that Sphinx takes up how much it has done.

    >>> [*steps(["reading sources... [ 34%] book/index", "done"])]
    ['34 % of the pages read: book/index']
    """
    for line in lines:
        for what, share, page in STEP.findall(COLOURS.sub("", line)):
            yield f"{share} % of the pages {WORDS[what]}: {page}"


def follow(lines: Iterable[str]) -> None:
    """Show how far Sphinx is until it has printed its last line."""
    console = Console(highlight=False, soft_wrap=True)
    spoke = time.monotonic()
    with console.status("rendering") as status:
        for step in steps(lines):
            status.update(f"rendering, {step}")
            if not console.is_terminal and time.monotonic() - spoke > MINUTE:
                spoke = time.monotonic()
                console.print(f"...     rendering, {step}", markup=False)
