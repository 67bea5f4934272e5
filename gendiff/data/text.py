"""English and Python from the standard library: text without a download.

Python carries some megabytes of text wherever it goes. Three kinds are told apart, and
the kind of a passage is a label to condition on:

- *reference*: the language reference that `help("topics")` shows,
- *docstring*: what functions, classes and modules say of themselves,
- *code*: functions, without their docstrings and comments.

Many paragraphs occur more than once. Each is kept where it comes first; only then is
the text cut into blocks, of which every tenth is held out, so no held-out paragraph has
been read in training. The text differs between versions of Python: quote `digest` with
any number that was measured on it.

The alphabet is what a keyboard has, in lower case: 70 symbols. Digits and punctuation
stay, since code without them is none; capitals would double the letters to be learned
and tell little. Typographic signs become their plain forms, and the rest is dropped.
"""

import ast
import hashlib
import importlib
import string
import sysconfig
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from gendiff.applied import Applied
from gendiff.types import Batches

KINDS = ("reference", "docstring", "code")
"""What the labels stand for; the label after the last one means "unknown"."""
ALPHABET = "\n " + string.ascii_lowercase + string.digits + string.punctuation
VOCABULARY = len(ALPHABET)

_BLOCK = 4_000
"""Characters in a block, at least: it ends with the paragraph that reaches this."""
_HELD_OUT = 10
"""One block of so many is held out."""
_LEFT_OUT = {
    *("test", "tests", "idlelib", "lib2to3", "turtledemo", "encodings"),
    *("site-packages", "dist-packages", "__pycache__"),
}
_PLAIN = str.maketrans("‘’“”–—", "''\"\"--") | {ord("…"): "...", ord("\t"): "    "}
_CODES = np.full(256, 255, dtype=np.uint8)
_CODES[np.frombuffer(ALPHABET.encode(), dtype=np.uint8)] = np.arange(VOCABULARY)
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Documented = ast.Module | ast.ClassDef | _Function


@dataclass(frozen=True, slots=True)
class Corpus:
    """Text for training and for testing, a stream of tokens for each of `KINDS`."""

    train: tuple[UInt8[Tensor, " _"], ...]
    test: tuple[UInt8[Tensor, " _"], ...]
    digest: str
    """SHA-256 of all of it."""


def corpus() -> Corpus:
    """Return the text of the running Python; it is read once, in a few seconds.

    Raises:
        ValueError: If this Python came without sources or without its documentation.
    """
    return _read(Path(sysconfig.get_path("stdlib")))


def encode(text: str, /) -> UInt8[Tensor, " n"]:
    """Return the tokens of a text, as far as the alphabet goes.

    >>> encode("Bee!").tolist()
    [3, 6, 6, 38]
    """
    plain = text.translate(_PLAIN).lower().encode("ascii", "ignore")
    codes = _CODES[np.frombuffer(plain, dtype=np.uint8)]
    return torch.from_numpy(codes[codes < VOCABULARY])


def decode(tokens: Int[Tensor, " n"] | UInt8[Tensor, " n"], /) -> str:
    """Return the text that the tokens stand for.

    Raises:
        ValueError: If a number stands for no symbol.
    """
    codes: list[int] = tokens.tolist()
    if unknown := set(codes) - set(range(VOCABULARY)):
        raise ValueError(
            f"{min(unknown)} is no token; the alphabet has 0 to {VOCABULARY - 1}"
        )
    return "".join(ALPHABET[code] for code in codes)


def windows(
    streams: Sequence[UInt8[Tensor, " _"]], /, *, length: int, size: int
) -> Batches:
    """Draw batches `(tokens, labels)` of windows, all streams equally often.

    Raises:
        ValueError: If a stream is shorter than a window.
    """
    _demand(streams, length)
    return Applied(_windows, tuple(streams), length, size)


def cut(
    streams: Sequence[UInt8[Tensor, " _"]], /, *, length: int, most: int
) -> tuple[Int[Tensor, "b n"], Int[Tensor, " b"]]:
    """Return windows side by side, and their labels: what a model is tested on.

    There are equally many of each stream, `most` or as many as the shortest has, and
    they are spread evenly over it.

    Raises:
        ValueError: If a stream is shorter than a window.
    """
    _demand(streams, length)
    each = min(most, *(len(stream) // length for stream in streams))
    rows: list[Tensor] = []
    for stream in streams:
        whole = stream[: len(stream) // length * length].reshape(-1, length)
        rows.append(whole[torch.arange(each) * len(whole) // each])
    labels = torch.arange(len(streams)).repeat_interleave(each)
    return torch.cat(rows).long(), labels


def _windows(
    streams: tuple[Tensor, ...], length: int, size: int, generator: torch.Generator, /
) -> tuple[Int[Tensor, "b n"], Int[Tensor, " b"]]:
    labels = torch.randint(len(streams), (size,), generator=generator)
    where = torch.rand(size, generator=generator, dtype=torch.float64)
    rows: list[Tensor] = []
    for kind, share in zip(labels.tolist(), where.tolist(), strict=True):
        begin = int(share * (len(streams[kind]) - length + 1))
        rows.append(streams[kind][begin : begin + length])
    return torch.stack(rows).long(), labels


def _demand(streams: Sequence[Tensor], length: int) -> None:
    shortest = min((len(stream) for stream in streams), default=0)
    if not 1 <= length <= shortest:
        raise ValueError(
            f"windows of length {length} from streams of at least {shortest}; give a "
            "length from 1 on that fits"
        )


@cache
def _read(library: Path) -> Corpus:
    """Return the text of the standard library in a folder."""
    reference, docstrings, functions = _topics(), list[str](), list[str]()
    for path in _sources(library):
        source = path.read_text("utf-8", errors="ignore")
        words, code = _told_apart(source)
        docstrings += words
        functions += code
    if not docstrings or not functions:
        raise ValueError(
            f"{library} holds no Python sources; use a Python that comes with them, "
            "such as one from python.org, conda-forge or a distribution's full package"
        )
    seen = set[str]()
    kinds = [_unique(text, seen) for text in (reference, docstrings, functions)]
    train, test = zip(*(_split(paragraphs) for paragraphs in kinds), strict=True)
    digest = hashlib.sha256()
    for stream in (*train, *test):
        digest.update(stream.numpy().tobytes())
    return Corpus(train, test, digest.hexdigest())


def _topics() -> list[str]:
    try:
        topics: dict[str, str] = importlib.import_module("pydoc_data.topics").topics
    except ImportError as error:
        raise ValueError(
            "this Python came without pydoc_data, its documentation; install the full "
            "standard library"
        ) from error
    return [topics[name] for name in sorted(topics)]


def _sources(folder: Path) -> Iterator[Path]:
    """Yield all modules in an order that does not depend on the file system."""
    for path in sorted(folder.glob("*")):
        if path.is_dir():
            # what was configured when this Python was built is no library
            if path.name not in _LEFT_OUT and not path.name.startswith("config-"):
                yield from _sources(path)
        elif path.suffix == ".py" and not path.name.startswith("_sysconfigdata"):
            yield path


def _told_apart(source: str) -> tuple[list[str], list[str]]:
    """Return the docstrings of a module, and its functions without them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of old escapes in somebody else's strings
        tree = ast.parse(source)
    docstrings, told = list[str](), set[int]()
    for node in _statements(tree):
        if isinstance(node, _Documented) and (text := ast.get_docstring(node)):
            docstrings.append(text)
            words = node.body[0]
            told.update(range(words.lineno, (words.end_lineno or words.lineno) + 1))
    lines = source.splitlines()
    return docstrings, [_code(function, lines, told) for function in _functions(tree)]


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and all statements in it: `ast.walk` without the expressions."""
    yield node
    for field in ("body", "handlers", "orelse", "finalbody", "cases"):
        for child in getattr(node, field, ()):
            yield from _statements(child)


def _functions(node: ast.Module | ast.ClassDef) -> Iterator[_Function]:
    """Yield functions and methods, but no function inside a function."""
    for child in node.body:
        if isinstance(child, ast.ClassDef):
            yield from _functions(child)
        elif isinstance(child, _Function):
            yield child


def _code(function: _Function, lines: Sequence[str], told: set[int]) -> str:
    """Return the lines of a function without docstrings, comments and empty ones."""
    first = function.lineno
    kept = [
        line
        for number, line in enumerate(lines[first - 1 : function.end_lineno], first)
        if number not in told and (code := line.strip()) and not code.startswith("#")
    ]
    return textwrap.dedent("\n".join(kept))


def _unique(passages: Sequence[str], seen: set[str]) -> list[str]:
    """Return the paragraphs that occur for the first time, and add them to `seen`."""
    fresh: list[str] = []
    for passage in passages:
        for paragraph in passage.split("\n\n"):
            text = "\n".join(
                line.rstrip() for line in paragraph.strip("\n").split("\n")
            )
            key = " ".join(text.lower().split())
            if key and key not in seen:
                seen.add(key)
                fresh.append(text)
    return fresh


def _split(
    paragraphs: Sequence[str],
) -> tuple[UInt8[Tensor, " train"], UInt8[Tensor, " test"]]:
    """Cut paragraphs into blocks and hold some of them out."""
    parts: tuple[list[str], list[str]] = [], []
    block, filled = 0, 0
    for paragraph in paragraphs:
        parts[block % _HELD_OUT == _HELD_OUT - 1].append(paragraph + "\n\n")
        filled += len(paragraph)
        if filled >= _BLOCK:
            block, filled = block + 1, 0
    train, test = (encode("".join(part)) for part in parts)
    return train, test
