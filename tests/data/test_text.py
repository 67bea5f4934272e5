"""The embedded text: alphabet, kinds, no leak into what is held out, windows."""

import sys
from pathlib import Path

import pytest
import torch

from gendiff.data import dropped, text

MODULE = '''"""Words of a module,

in two paragraphs."""
import os

class Thing:
    """Words of a class."""

    def method(self):
        """Words of a
        method."""
        # a comment
        def inner():
            """Inner words."""
            return 1

        return inner

def Plain(x):

    return x  # stays
'''


@pytest.fixture(scope="module")
def corpus() -> text.Corpus:
    return text.corpus()


def library(folder: Path, files: dict[str, str]) -> Path:
    for name, source in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return folder


def test_the_alphabet_is_a_keyboard_in_lower_case() -> None:
    assert text.VOCABULARY == len(set(text.ALPHABET)) == 70
    assert text.decode(text.encode(text.ALPHABET)) == text.ALPHABET
    said = "“Ça va?”\t— ‘No…’ é\x00\r\n"
    assert text.decode(text.encode(said)) == "\"a va?\"    - 'no...' \n"
    assert text.encode(said).dtype == torch.uint8
    with pytest.raises(ValueError, match="70 is no token"):
        text.decode(torch.tensor([1, 70]))


def test_there_is_text_of_each_kind(corpus: text.Corpus) -> None:
    assert len(corpus.train) == len(corpus.test) == len(text.KINDS)
    for train, test in zip(corpus.train, corpus.test, strict=True):
        assert len(train) > 150_000
        assert 0.05 < len(test) / len(train) < 0.2
        assert max(train.max(), test.max()) < text.VOCABULARY
    assert len(corpus.digest) == 64
    assert text.corpus() is corpus  # read once


def test_no_held_out_paragraph_was_trained_on(corpus: text.Corpus) -> None:
    train, test = (
        [" ".join(part.split()) for kind in streams
         for part in text.decode(kind).split("\n\n") if part]
        for streams in (corpus.train, corpus.test)
    )  # fmt: skip
    assert len(train) == len(set(train))
    assert not set(train) & set(test)


def test_kinds_are_told_apart(tmp_path: Path) -> None:
    read = text._read(library(tmp_path, {"a.py": MODULE, "test/b.py": MODULE}))
    _, docstring, code = (text.decode(stream) for stream in read.train)
    assert docstring == (
        "words of a module,\n\nin two paragraphs.\n\nwords of a class.\n\n"
        "words of a\nmethod.\n\ninner words.\n\n"
    )
    assert code == (
        "def method(self):\n    def inner():\n        return 1\n    return inner\n\n"
        "def plain(x):\n    return x  # stays\n\n"
    )


def test_paragraphs_count_once_whatever_their_spaces(tmp_path: Path) -> None:
    twice = 'def f():\n    """One.\n\n    Two  words."""\n    return 2\n'
    again = 'def g():\n    """Two words."""\n    return 3\n'
    read = text._read(library(tmp_path, {"a.py": twice, "b/c.py": twice + again}))
    assert text.decode(read.train[1]) == "one.\n\ntwo  words.\n\n"
    assert text.decode(read.train[2]).count("def f") == 1


def test_every_tenth_block_is_held_out() -> None:
    paragraphs = [f"{n:04d}" + "x" * 996 for n in range(80)]
    train, test = (text.decode(part) for part in text._split(paragraphs))
    kept = [int(part[:4]) for part in test.split("\n\n") if part]
    assert kept == [36, 37, 38, 39, 76, 77, 78, 79]
    assert len(train.split("\n\n")) == 73


def test_the_order_of_files_is_by_name(tmp_path: Path) -> None:
    one = library(tmp_path / "1", {"b.py": MODULE, "a/z.py": "def f():\n    pass\n"})
    two = library(tmp_path / "2", {"a/z.py": "def f():\n    pass\n", "b.py": MODULE})
    assert text._read(one).digest == text._read(two).digest
    other = library(tmp_path / "3", {"b.py": MODULE})
    assert text._read(other).digest != text._read(one).digest


def test_a_python_without_sources_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="no Python sources"):
        text._read(tmp_path)
    with pytest.raises(ValueError, match="no Python sources"):
        text._read(tmp_path / "python311.zip")
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(ValueError, match="pydoc_data"):
        text._read(library(tmp_path, {"a.py": MODULE}))


def test_windows_are_cut_from_the_stream_of_their_label() -> None:
    streams = (torch.arange(10).byte(), torch.arange(20, 60).byte())
    draw = text.windows(streams, length=4, size=4_000)
    tokens, labels = draw(torch.Generator().manual_seed(0))
    assert tokens.shape == (4_000, 4)
    assert (tokens.diff(dim=1) == 1).all()
    assert torch.equal(tokens[:, 0] >= 20, labels == 1)
    assert 0.46 < labels.float().mean() < 0.54
    starts = torch.bincount(tokens[labels == 0, 0], minlength=7)
    assert len(starts) == 7  # the last window is reached
    assert starts.min() > 200
    again, _ = draw(torch.Generator().manual_seed(0))
    assert torch.equal(tokens, again)
    _, told = dropped(draw, rate=1.0, unknown=2)(torch.Generator())
    assert (told == 2).all()
    with pytest.raises(ValueError, match="length 11"):
        text.windows(streams, length=11, size=4)


def test_tests_are_cut_evenly() -> None:
    streams = (torch.arange(10).byte(), torch.arange(20, 60).byte())
    tokens, labels = text.cut(streams, length=3, most=8)
    assert tokens[:, 0].tolist() == [0, 3, 6, 20, 32, 44]
    assert labels.tolist() == [0, 0, 0, 1, 1, 1]
    tokens, _ = text.cut(streams, length=3, most=2)
    assert tokens[:, 0].tolist() == [0, 3, 20, 38]
    with pytest.raises(ValueError, match="length 0"):
        text.cut(streams, length=0, most=2)
