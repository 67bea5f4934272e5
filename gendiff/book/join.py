"""Join the prose of a text with the outputs of its execution.

A chapter that failed shows the outputs of the cells that ran, and boxes that say which
did not, and why.

What a record says about a figure becomes the metadata that myst-nb reads: a caption,
a name to refer to and the alternative text. These stand at a cell and hold for all its
outputs, so a cell that shows a figure and something else becomes several, of which
only the first has code.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from msgspec import convert
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from gendiff.book import foot, ledger, prose, show
from gendiff.book.evidence import MIME, Measured
from gendiff.book.notebooks import (
    IMAGES,
    bundle,
    code,
    identify,
    tags,
    values,
)
from gendiff.book.record import Recorded, verdict
from gendiff.book.templates import render
from gendiff.book.verdict import Standing

TINY = f"""```{{admonition}} A tiny run
:class: warning gendiff-tiny

Preset **smoke**: {show.TINY}; `make book` makes those.
```

"""
SHOWN = re.compile(r"^\*(gendiff/[\w/]+)\.py\*$", re.MULTILINE)
"""Where a piece of the library stands, as `run.source` writes it under the piece."""
AGAIN = "papermill book/{chapter}.md out.ipynb -p preset {preset} -p seed {seed}"


def join(
    fresh: NotebookNode,
    done: NotebookNode,
    *,
    download: str,
    recorded: Recorded | None = None,
    standing: Mapping[str, Standing] = {},
) -> NotebookNode:
    """Return fresh prose and code with stored outputs and a box on how they came.

    With what is recorded of the page, its claims show numbers over seeds and verdicts.
    """
    cells: list[NotebookNode] = []
    outputs = enumerate(code(done), start=1)
    findings = telling(done.metadata["gendiff"].get("trouble", []))
    known, rows = values(done), foot.table(done, recorded, standing)
    for cell in fresh.cells:
        if cell.cell_type != "code":
            text = foot.under(prose.told(cell.source, known), rows)
            cells.append(new_markdown_cell(text))
            continue
        place, old = next(outputs)
        assert cell.source == old.source, "the key covers the code"
        if prose.evaluates(cell):
            if wrong := [f for f in findings if re.match(rf"code cell {place}\b", f)]:
                told = "The numbers of the sentences could not be computed"
                cells.append(new_markdown_cell(box(told, "\n".join(wrong))))
            continue
        old = linked(judged(old, recorded, standing))
        cells.extend(shown(cell, old))
        if wrong := [f for f in findings if re.match(rf"code cell {place}\b", f)]:
            cells.append(new_markdown_cell(box("It failed here", "\n".join(wrong))))
    joined = deepcopy(fresh)
    joined.cells = cells
    made = failure if findings else provenance
    return identify(head(joined, made(done, download)))


def unexecuted(fresh: NotebookNode, chapter: str, preset: str) -> NotebookNode:
    """Return fresh prose and code with a box that says that they were not executed."""
    told = (
        f"It has not run with preset **{preset}** in its present form, so its code "
        f"stands here without outputs. To run it: `{again(chapter, preset)}`"
    )
    fresh = deepcopy(fresh)
    fresh.cells = [cell for cell in fresh.cells if not prose.evaluates(cell)]
    for cell in fresh.cells:
        if cell.cell_type == "markdown":
            cell.source = prose.told(cell.source, {})
    return identify(head(fresh, box("This page was not executed", "", told)))


def judged(
    cell: NotebookNode, recorded: Recorded | None, standing: Mapping[str, Standing]
) -> NotebookNode:
    """Return a cell whose claims show what the record says of them."""
    if recorded is None:
        return cell
    rows = {row.id: row for chapter in ledger.load() for row in chapter.claims}
    cell = deepcopy(cell)
    for output in cell.get("outputs", []):
        told = bundle(output).get(MIME, {})
        if told.get("kind") != "claim" or told["id"] not in rows:
            continue
        claim = convert({k: v for k, v in told.items() if k != "kind"}, Measured)
        row = rows[claim.id]
        output["data"]["text/html"] = render(
            "claim.html",
            row=row,
            claim=claim,
            judged=verdict(row, recorded, standing.get(row.id)),
        )
    return cell


def linked(cell: NotebookNode) -> NotebookNode:
    """Return a cell whose pieces of the library lead to the page of their module."""
    cell = deepcopy(cell)
    for output in cell.get("outputs", []):
        text = bundle(output).get("text/markdown")
        if isinstance(text, str):
            output["data"]["text/markdown"] = SHOWN.sub(_leading, text)
    return cell


def _leading(found: re.Match[str]) -> str:
    """Return a file of the library as a link to its module.

    >>> _leading(SHOWN.search("*gendiff/exact/masses.py*"))
    '*[gendiff/exact/masses.py](#gendiff.exact.masses)*'
    """
    module = found[1].replace("/", ".").removesuffix(".__init__")
    return f"*[{found[1]}.py](#{module})*"


def shown(cell: NotebookNode, old: NotebookNode) -> list[NotebookNode]:
    """Return a cell with its first outputs, and more for what goes with a figure."""
    groups: list[list[NotebookNode]] = [[]]
    for output in old.get("outputs", []):
        if groups[-1] and (figure(output) or figure(groups[-1][-1])):
            groups.append([])
        groups[-1].append(output)
    first, *others = [filled(group) for group in groups]
    if cell.metadata.get("jupyter", {}).get("source_hidden"):
        # JupyterLab folds by the one, Jupyter Book by the other.
        cell.metadata["tags"] = [*tags(cell), "hide-input"]
    cell.outputs = first.outputs
    cell.execution_count = old.get("execution_count")
    cell.metadata.update(first.metadata)
    for other in others:
        other.metadata["tags"] = ["remove-input"]
        other.execution_count = cell.execution_count
    return [cell, *others]


def figure(output: NotebookNode) -> bool:
    """Tell whether an output is an image with a record."""
    shows = bundle(output)
    return MIME in shows and any(kind in shows for kind in IMAGES)


def filled(group: list[NotebookNode]) -> NotebookNode:
    """Return a cell that shows a figure, or some outputs without one."""
    outputs = [bare(output) for output in group if visible(output)]
    cell = new_code_cell("# as above", outputs=outputs)  # myst-nb drops empty cells
    for output in group:
        if figure(output):
            cell.metadata["mystnb"] = metadata(bundle(output)[MIME])
    return cell


def metadata(record: dict[str, Any]) -> dict[str, Any]:
    """Return a figure's record as myst-nb's metadata of a cell."""
    about: dict[str, Any] = {"image": {"alt": record["alt"]}}
    named = {part: record[part] for part in ("caption", "name") if record.get(part)}
    return about | ({"figure": named} if named else {})


def visible(output: NotebookNode) -> bool:
    """Tell whether an output holds anything besides a record."""
    return output.output_type != "display_data" or set(bundle(output)) != {MIME}


def bare(output: NotebookNode) -> NotebookNode:
    """Return an output without its record."""
    if "data" in output:
        output = deepcopy(output)
        output.data.pop(MIME, None)
    return output


def head(notebook: NotebookNode, box: str) -> NotebookNode:
    """Put a box under the title of a page, and under the paragraph that follows it."""
    title = next(c for c in notebook.cells if c.cell_type == "markdown")
    lines = title.source.split("\n")
    place = next((n for n, line in enumerate(lines) if line.startswith("# ")), -1) + 1
    before, after = "\n".join(lines[:place]), "\n".join(lines[place:])
    at = notebook.cells.index(title)
    parts = [before, box, after] if place else [box, after]
    notebook.cells[at : at + 1] = [
        new_markdown_cell(text) for text in parts if text.strip()
    ]
    return notebook


def provenance(done: NotebookNode, download: str) -> str:
    """Return the box that says how the outputs of a page were made."""
    about = done.metadata["gendiff"]
    run = about["provenance"]
    versions = ", ".join(f"{name} {number}" for name, number in run["versions"].items())
    again = AGAIN.format(**about)
    tiny = TINY if about["preset"] == "smoke" else ""
    return f"""{tiny}```{{admonition}} How this page was made
:class: dropdown gendiff-provenance

Executed with preset **{about["preset"]}** and seed {about["seed"]} in
{duration(run["seconds"])} on {run["machine"]}, at commit `{run["commit"]}`, with
{versions}; precision {run["precision"]}. Its preset and seed took the place of those in
the first cell.

{{download}}`The executed notebook <{download}>` opens in Jupyter. To run it again:
`{again}`
```"""


def failure(done: NotebookNode, download: str) -> str:
    """Return the box that says why a page is not whole, and how to try again."""
    about = done.metadata["gendiff"]
    chapter, preset = about["chapter"], about["preset"]
    line = f":{about['line']}" if about.get("line") else ""
    first, *others = telling(about["trouble"])
    findings = [f"book/{chapter}.md{line}: {first}", *others]
    if len(findings) < len(about["trouble"]):
        findings.append("the code after it was not executed")
    told = (
        f"It was executed with preset **{preset}** and seed {about['seed']}. What its "
        f"cells showed until then stands below, and nothing of it counts as a result. "
        f"{{download}}`The half-executed notebook <{download}>` opens in Jupyter. "
        f"To try again: `{again(chapter, preset)}`"
    )
    return box("The run of this page failed", "\n".join(findings), told)


def telling(findings: list[str]) -> list[str]:
    """Return findings without the cells that were not executed because one failed."""
    silent = [f for f in findings if re.fullmatch(r"code cell \d+ was not executed", f)]
    placed = [f for f in findings if f.startswith("code cell ")]
    return [f for f in findings if f not in silent or f == placed[0]]


def box(title: str, findings: str, told: str = "") -> str:
    """Return a box of a page that is not whole; findings are shown as they are."""
    runs = [len(run) for run in re.findall("`+", findings)]
    fence = "`" * max([3, *(run + 1 for run in runs)])
    literal = [f"{fence}text\n{findings}\n{fence}"] if findings else []
    inside = "\n\n".join([*literal, *([told] if told else [])])
    return (
        f"`{fence}{{admonition}} {title}\n:class: danger gendiff-failed\n\n"
        f"{inside}\n`{fence}"
    )


def again(chapter: str, preset: str) -> str:
    """Return the command that runs a chapter once more."""
    return f"make book CHAPTERS={chapter} PRESET={preset}"


def duration(seconds: float) -> str:
    """Return a time in words.

    >>> duration(41.3), duration(252)
    ('41 seconds', '4.2 minutes')
    """
    return f"{seconds:.0f} seconds" if seconds < 100 else f"{seconds / 60:.1f} minutes"
