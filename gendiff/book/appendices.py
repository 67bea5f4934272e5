"""The pages that fill themselves: ledger, identities, systems, errata and more.

Each function takes the repository's root and returns Markdown for the book's build, in
place of the comment `<!-- gendiff: NAME -->`. The rows come from `book/ledger`, numbers
and verdicts from what is recorded in `book/results`. What was not measured yet says so;
the whole road shows from the start.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

from jinja2 import Environment

from gendiff.book import cells, compared as benchmarks, outcome, pool, record, show
from gendiff.book.evidence import Numbers
from gendiff.book.layout import Book
from gendiff.book.ledger import CHAPTERS, read
from gendiff.book.record import Recorded
from gendiff.book.rows import JUDGED, Chapter, Claim, Kind
from gendiff.book.templates import lenient_of_blanks
from gendiff.book.verdict import WORDS, Judgement, Word

TITLES = {
    "autoencoders": "Diffusion models are autoencoders",
    "guidance": "Guidance and its geometry",
    "perspectives": "Perspectives on diffusion",
    "language": "Diffusion language models",
    "typicality": "Typicality",
    "waveform": "Music in the waveform domain",
}
POSTS = {
    "autoencoders": "Diffusion models are autoencoders",
    "guidance": "Guidance: a cheat code for diffusion models",
    "guidance-geometry": "The geometry of diffusion guidance",
    "perspectives": "Perspectives on diffusion",
    "language": "Diffusion language models",
    "typicality": "Musings on typicality",
    "typicality-addendum": "Musings on typicality",
    "waveform": "Generating music in the waveform domain",
}
MEASURES = {
    "accuracy": "Errors of the flow's end",
    "stochastic": "Samples of the reverse SDE",
    "likelihood": "Errors of a likelihood",
    "overhead": "Seconds of a step",
    "training": "Seconds of training",
}
"""What the benchmarks are called, by their scripts."""
OUTCOMES: dict[str, tuple[Word | Kind, ...]] = {
    "holds": ("holds",),
    "under a condition": ("condition",),
    "does not hold": ("fails",),
    "undecided": ("undecided",),
    "not judged yet": ("open",),
    "not measured yet": ("unmeasured",),
    "identity": ("identity",),
    "no verdict": ("published", "opinion"),
}
"""What a claim counts as: its verdict, or its kind where nothing is to be judged."""
NAMES = {word: words for word, (_, words) in WORDS.items()} | {
    "identity": "identity, tested",
    "published": "published",
    "opinion": "opinion",
}


def ledger(root: Path, /) -> str:
    """Return the ledger: every claim with criterion, numbers and verdict."""
    book = Book(root)
    cpu, gpu = (record.by_claim(book, each) for each in ("cpu", "gpu"))
    standing = record.standing_of(book)
    chapters = of(root)
    judged = {
        row.id: record.verdict(row, cpu.get(row.id), standing.get(row.id))
        for chapter in chapters
        for row in chapter.claims
    }
    at_scale = {name: numbers(each, name) for name, each in gpu.items()}
    return page(
        "ledger.md",
        chapters=chapters,
        judged=judged,
        at_scale=at_scale,
        places=cells.places(root),
        tally=tally(chapters, judged),
        kinds=kinds(chapters),
        status=statuses(chapters, judged),
        columns=[f"[{each.claims[0].id[0]}](#ledger-{each.name})" for each in chapters],
    )


def numbers(recorded: Recorded, claim: str) -> Numbers:
    """Return what a record says of a claim, over its seeds."""
    return pool.shown([run.numbers for run in recorded.runs(claim)])


def counted(row: Claim, judged: Judgement) -> Word | Kind:
    """Return what a claim counts as."""
    return judged.counts if row.kind in JUDGED else row.kind


def tally(
    chapters: Iterable[Chapter], judged: Mapping[str, Judgement]
) -> list[list[Any]]:
    """Return how many claims count as what, a column for each chapter and for all."""
    counts: list[Counter[str]] = []
    for chapter in chapters:
        # Methods newer than the posts are counted apart.
        old = [row for row in chapter.claims if row.since is None]
        counts.append(Counter(counted(row, judged[row.id]) for row in old))
    rows: list[list[Any]] = []
    for name, words in OUTCOMES.items():
        found = [sum(count[word] for word in words) for count in counts]
        rows.append([name, *found, sum(found)])
    return [*rows, ["**all**", *(sum(line) for line in sums(rows))]]


def sums(rows: list[list[Any]]) -> list[tuple[int, ...]]:
    """Return the columns of a table of counts, without the names of its rows."""
    return list(zip(*(row[1:] for row in rows), strict=True))


def statuses(
    chapters: Iterable[Chapter], judged: Mapping[str, Judgement]
) -> Counter[str]:
    """Return how many verdicts on the posts' claims came about in which way."""
    rows = [row for chapter in chapters for row in chapter.claims]
    found = [judged[row.id].status for row in rows if row.since is None]
    return Counter(each for each in found if each)


def kinds(chapters: Iterable[Chapter]) -> dict[str, int]:
    """Return how many claims are of each kind."""
    count = Counter(row.kind for chapter in chapters for row in chapter.claims)
    return {kind: count[kind] for kind in get_args(Kind)}


def identities(root: Path, /) -> str:
    """Return the claims that follow by algebra, and every test a row points at."""
    chapters = of(root)
    rows = {c.name: [r for r in c.claims if r.test] for c in chapters}
    named = [row.test for each in rows.values() for row in each]
    for chapter in chapters:
        named += [name for row in chapter.errata for name in row.by]
        named += [name for row in chapter.systems for name in row.evidence]
    tests = filter(cells.TEST.fullmatch, dict.fromkeys(named))
    sources = {name: cells.source(name) for name in tests}
    return page("identities.md", rows=rows, tests=sources)


def systems(root: Path, /) -> str:
    """Return the systems and figures of the posts, and where each is shown."""
    return page("systems.md", chapters=of(root), places=cells.places(root))


def errata(root: Path, /) -> str:
    """Return the errata of the posts, and the verdict on every formula."""
    return page("errata.md", chapters=of(root), places=cells.places(root))


def provenance(root: Path, /) -> str:
    """Return which machine, versions and commit the numbers come from."""
    book = Book(root)
    found = {each: record.everything(book, each) for each in ("cpu", "gpu")}
    return page("provenance.md", found=found)


def compared(root: Path, /) -> str:
    """Return what the benchmarks found beside peers."""
    return page("compared.md", found=benchmarks.read(Book(root)))


def of(root: Path) -> tuple[Chapter, ...]:
    """Return the ledger's chapters."""
    folder = root / "book" / "ledger"
    return tuple(read(folder / f"{name}.yml") for name in CHAPTERS)


def page(template: str, **values: object) -> str:
    """Return an appendix filled in."""
    names = {"titles": TITLES, "posts": POSTS, "names": NAMES, "measures": MEASURES}
    found = environment().get_template(f"{template}.j2").render(**names, **values)
    return found + "\n"


@cache
def environment() -> Environment:
    """Return what the templates of appendices share."""
    folder = Path(__file__).parent / "appendix"
    found = lenient_of_blanks(folder, autoescape=False)
    filters: dict[str, Any] = {
        "number": show.measured,
        "asked": outcome.asked,
        "cell": cells.text,
        "linked": cells.link,
        "evidence": cells.evidence,
        "test": cells.proof,
        "said": cells.said,
    }
    found.filters.update(filters)
    return found
