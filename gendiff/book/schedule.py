"""Which page runs when: shared models first, then the longest, as many as fit.

There is no limit of time unless one is asked for. Ctrl-C ends what runs; what was
computed by then is kept, and the same command goes on from there.
"""

import os
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

import psutil

from gendiff.book import seconds, shared
from gendiff.book.board import Board
from gendiff.book.execute import Outcome, Plan, attempt, source, stored
from gendiff.book.notebooks import parse
from gendiff.book.process import BEAT, Watch

MEMORY = 2_000_000_000
"""Bytes that a page may take at preset cpu, with some to spare."""


def workers() -> int:
    """Return how many pages run at a time: as cores and free memory allow."""
    cores = (
        len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1
    )
    return max(1, min(cores, psutil.virtual_memory().available // MEMORY))


@dataclass
class Queue:
    """What is still to run, in order, and what each waits for."""

    waiting: list[str]
    needs: Mapping[str, set[str]]
    over: set[str] = field(default_factory=set[str])

    def next(self) -> str | None:
        """Take the first that waits for nothing more; nothing if there is none."""
        for name in self.waiting:
            if self.needs.get(name, set()) <= self.over:
                self.waiting.remove(name)
                return name
        return None


def queue(plan: Plan, pages: list[str], expected: Mapping[str, float]) -> Queue:
    """Put before pages the models that several of them load."""
    needs = {name: set(shared.needs(plan.book.text(name))) for name in pages}
    anew = [name for name in pages if plan.memo and not at_hand(plan, name)]
    models = dict.fromkeys(model for name in anew for model in sorted(needs[name]))
    first = sorted(models, key=lambda name: -expected.get(name, 0.0))
    return Queue([*first, *pages], {name: needs[name] & set(first) for name in pages})


def at_hand(plan: Plan, chapter: str) -> bool:
    """Tell whether a chapter need not run; one that cannot be read must be told of."""
    try:
        return stored(plan, plan.key(parse(source(plan.book, chapter)))).exists()
    except (ValueError, SyntaxError):
        return False


def run(
    plan: Plan,
    chapters: Iterable[str],
    *,
    jobs: int | None = None,
    within: float | None = None,
) -> list[Outcome]:
    """Execute chapters, show how far each is, and return the outcomes.

    Args:
        plan: How to execute them.
        chapters: Their names.
        jobs: How many at a time; by default as cores and memory allow.
        within: Seconds after which nothing more begins, and what runs is stopped.

    Raises:
        KeyboardInterrupt: If somebody stopped it; by then nothing runs any more.
    """
    chapters = list(chapters)
    expected = seconds.recorded(plan.book, plan.variant)
    pages = chapters
    if within is None:  # else the order is the caller's: what comes last may not run
        pages = sorted(chapters, key=lambda name: -expected.get(name, 0.0))
    line = queue(plan, pages, expected)
    jobs = jobs or workers()
    outcomes: dict[str, Outcome] = {}
    running: dict[Future[Outcome], str] = {}
    watches: dict[str, Watch] = {}
    told: set[str] = set()
    began = time.monotonic()
    with (
        ThreadPoolExecutor(jobs) as pool,
        Board(expected, len(chapters), jobs=jobs) as board,
    ):
        try:
            while line.waiting or running:
                while len(running) < jobs and (name := line.next()):
                    watches[name] = Watch()
                    alone = name.startswith(shared.FOLDER)
                    way = replace(plan, knobs={}) if alone else plan
                    future = pool.submit(attempt, way, name, watches[name])
                    running[future] = name
                    board.begin(name, watches[name])
                    board.waiting = line.waiting
                for future in wait(running, BEAT, FIRST_COMPLETED).done:
                    name = running.pop(future)
                    outcomes[name] = ended = future.result()
                    line.over.add(name)
                    board.end(
                        name,
                        ended.seconds if ended.cold else None,
                        f"[{plan.variant}] {ended}",
                        counts=name in chapters,
                    )
                    if ended.note and ended.note not in told:
                        told.add(ended.note)
                        board.say(ended.note)
                board.tick()
                if within is not None and time.monotonic() - began > within:
                    line.waiting.clear()
                    halt(watches)
        except BaseException:
            halt(watches)
            raise
    models = [each for name, each in outcomes.items() if name not in chapters]
    never = {name: Outcome(name, None, 0.0, stopped=True) for name in chapters}
    return [*models, *(outcomes.get(name, never[name]) for name in chapters)]


def halt(watches: Mapping[str, Watch]) -> None:
    """Stop whatever runs."""
    for watch in watches.values():
        watch.stop.set()
