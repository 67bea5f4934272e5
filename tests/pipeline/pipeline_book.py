"""Texts of small chapters, for tests that run or break them."""

from gendiff.book.evidence import MIME

HEAD = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
# A chapter

```{code-cell} ipython3
:tags: [parameters]

preset: str = "smoke"  # smoke, cpu or gpu
seed: int = 0
overrides: dict = {}
```
"""
IMAGE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/"
    "iZk9HQAAAABJRU5ErkJggg=="
)


def chapter(*cells: str) -> str:
    """Return the text of a chapter with these code cells."""
    parts = [f"```{{code-cell}} ipython3\n{cell}\n```\n" for cell in cells]
    return "\n".join([HEAD, *parts])


def shows(data: dict[str, object]) -> str:
    """Return the code of a cell that displays a bundle of MIME types."""
    return f"from IPython.display import display\ndisplay({data!r}, raw=True)"


def claim(value: float = 0.5, **more: object) -> dict[str, object]:
    """Return the record of a claim."""
    return {
        "kind": "claim",
        "id": "A-C02",
        "numbers": {"error": {"value": value, "error": None, "n": None, "of": ""}},
        "controls": {},
        "cost": {},
        "doubled": {},
        "anchor": "claim-a-c02",
    } | more


def claims(**more: object) -> str:
    """Return the code of a cell that makes a claim."""
    return shows({MIME: claim(**more), "text/plain": "a claim"})  # type: ignore[arg-type]


def figure(record: dict[str, object] | None) -> str:
    """Return the code of a cell that shows a picture with a record."""
    about = {} if record is None else {MIME: record}
    return shows({"image/png": IMAGE, "text/plain": "a picture"} | about)


DESCRIBED: dict[str, object] = {
    "kind": "figure",
    "id": "fig-one",
    "name": "fig-one",
    "ids": ["A-F01"],
    "alt": "One dark pixel on a white ground",
    "caption": "A pixel.",
    "anchor": "fig-one",
    "data": "0",
}
