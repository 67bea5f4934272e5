"""Which page runs when: shared models first, then the longest, as many as fit.

There is no limit of time unless one is asked for. Ctrl-C ends what runs; what was
computed by then is kept, and the same command goes on from there.
"""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import NamedTuple

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


class Task(NamedTuple):
    """A page, or a model that pages share, under one root seed."""

    page: str
    seed: int

    @property
    def name(self) -> str:
        """What the board calls it."""
        return f"{self.page} (seed {self.seed})" if self.seed else self.page


@dataclass
class Queue:
    """What is still to run, in order, and what each waits for."""

    waiting: list[Task]
    needs: Mapping[Task, set[Task]]
    over: set[Task] = field(default_factory=set[Task])

    def next(self) -> Task | None:
        """Take the first that waits for nothing more; nothing if there is none."""
        for task in self.waiting:
            if self.needs.get(task, set()) <= self.over:
                self.waiting.remove(task)
                return task
        return None

    @property
    def names(self) -> list[str]:
        """What waits, by name."""
        return [task.name for task in self.waiting]


def queue(plan: Plan, tasks: list[Task], expected: Mapping[str, float]) -> Queue:
    """Put before pages the models that several of them load."""
    needs = {
        task: {
            Task(model, shared.seed(model, task.seed))
            for model in shared.needs(plan.book.text(task.page))
        }
        for task in tasks
    }
    anew = [task for task in tasks if plan.memo and not at_hand(plan, task)]
    models = dict.fromkeys(model for task in anew for model in sorted(needs[task]))
    first = sorted(models, key=lambda task: -expected.get(task.page, 0.0))
    return Queue([*first, *tasks], {task: needs[task] & set(first) for task in tasks})


def way(plan: Plan, task: Task) -> Plan:
    """Return how one task is executed: under its seed, a model with its own sizes."""
    overrides = shared.concerning(task.page, plan.overrides)
    return replace(plan, seed=task.seed, overrides=overrides)


def at_hand(plan: Plan, task: Task) -> bool:
    """Tell whether a page need not run; one that cannot be read must be told of."""
    plan = way(plan, task)
    try:
        return stored(plan, plan.key(parse(source(plan.book, task.page)))).exists()
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
    tasks = [Task(name, plan.seed) for name in chapters]
    found = run_tasks(plan, tasks, jobs=jobs, within=within)
    models = [outcome for task, outcome in found.items() if task not in tasks]
    return [*models, *(found[task] for task in tasks)]


def run_tasks(
    plan: Plan,
    tasks: Sequence[Task],
    *,
    jobs: int | None = None,
    within: float | None = None,
) -> dict[Task, Outcome]:
    """Execute pages, each under its own seed: see `run`.

    What was not run, since the time was over, is *stopped*.
    """
    recorded = seconds.recorded(plan.book, plan.preset)
    ordered = list(tasks)
    if within is None:  # else the order is the caller's: what comes last may not run
        ordered.sort(key=lambda task: -recorded.get(task.page, 0.0))
    line = queue(plan, ordered, recorded)
    every = [*line.waiting]
    expected = {t.name: recorded[t.page] for t in every if t.page in recorded}
    jobs = jobs or workers()
    outcomes: dict[Task, Outcome] = {}
    running: dict[Future[Outcome], Task] = {}
    watches: dict[Task, Watch] = {}
    told: set[str] = set()
    began = time.monotonic()
    with (
        ThreadPoolExecutor(jobs) as pool,
        Board(expected, len(tasks), jobs=jobs) as board,
    ):
        try:
            while line.waiting or running:
                while len(running) < jobs and (task := line.next()):
                    watches[task] = Watch()
                    mine = way(plan, task), task.page, watches[task]
                    future = pool.submit(attempt, *mine)
                    running[future] = task
                    board.begin(task.name, watches[task])
                    board.waiting = line.names
                for future in wait(running, BEAT, FIRST_COMPLETED).done:
                    task = running.pop(future)
                    outcomes[task] = ended = future.result()
                    line.over.add(task)
                    board.end(
                        task.name,
                        ended.seconds if ended.cold else None,
                        f"[{way(plan, task).variant}] {ended}",
                        counts=task in tasks,
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
    left = [task for task in tasks if task not in outcomes]
    never = {task: Outcome(task.page, None, 0.0, stopped=True) for task in left}
    return outcomes | never


def halt(watches: Mapping[Task, Watch]) -> None:
    """Stop whatever runs."""
    for watch in watches.values():
        watch.stop.set()
