"""The content key changes with what an execution depends on, and with nothing else."""

import inspect
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from pipeline_book import chapter

from gendiff.book.bare import bare, reads
from gendiff.book.keys import contents, key
from gendiff.book.layout import Book
from gendiff.book.notebooks import code, parse
from gendiff.book.shown import shown
from gendiff.book.sources import PACKAGE, closure, library
from gendiff.guidance import Contrast
from gendiff.tokens import search

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

    def change(book: Book) -> None:
        (book.root / path).write_text(text)

    return change


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
    change = written("../tiny/" + module + ".py", MODULES[module] + "\nchanged = 1")
    assert edited(make, tiny, change) == matters


TOLD = '''"""A module."""

import functools

LIMIT = 3
"""How many."""


class Base:
    def inherited(self):
        """Say little."""


class Kind(Base):
    """A kind."""

    size: int = 2
    """How large."""

    def twice(self):
        """Return it twice."""
        return 2 * self.size  # why


@functools.cache
def pure(x):
    """Return x."""
    text = """# no comment

    nor a docstring"""
    return x, text


def other():
    """Do nothing."""


renamed = pure
'''
WORDS = {
    "module": ('"""A module."""', '"""One."""'),
    "lines": ('"""A module."""', '"""A module.\n\nOf many lines.\n"""'),
    "constant": ('"""How many."""', "# Up to here."),
    "field": ('"""How large."""', '"""How wide."""'),
    "class": ('"""A kind."""', "'''A sort.'''"),
    "method": ('"""Return it twice."""', '"""Double it."""'),
    "comment": ("  # why", "  # because"),
    "no comment": ("  # why", ""),
    "function": ('"""Return x."""', '"""Give x."""'),
    "whole body": ('"""Do nothing."""', '"""Rest."""'),
}
CODE = {
    "operation": ("2 * self", "3 * self"),
    "value": ("LIMIT = 3", "LIMIT = 4"),
    "text": ("# no comment", "# another"),
    "blank line of a text": ("comment\n\n", "comment\n"),
    "default": ("size: int = 2", "size: int = 1"),
    "decorator": ("@functools.cache", "@functools.lru_cache"),
}


def moving(tiny: Path, page: str, *tags: str) -> set[str]:
    """Return which edits of a module change what a page depends on.

    Raises:
        AssertionError: If one of code does not.
    """
    path = tiny / "told.py"
    clock = count(1)

    def now(text: str) -> object:
        path.write_text(text)
        os.utime(path, (0, next(clock)))  # two of one tick of a disk look the same
        return contents([(page, tags)], tiny)

    before, found = now(TOLD), set[str]()
    for name, (old, new) in (WORDS | CODE).items():
        assert TOLD.count(old) == 1, name
        if now(TOLD.replace(old, new)) != before:
            found.add(name)
    assert set(CODE) <= found
    return found - set(CODE)


@pytest.mark.parametrize(
    "page",
    ["from tiny import told", "from tiny.told import Kind", "import tiny.told as t"],
)
def test_words_of_the_library_leave_the_key(tiny: Path, page: str) -> None:
    assert moving(tiny, page) == set()


@pytest.mark.parametrize(
    ("shows", "words"),
    [
        ("from tiny import told\nrun.source(told.pure)", {"function"}),
        ("import tiny.told\nrun.source(tiny.told.other)", {"whole body"}),
        ("from tiny.handed import it\nrun.source(it)", {"function"}),
        (
            "from tiny.told import Kind\nrun.source(Kind.twice)",
            {"method", "comment", "no comment"},
        ),
        (
            "from tiny.told import Kind\nrun.source(Kind)",
            {"class", "field", "method", "comment", "no comment"},
        ),
    ],
)
def test_words_that_a_page_shows_move_its_key(
    tiny: Path, shows: str, words: set[str]
) -> None:
    (tiny / "handed.py").write_text("from .told import pure as it\nit")
    assert moving(tiny, shows) == words


@pytest.mark.parametrize(
    "page",
    [
        "from tiny import told\nrun.source(told.renamed)",
        "from tiny import told\nrun.source(told.Kind.inherited)",
        "from tiny import told\nrun.source(told.no_more)",
        "from tiny import told\nrun.source(told.pure); run.source(getattr(told, x))",
        "from tiny import told\nfor told in [told]: run.source(told.pure)",
        "from tiny import told\nshow = run.source\nshow(told.pure)",
        "from tiny import told\nprint(told.pure.__doc__)",
        "import inspect\nfrom tiny import told\ninspect.getsource(told.pure)",
    ],
)
def test_words_count_where_a_page_may_show_any(tiny: Path, page: str) -> None:
    assert moving(tiny, page) == set(WORDS)


def test_words_count_in_a_traceback(tiny: Path) -> None:
    assert moving(tiny, "import tiny.told", "raises-exception") == set(WORDS)


def test_a_module_that_reads_words_counts_whole(tiny: Path) -> None:
    for name in ("reader", "book/reader"):
        path = tiny / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        texts = (f"import inspect\ninspect.getsource\n# {why}" for why in "ab")
        page = [(f"import tiny.{name.replace('/', '.')}", ())]
        found: list[object] = []
        for moment, text in enumerate(texts):
            path.write_text(text)
            os.utime(path, (0, moment))
            found.append(contents(page, tiny))
        assert (found[0] != found[1]) == (name == "reader")


def test_one_study_reads_words_and_those_of_its_own_module() -> None:
    # Whoever adds another: what it reads must stand in the module that reads it.
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if PACKAGE / "book" not in path.parents and reads(path.read_text("utf-8"))
    }
    assert found == {"studies/language/twins.py"}


def test_what_the_pages_show_is_found() -> None:
    book = Book(PACKAGE.parent)
    for page in book.chapters():
        cells = [cell.source for cell in code(parse(book.text(page)))]
        asked = sum(cell.count("run.source(") for cell in cells)
        pieces = shown(cells)
        assert pieces is not None, page
        assert len(pieces) == asked, page


def test_what_is_found_is_what_is_shown() -> None:
    imports = "from gendiff.guidance import Contrast\nfrom gendiff.tokens import search"
    cells = [imports, "run.source(Contrast.__call__)", "run.source(search.beam)"]
    things = (Contrast.__call__, inspect.unwrap(search.beam))
    expected = [
        (thing.__module__, "".join(inspect.getsourcelines(thing)[0]))
        for thing in things
    ]
    assert shown(cells) == expected


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("x = 1  # one\n\n# two\ny = '#'\n", "x = 1\ny = '#'\n"),
        ("'''A.\n\nB.'''\nx = '''a\n\n# b'''", "x = '''a\n\n# b'''"),
        ("f(  # first\n    # alone\n\n    1)", "f(\n    1)"),
        ("f'{g()}'\nr'x'\n'y'; z = 1\n", "f'{g()}'\n'y'; z = 1\n"),
        ("def f():\n    'Say.'\n    return 1", "def f():\n    return 1"),
        ("x = (  # not closed", "x = (  # not closed"),
        ("# only words", ""),
    ],
)
def test_bare_code_is_what_is_left_without_words(text: str, left: str) -> None:
    assert bare(text).rstrip("\n") == left.rstrip("\n")
