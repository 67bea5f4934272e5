"""Execute chapters: each once for its content, in a process of its own.

What ran before lies in the user's cache, under its content key, and is not run again:
a fresh clone, another branch and a page whose prose was edited all find it there. A
chapter that fails leaves its half-executed notebook and its log behind and stops
nothing but itself.
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from gendiff.book import results
from gendiff.book.keys import key
from gendiff.book.layout import Book, cache, known, variant, write
from gendiff.book.machine import accelerator, provenance
from gendiff.book.notebooks import code, identify, parse, require
from gendiff.book.process import Ran, isolate
from gendiff.book.validate import problems

LIMITS = {"smoke": 180.0, "cpu": 1200.0, "gpu": 1800.0}
"""Seconds after which a chapter is ended: several times its budget."""

Runner = Callable[[str, dict[str, Any], float, bool], Ran]
"""Executes a notebook given as JSON: `(notebook, parameters, limit, memo)`."""


@dataclass(frozen=True)
class Plan:
    """One way to execute chapters."""

    book: Book
    preset: str = "cpu"
    seed: int = 0
    knobs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    memo: bool = True
    """False runs everything anew: neither the store nor a chapter's memo is read."""
    limit: float | None = None
    runner: Runner = isolate

    def __post_init__(self) -> None:
        """Refuse what no chapter could run."""
        known(self.preset)

    @property
    def variant(self) -> str:
        """The name of this way."""
        return variant(self.preset, self.seed, self.knobs)

    @property
    def parameters(self) -> dict[str, Any]:
        """The values that papermill injects."""
        return {"preset": self.preset, "seed": self.seed, **self.knobs}

    @property
    def device(self) -> str:
        """The class of device that computes."""
        return "cuda" if self.preset == "gpu" else "cpu"

    def key(self, notebook: NotebookNode) -> str:
        """Return the content key of a chapter executed this way."""
        return key(notebook, self.parameters, book=self.book, device=self.device)


@dataclass(frozen=True)
class Outcome:
    """How the execution of one chapter ended."""

    chapter: str
    notebook: NotebookNode | None
    seconds: float
    stored: bool = False
    """Whether it was found in the store."""
    trouble: str = ""

    def __str__(self) -> str:
        """Return one line for the terminal."""
        if self.trouble:
            return f"FAILED  {self.chapter}: {self.trouble}"
        how = "stored" if self.stored else f"{self.seconds:.1f} s"
        return f"ok      {self.chapter} ({how})"


def run(plan: Plan, chapters: Iterable[str], *, jobs: int = 2) -> list[Outcome]:
    """Execute chapters, print a line for each as it ends, and return the outcomes.

    Raises:
        ValueError: If the preset needs a device that this machine lacks.
    """
    if plan.preset == "gpu" and accelerator() is None:
        raise ValueError("preset 'gpu' needs a CUDA device; take --preset cpu")
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(partial(told, plan), chapters))


def told(plan: Plan, chapter: str) -> Outcome:
    """Execute one chapter and print how it went."""
    outcome = attempt(plan, chapter)
    print(f"[{plan.variant}] {outcome}", flush=True)
    return outcome


def attempt(plan: Plan, chapter: str) -> Outcome:
    """Execute one chapter, or take it from the store, and keep what it measured."""
    text = plan.book.text(chapter)
    began = time.perf_counter()
    try:
        source = parse(text)
        require(source, plan.parameters)
    except (ValueError, SyntaxError) as error:
        return Outcome(chapter, None, 0.0, trouble=str(error))
    name = plan.key(source)
    store = cache() / "executed" / f"{name}-{plan.variant}.ipynb"
    if plan.memo and store.exists():
        done: NotebookNode = nbformat.read(store, as_version=4)
        ran, seconds = None, 0.0
    else:
        limit = plan.limit or LIMITS[plan.preset]
        ran = plan.runner(nbformat.writes(source), plan.parameters, limit, plan.memo)
        seconds = time.perf_counter() - began
        done = finish(source, ran, plan, chapter, name)
    wrong = [ran.trouble] if ran and ran.trouble and not said(done) else []
    wrong += problems(done, claims=results.expected(plan.book, chapter))
    if wrong:
        where = keep(plan, chapter, done, wrong, ran.log if ran else "")
        return Outcome(
            chapter,
            None,
            seconds,
            trouble=f"{place(plan, chapter, done, wrong[0])}; {where}",
        )
    publish(plan, chapter, done, store)
    return Outcome(chapter, done, seconds, stored=ran is None)


def said(notebook: NotebookNode) -> bool:
    """Tell whether a cell of the notebook itself shows the error that ended it."""
    outputs = (output for cell in code(notebook) for output in cell.get("outputs", []))
    return any(
        output.output_type == "error" and output.ename != "KeyboardInterrupt"
        for output in outputs
    )


def finish(
    source: NotebookNode, ran: Ran, plan: Plan, chapter: str, name: str
) -> NotebookNode:
    """Return the executed notebook without times and paths, with its provenance."""
    done: NotebookNode = (
        nbformat.reads(ran.notebook, as_version=4) if ran.notebook else source
    )
    for cell in done.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if not cell.metadata.get("tags", True):
            del cell.metadata["tags"]
    done.metadata.pop("papermill", None)
    done.metadata["gendiff"] = {
        "chapter": chapter,
        "key": name,
        "preset": plan.preset,
        "seed": plan.seed,
        "knobs": dict(plan.knobs),
        "provenance": provenance(plan.book.root, plan.preset)
        | {"precision": "float32"}
        | ran.notes
        | {"seconds": round(ran.seconds, 1)},
    }
    return identify(done)


def publish(plan: Plan, chapter: str, done: NotebookNode, store: Path) -> None:
    """Keep an accepted notebook: in the store, in the build, and as results."""
    text = nbformat.writes(done)
    if not store.exists() or not plan.memo:
        write(store, text)
    target = plan.book.executed(chapter, plan.variant)
    if not target.exists() or target.read_text("utf-8") != text:
        write(target, text)
    found = json.dumps(results.extract(done), indent=1, ensure_ascii=False) + "\n"
    write(plan.book.results(chapter, plan.variant), found)


def keep(
    plan: Plan, chapter: str, done: NotebookNode, wrong: list[str], log: str
) -> str:
    """Keep a refused notebook and its log; return the sentence that says where."""
    target = plan.book.failed(chapter, plan.variant)
    write(target, nbformat.writes(done))
    plain = re.sub(r"\x1b\[[0-9;]*m", "", log)
    write(target.with_suffix(".log"), "\n".join([*wrong, "", plain]))
    plan.book.executed(chapter, plan.variant).unlink(missing_ok=True)
    more = f" and {len(wrong) - 1} more findings" if len(wrong) > 1 else ""
    shown = target.relative_to(plan.book.root)
    return f"half-executed notebook{more} in {shown}, log beside it"


def place(plan: Plan, chapter: str, done: NotebookNode, what: str) -> str:
    """Put the line of the text in front of a finding about a code cell."""
    number = re.match(r"code cell (\d+)", what)
    if number is None:
        return what
    cell = code(done)[int(number[1]) - 1]
    text = plan.book.text(chapter)
    line = text[: text.find(cell.source)].count("\n") + 1
    return f"book/{chapter}.md:{line}: {what}"
