"""Execute a chapter, once for its content, in a process of its own.

What ran before lies in the user's cache, under its content key, and is not run again:
a fresh clone, another branch and a page whose prose was edited all find it there. A
chapter that fails leaves its half-executed notebook and its log behind and stops
nothing but itself.
"""

import ast
import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from gendiff.book import prose, results, shared
from gendiff.book.keys import key
from gendiff.book.layout import Book, cache, keep, kept, known, variant, write
from gendiff.book.machine import provenance, since
from gendiff.book.notebooks import code, identify, parse, require, values
from gendiff.book.process import Job, Ran, Runner, Watch, isolate
from gendiff.book.record import Recorded
from gendiff.book.sources import plain
from gendiff.book.validate import problems


@dataclass(frozen=True)
class Plan:
    """One way to execute chapters."""

    book: Book
    preset: str = "cpu"
    seed: int = 0
    overrides: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Sizes that are others than the preset's: see `gendiff.book.overrides`."""
    memo: bool = True
    """False runs everything anew: neither the store nor a chapter's memo is read."""
    device: str = "cpu"
    """`cpu`, `cuda` or `mps`; a preset is a size, and runs on any."""
    runner: Runner = isolate
    began: float = field(default_factory=time.time)
    """When the run began: what was kept before is not its own work."""

    def __post_init__(self) -> None:
        """Refuse what no chapter could run."""
        known(self.preset)
        for name in ("preset", "seed"):
            if name in self.overrides:
                value = self.overrides[name]
                raise ValueError(
                    f"-p {name} {value}: write --{name} {value}, the one way to say it"
                )

    @property
    def variant(self) -> str:
        """The name of this way."""
        return variant(self.preset, self.seed, self.overrides)

    @property
    def parameters(self) -> dict[str, Any]:
        """The values that papermill injects."""
        own = dict(self.overrides)
        return {"preset": self.preset, "seed": self.seed, "overrides": own}

    @property
    def environment(self) -> dict[str, str]:
        """What a kernel is told besides."""
        keeping = {} if self.memo else {"GENDIFF_NO_MEMO": "1"}
        # A page that is to use the processor sees nothing else, whatever it imports.
        hidden = {"CUDA_VISIBLE_DEVICES": ""} if self.device == "cpu" else {}
        return {
            "GENDIFF_DEVICE": self.device,
            "GENDIFF_BEGAN": str(self.began),
            **hidden,
            **keeping,
        }

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
    cold: bool = False
    """Whether it ran from nothing: no result was reused that is older than the run."""
    note: str = ""
    """What it has to say besides, such as that nothing could be kept."""
    trouble: str = ""
    stopped: bool = False
    """Whether it was stopped, or never begun, and not by a fault of its own."""

    def __str__(self) -> str:
        """Return one line for the terminal."""
        if self.stopped:
            return f"not run {self.chapter}"
        if self.trouble:
            return f"FAILED  {self.chapter}: {self.trouble}"
        how = "stored" if self.stored else f"{self.seconds:.0f} s"
        return f"ok      {self.chapter} ({how})"


def stored(plan: Plan, name: str) -> Path:
    """Return the file that keeps the notebook with a content key."""
    return cache() / "executed" / f"{name}-{plan.variant}.ipynb"


def source(book: Book, chapter: str) -> str:
    """Return the text of a chapter, or the one that trains a shared model."""
    return shared.text(chapter) or book.text(chapter)


def attempt(plan: Plan, chapter: str, watch: Watch) -> Outcome:
    """Execute one chapter, or take it from the store, and keep what it measured.

    Whatever is wrong with it, or with the disk, is its own trouble and nobody else's.
    """
    try:
        return attempted(plan, chapter, watch)
    except (ValueError, OSError) as error:
        return Outcome(chapter, None, 0.0, trouble=str(error))


def attempted(plan: Plan, chapter: str, watch: Watch) -> Outcome:
    """Execute one chapter.

    Raises:
        ValueError: If its text is no notebook, or nothing can be written.
    """
    began = time.perf_counter()
    fresh = parse(source(plan.book, chapter))
    name = plan.key(fresh)
    if wrong := [*unreadable(fresh, plan.parameters)]:
        done = finish(fresh, Ran("", 0.0), plan, chapter, name)
        told = refuse(plan, chapter, done, wrong, "")
        return Outcome(chapter, None, 0.0, trouble=told)
    done, ran = kept(stored(plan, name)) if plan.memo else None, None
    if done is None:
        job = Job(nbformat.writes(fresh), plan.parameters, plan.environment)
        ran = plan.runner(job, watch)
        if ran.stopped:
            return Outcome(chapter, None, ran.seconds, stopped=True)
        done = finish(fresh, ran, plan, chapter, name)
    seconds = time.perf_counter() - began
    notes = ran.notes if ran else {}
    wrong = [ran.trouble] if ran and ran.trouble and not said(done) else []
    wrong += problems(done, claims=results.expected(plan.book, chapter))
    if wrong:
        told = refuse(plan, chapter, done, wrong, ran.log if ran else "")
        return Outcome(chapter, None, seconds, trouble=told)
    # A library edited while it ran: the kernel may have read either, so it isn't kept.
    moved = ran is not None and plan.key(fresh) != name
    publish(plan, chapter, done, None if moved else stored(plan, name))
    return Outcome(
        chapter,
        done,
        seconds,
        stored=ran is None,
        cold=ran is not None and not notes.get("reused"),
        note=notes.get("kept", ""),
    )


def unreadable(notebook: NotebookNode, parameters: dict[str, Any]) -> Iterator[str]:
    """Find what keeps a notebook from being run at all."""
    for place, cell in enumerate(code(notebook), start=1):
        try:
            ast.parse(plain(cell.source))
        except SyntaxError as error:
            yield f"code cell {place} cannot be read, line {error.lineno}: {error.msg}"
            return
    try:
        require(notebook, parameters)
    except ValueError as error:
        yield str(error)


def unverified(plan: Plan, chapters: list[str]) -> list[str]:
    """Return the chapters whose recorded results were made from other code.

    Those without recorded results come first, then those recorded longest ago.
    """
    found: list[tuple[int, str]] = []
    for chapter in chapters:
        path = plan.book.recorded(chapter, plan.variant)
        old = results.read(path, Recorded)
        if old is None or old.run.key != plan.key(parse(plan.book.text(chapter))):
            found.append((since(path), chapter))
    return [chapter for _, chapter in sorted(found)]


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
        "overrides": dict(plan.overrides),
        "provenance": provenance(plan.book.root, plan.device)
        | {"device": plan.device, "precision": "float32"}
        | {k: v for k, v in ran.notes.items() if k not in {"kept", "reused"}}
        | {"seconds": round(ran.seconds, 1)},
    }
    return identify(prose.fill(done, values(done)))


def publish(plan: Plan, chapter: str, done: NotebookNode, store: Path | None) -> None:
    """Keep an accepted notebook: in the store, in the build, and as results."""
    text = nbformat.writes(done)
    if store is not None and not (store.exists() and plan.memo):
        keep(store, text)
    target = plan.book.executed(chapter, plan.variant)
    if not target.exists() or target.read_text("utf-8") != text:
        write(target, text)
    if chapter.startswith(shared.FOLDER):
        return
    digest = hashlib.sha256(text.encode()).hexdigest()
    found = results.extract(done, digest)
    results.save(plan.book.results(chapter, plan.variant), found)
    plan.book.failed(chapter, plan.variant).unlink(missing_ok=True)


def refuse(
    plan: Plan, chapter: str, done: NotebookNode, wrong: list[str], log: str
) -> str:
    """Keep a refused notebook and its log; return the sentence that says where."""
    # Papermill's banner says no more than the cell that failed.
    wrong = [what for what in wrong if "banner" not in what] or wrong
    line, told = place(plan, chapter, done, wrong[0])
    done.metadata["gendiff"] |= {"trouble": wrong, "line": line}
    target = plan.book.failed(chapter, plan.variant)
    write(target, nbformat.writes(done))
    plain = re.sub(r"\x1b\[[0-9;]*m", "", log)
    write(target.with_suffix(".log"), "\n".join([*wrong, "", plain]))
    plan.book.executed(chapter, plan.variant).unlink(missing_ok=True)
    more = f" and {len(wrong) - 1} more findings" if len(wrong) > 1 else ""
    shown = target.relative_to(plan.book.root)
    return f"{told}; half-executed notebook{more} in {shown}, log beside it"


def place(
    plan: Plan, chapter: str, done: NotebookNode, what: str
) -> tuple[int | None, str]:
    """Return the line of the text that a finding is about, and put it in front."""
    number = re.match(r"code cell (\d+)", what)
    if number is None or chapter.startswith(shared.FOLDER):
        return None, what
    cell = code(done)[int(number[1]) - 1]
    text = plan.book.text(chapter)
    if prose.evaluates(cell):
        return None, f"book/{chapter}.md, its sentences: {what}"
    line = text[: text.find(cell.source)].count("\n") + 1
    return line, f"book/{chapter}.md:{line}: {what}"
