"""The pages that fill themselves: ledger, systems, errata, provenance.

Each function takes the repository's root and returns Markdown for the book's build, in
place of the comment `<!-- gendiff: NAME -->`. The rows come from `book/ledger`, the
numbers from results files: fresh ones in `_build/results` stand before the committed
ones in `book/results`, file by file. What was not measured yet says so; the whole road
shows from the start.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from gendiff.book import cells, claims
from gendiff.book.cells import OPEN, Found, table, text
from gendiff.book.ledger import CHAPTERS, Chapter, Claim, Erratum, System, read

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


def ledger(root: Path, /) -> str:
    """Return the ledger: every claim with criterion, values and verdict."""
    found = cells.collect(root, "claims")
    chapters = _chapters(root)
    parts = [_summary(chapters, found)]
    for chapter in chapters:
        parts += [
            f"(ledger-{chapter.name})=\n## {TITLES[chapter.name]}",
            table(
                ["id", "claim and criterion", "measured", "verdict"],
                [_claim(row, found.get(row.id, [])) for row in chapter.claims],
            ),
        ]
    return _page(parts)


def systems(root: Path, /) -> str:
    """Return the systems and figures of the posts, and where each is shown."""
    shown, figures = cells.collect(root, "systems"), cells.collect(root, "figures")
    known = {**cells.collect(root, "claims"), **figures}
    parts: list[str] = []
    for chapter in _chapters(root):
        done = sum(row.id in shown for row in chapter.systems)
        parts += [
            f"## {TITLES[chapter.name]}",
            f"{done} of {len(chapter.systems)} systems shown.",
            table(
                ["id", "system", "what the post says", "shown by"],
                [_system(row, shown.get(row.id, []), known) for row in chapter.systems],
            ),
            "**Figures, listings and sounds of the post**",
            table(
                ["id", "item", "what it shows", "ours"],
                [
                    [
                        row.id,
                        text(row.item),
                        text(row.shows) or "–",
                        cells.ours(figures.get(row.id, [])),
                    ]
                    for row in chapter.figures
                ],
            ),
        ]
    return _page(parts)


def errata(root: Path, /) -> str:
    """Return the errata of the posts, and the verdict on every formula."""
    found = cells.collect(root, "errata")
    parts: list[str] = []
    for chapter in _chapters(root):
        parts += [
            f"## {TITLES[chapter.name]}",
            table(
                ["id", "as printed", "correct, and the evidence", "in the run"],
                [_erratum(row, found.get(row.id, [])) for row in chapter.errata],
            ),
            "**Formulas checked**",
            table(
                ["id", "formula", "checked by", "verdict"],
                [
                    [
                        row.id,
                        text(row.tex),
                        text(row.verified_by) or "–",
                        text(row.verdict),
                    ]
                    for row in chapter.formulas
                ],
            ),
        ]
    return _page(parts)


def provenance(root: Path, /) -> str:
    """Return which machine, versions and commit the numbers come from."""
    pages = cells.results(root)
    if not pages:
        return "No results are recorded yet."
    rows: list[list[str]] = []
    for (notebook, preset), page in sorted(pages.items()):
        made = page.get("provenance") or {}
        seeds = ", ".join(str(seed) for seed in page.get("seeds") or [])
        commit = f", commit `{str(made['commit'])[:12]}`" if made.get("commit") else ""
        names = ("machine", "versions", "precision")
        seconds = made.get("seconds")
        rows.append(
            [
                f'<a href="{notebook}.html">{notebook}</a>',
                f"{preset}{commit}, seeds {text(seeds) or '–'}",
                *(text(cells.said(made.get(name))) for name in names),
                "–" if seconds is None else f"{seconds:.0f} s",
            ]
        )
    head = ["notebook", "run", "machine", "versions", "precision", "time"]
    return _page([table(head, rows)])


def _chapters(root: Path) -> tuple[Chapter, ...]:
    folder = root / "book" / "ledger"
    return tuple(read(folder / f"{name}.yml") for name in CHAPTERS)


def _summary(chapters: Iterable[Chapter], found: dict[str, list[Found]]) -> str:
    """Return how many claims of each chapter have which verdict."""
    rows: list[list[str]] = []
    total: Counter[str] = Counter()
    words = [*claims.WORDS, OPEN]
    for chapter in chapters:
        tally: Counter[str] = Counter(
            best.record["verdict"]
            if (best := cells.best(found.get(row.id, [])))
            else OPEN
            for row in chapter.claims
        )
        total += tally
        title = f"[{TITLES[chapter.name]}](#ledger-{chapter.name})"
        rows.append([title, *(str(tally[word]) for word in words), str(tally.total())])
    rows.append(["**all**", *(str(total[word]) for word in words), str(total.total())])
    head = ["chapter", *(word for _, word in claims.WORDS.values()), OPEN, "claims"]
    return table(head, rows, "gd-rows gd-summary")


def _claim(row: Claim, found: Sequence[Found]) -> list[str]:
    words = f"**{text(row.text)}**"
    if row.numbers:
        words += f" *In the post:* {text(row.numbers)}."
    return [
        f'<span id="ledger-{row.id.lower()}">{cells.name(row.id, found)}</span>',
        f"{words}<br>*Criterion* ({row.kind}): {text(row.criterion)}",
        cells.measured(found),
        cells.verdict(found),
    ]


def _system(
    row: System, found: Sequence[Found], known: dict[str, list[Found]]
) -> list[str]:
    return [
        cells.name(row.id, found),
        f"**{text(row.name)}** ({row.weight})",
        text(row.says) or "–",
        cells.evidence(found[0], known)
        if found
        else f"*not yet:* {text(row.shown_by)}",
    ]


def _erratum(row: Erratum, found: Sequence[Found]) -> list[str]:
    evidence = f"<br>*Evidence:* {text(row.evidence)}" if row.evidence else ""
    return [
        f"{cells.name(row.id, found)}<br>{row.kind}",
        f"*{POSTS[row.post]}, {text(row.section)}:*<br>{text(row.printed)}",
        f"{text(row.correct)}{evidence}",
        cells.computed(found),
    ]


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"
