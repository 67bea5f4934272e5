"""Who may import whom, from the ground up."""

from pathlib import Path

import pytest

from gendiff.book.sources import imports

PACKAGE = Path(__file__).parents[1] / "gendiff"
MODULES = sorted(PACKAGE.rglob("*.py"))
ABOVE = {
    "book": (),
    "studies": ("book",),
    "drawing": ("book", "studies"),
}
"""What each package must not know of; the rest of the library knows of none of them."""


def imported(path: Path) -> set[str]:
    """Return the packages and modules of the library that a file imports."""
    inside = ".".join(path.relative_to(PACKAGE.parent).parent.parts)
    pairs = imports(path.read_text("utf-8"), inside, PACKAGE.name)
    names = [f"{module}.{name}" for module, name in pairs]
    return {name.split(".")[1] for name in names}


@pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_a_module_knows_nothing_of_what_stands_above_it(path: Path) -> None:
    home = path.relative_to(PACKAGE).parts[0]
    above = set(ABOVE.get(home, ABOVE))
    if home == "testing.py":
        return
    assert not imported(path) & above


def test_drawing_stands_alone() -> None:
    for path in (PACKAGE / "drawing").glob("*.py"):
        assert imported(path) <= {"drawing"}
