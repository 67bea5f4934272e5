"""The content key changes with what an execution depends on, and with nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pipeline_book import chapter

from gendiff.book.keys import key
from gendiff.book.layout import Book
from gendiff.book.notebooks import parse
from gendiff.book.sources import closure, library

Make = Callable[..., Book]

MODULES = {
    "__init__": "",
    "near": "from tiny.far import value",
    "far": "def value():\n    from .deep import inner\n    return 2",
    "unrelated": "1",
    "deep/__init__": "from . import inner",
    "deep/inner": "import json",
    "deep/other": "",
    "shown/__init__": '"""A face."""\nfrom .one import first as first\n'
    "from .two import second as second, two as two",
    "shown/one": "import tiny.unrelated",
    "shown/two": "from tiny.shown.one import first",
    "shown/three": "",
}


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Return a package in which one module leads to another."""
    for name, source in MODULES.items():
        path = tmp_path / "tiny" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return tmp_path / "tiny"


def test_the_closure_follows_imports_and_nothing_more(tiny: Path) -> None:
    found = closure(["from tiny import near"], tiny)
    assert set(found) == {
        "tiny",
        "tiny.near",
        "tiny.far",
        "tiny.deep",
        "tiny.deep.inner",
    }


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import numpy", set[str]()),
        ("import tiny.unrelated as u", {"tiny", "tiny.unrelated"}),
        ("%matplotlib inline\nfrom tiny.deep import other", {"tiny", "tiny.deep"}),
    ],
)
def test_imports_of_every_form_are_seen(
    tiny: Path, source: str, names: set[str]
) -> None:
    assert names <= set(closure([source], tiny))
    assert bool(closure([source], tiny)) == bool(names)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("from tiny.shown import first", {"one", "unrelated"}),
        ("from tiny.shown import two", {"two", "one", "unrelated"}),
        ("from tiny.shown.three import x", {"three"}),
        ("from tiny.shown import three", {"three"}),
        ("from tiny import shown", {"two", "one", "unrelated"}),
        ("import tiny.shown", {"two", "one", "unrelated"}),
    ],
)
def test_a_face_is_looked_through(tiny: Path, source: str, names: set[str]) -> None:
    found = {name.rpartition(".")[2] for name in closure([source], tiny)}
    assert found - {"tiny"} == names


def test_files_beside_a_module_count(tiny: Path) -> None:
    (tiny / "style.css").write_text("")
    assert "tiny/style.css" in library(["import tiny"], tiny)


def test_chapters_do_not_depend_on_the_pipeline() -> None:
    found = closure(["from gendiff import book\nrun = book.start('x')"])
    pipeline = {"execute", "keys", "process", "results", "build", "check", "sweep"}
    assert not {f"gendiff.book.{name}" for name in pipeline} & set(found)
    assert "gendiff.book.run" in found


def edited(make: Make, tiny: Path, change: Callable[[Book], str | None]) -> bool:
    """Tell whether a change to a book changes the key of its chapter."""
    book = make(good=chapter("from tiny import near\nrow = 'A-C02'"))
    (book.root / "requirements.lock").write_text("torch==1")
    ledger = book.root / "book" / "ledger"
    ledger.mkdir()
    (ledger / "a.yml").write_text(
        "claims: [{id: A-C02, text: x}, {id: A-C03, text: y}]"
    )

    def now() -> str:
        given = {"preset": "smoke"}
        notebook = parse(book.text("good"))
        return key(notebook, given, book=book, device="cpu", package=tiny)

    before = now()
    text = change(book)
    if text is not None:
        book.source("good").write_text(text)
    return now() != before


def replaced(old: str, new: str) -> Callable[[Book], str]:
    """Return a change of a chapter's text."""
    return lambda book: book.text("good").replace(old, new)


def written(path: str, text: str) -> Callable[[Book], None]:
    """Return a change of a file of the repository."""
    return lambda book: (book.root / path).write_text(text) and None


CHANGES = {
    "prose": (replaced("# A chapter", "# Another"), False),
    "code": (replaced("row =", "line ="), True),
    "default": (replaced("seed: int = 0", "seed: int = 1"), True),
    "tag": (replaced("[parameters]", "[parameters, hide-input]"), False),
    "raises": (replaced("[parameters]", "[parameters, raises-exception]"), True),
    "lock": (written("requirements.lock", "torch==2"), True),
    "row": (
        written(
            "book/ledger/a.yml", "claims: [{id: A-C02, text: z}, {id: A-C03, text: y}]"
        ),
        True,
    ),
    "other row": (
        written(
            "book/ledger/a.yml", "claims: [{id: A-C02, text: x}, {id: A-C03, text: z}]"
        ),
        False,
    ),
}


def test_another_kind_of_machine_has_another_key(make: Make, tiny: Path) -> None:
    book = make(good=chapter("1"))
    given: dict[str, object] = {"preset": "smoke"}
    cpu, cuda = (
        key(parse(book.text("good")), given, book=book, device=device, package=tiny)
        for device in ("cpu", "cuda")
    )
    assert cpu != cuda


@pytest.mark.parametrize("name", CHANGES)
def test_only_what_matters_changes_the_key(make: Make, tiny: Path, name: str) -> None:
    change, matters = CHANGES[name]
    assert edited(make, tiny, change) == matters


@pytest.mark.parametrize(
    ("module", "matters"), [("deep/inner", True), ("far", True), ("unrelated", False)]
)
def test_a_module_two_imports_away_changes_the_key(
    make: Make,
    tiny: Path,
    module: str,
    matters: bool,  # noqa: FBT001
) -> None:
    change = written("../tiny/" + module + ".py", MODULES[module] + "\n# changed")
    assert edited(make, tiny, change) == matters
