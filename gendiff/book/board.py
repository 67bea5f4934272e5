"""What a person sees while pages run: a line a page, and one for the whole.

On a terminal the lines stay in place: which cell is at work, what it trains, for how
long, and about how long to go. Elsewhere, in a log or a pipe, a line is printed at
least once a minute. The estimate is what a page took when it was recorded, scaled by
how this machine has compared so far.
"""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from gendiff.book.process import Status, Watch

MINUTE = 60.0
STALL = 600.0
"""Seconds without any use of the processor after which somebody should look."""


class Board:
    """The pages that run, and how far each is."""

    def __init__(self, expected: Mapping[str, float], pages: int, *, jobs: int) -> None:
        """Take the seconds that pages took when recorded, as far as they are known."""
        self.expected = expected
        self.pages, self.jobs = pages, jobs
        self.began = time.monotonic()
        self.running: dict[str, tuple[float, Watch]] = {}
        self.waiting: list[str] = []
        self.ended = 0
        self.taken = self.foreseen = 0.0
        self.spoke: dict[str, float] = {}
        self.stalled: set[str] = set()
        self.console = Console(highlight=False, soft_wrap=True)
        self.live = Live(self, console=self.console, transient=True)

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.console.is_terminal:
            self.live.stop()

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self.console.print(line, markup=False)

    def begin(self, name: str, watch: Watch) -> None:
        """Show a page from now on."""
        self.running[name] = (time.monotonic(), watch)
        self.spoke[name] = time.monotonic()

    def end(self, name: str, seconds: float | None, line: str, *, counts: bool) -> None:
        """Take a page off; `seconds` are those of a page that ran from the start."""
        del self.running[name]
        self.ended += counts
        if seconds is not None and name in self.expected:
            self.taken += seconds
            self.foreseen += self.expected[name]
        self.say(line)

    def tick(self) -> None:
        """Say what must be said by now: once a minute in a log, and when all stalls."""
        now = time.monotonic()
        for name, (began, watch) in self.running.items():
            if now - watch.busy > STALL and name not in self.stalled:
                self.stalled.add(name)
                self.say(
                    f"stalled {name}: nothing has happened for "
                    f"{duration(now - watch.busy)}; Ctrl-C ends the run and keeps "
                    "what was computed"
                )
            if not self.console.is_terminal and now - self.spoke[name] > MINUTE:
                self.spoke[name] = now
                words = [*at(watch.status), duration(now - began), self.left(name)]
                self.say(f"...     {name}: {', '.join(filter(None, words))}")

    @property
    def scale(self) -> float:
        """How many times the recorded seconds this machine takes, as seen so far."""
        return self.taken / self.foreseen if self.foreseen > 1 else 1.0

    def remaining(self, name: str) -> float | None:
        """Return about how many seconds a page still takes; nothing if unknown."""
        if name not in self.expected:
            return None
        began, _ = self.running.get(name, (time.monotonic(), None))
        return self.expected[name] * self.scale - (time.monotonic() - began)

    def left(self, name: str) -> str:
        """Return how long a page still takes, in words."""
        seconds = self.remaining(name)
        if seconds is None:
            return ""
        late = "longer than recorded"
        return f"about {duration(seconds)} to go" if seconds > 0 else late

    def summary(self) -> str:
        """Return the line for the whole."""
        each = [self.remaining(n) for n in (*self.running, *self.waiting)]
        known = [max(0.0, seconds) for seconds in each if seconds is not None]
        words = [
            f"{self.ended} of {self.pages} pages",
            duration(time.monotonic() - self.began),
        ]
        if known and len(known) == len(each):
            left = max(*known, sum(known) / self.jobs)
            words.append(f"about {duration(left)} to go")
        return ", ".join(words)

    def __rich__(self) -> Group:
        """Draw the lines."""
        table = Table.grid(padding=(0, 2))
        for _ in range(6):
            table.add_column(no_wrap=True, overflow="ellipsis")
        for name, (began, watch) in list(self.running.items()):
            cell, work = at(watch.status) or ("starting", "")
            share = watch.status.cell / max(1, watch.status.cells)
            table.add_row(
                name,
                ProgressBar(total=1.0, completed=share, width=20),
                cell,
                work,
                duration(time.monotonic() - began),
                self.left(name),
            )
        return Group(table, Text(self.summary(), no_wrap=True))


def at(status: Status) -> tuple[str, str]:
    """Return which cell is at work, and at what.

    >>> at(Status(3, 40, "digits", 0.25))
    ('cell 3 of 40', 'digits 25 %')
    """
    if not status.cells:
        return "starting", ""
    share = "" if status.share is None else f"{100 * status.share:.0f} %"
    return f"cell {status.cell} of {status.cells}", f"{status.label} {share}".strip()


def duration(seconds: float) -> str:
    """Return a time in words.

    >>> duration(41.3), duration(252), duration(7300)
    ('41 s', '4 min 12 s', '2 h 1 min')
    """
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
