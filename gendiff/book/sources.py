"""Which modules of the library can some code reach? Read from sources, never imported.

Two keys ask it: that of a chapter's execution, and that of a result which a chapter
keeps.
"""

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def library(sources: Iterable[str], package: Path = PACKAGE) -> dict[str, Path]:
    """Return the files of the package that some code can reach.

    These are the modules of the closure and, since a module may read them, the files
    beside a module that are no Python: styles, scripts, tables.
    """
    modules = closure(sources, package)
    beside = (
        path
        for folder in {path.parent for path in modules.values()}
        for path in folder.iterdir()
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    )
    return modules | {str(path.relative_to(package.parent)): path for path in beside}


def closure(sources: Iterable[str], package: Path = PACKAGE) -> dict[str, Path]:
    """Return the modules of the package that some code imports, and what these import.

    Imports inside functions count. The packages above a module count, since Python
    executes them first.
    """
    found: dict[str, Path] = {}
    waiting = [name for source in sources for name in imports(source, "", package.name)]
    while waiting:
        name = waiting.pop()
        path = locate(name, package)
        if path is None or name in found:
            continue
        found[name] = path
        inside = name if path.name == "__init__.py" else name.rpartition(".")[0]
        waiting.extend(imports(path.read_text("utf-8"), inside, package.name))
    return found


@cache
def imports(source: str, inside: str, package: str) -> tuple[str, ...]:
    """Return the dotted names of the package that a source might import.

    A name of `from a import b` may be a module or a value: both `a` and `a.b` are
    returned, and whoever looks for the files sees which exist. A source is parsed once
    in a process: every chapter reaches the same modules.
    """
    return tuple(dict.fromkeys(statements(source, inside, package)))


def statements(source: str, inside: str, package: str) -> Iterator[str]:
    """Yield the names of the package that a source's imports name, some repeatedly."""
    try:
        tree = ast.parse(plain(source))
    except SyntaxError:  # it runs nowhere, so it imports nothing
        return
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = inside.split(".")[: len(inside.split(".")) - node.level + 1]
            base = ".".join(
                [*(above if node.level else []), *filter(None, [node.module])]
            )
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        for name in names:
            parts = name.split(".")
            if parts[0] == package:
                yield from (".".join(parts[: n + 1]) for n in range(len(parts)))


def plain(source: str) -> str:
    """Blank the lines of a cell that are IPython's and not Python's."""
    return re.sub(r"^\s*[%!].*$", "", source, flags=re.MULTILINE)


def locate(name: str, package: Path) -> Path | None:
    """Return the file of a module, or nothing where there is no such module."""
    path = package.parent.joinpath(*name.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.exists():
            return candidate
    return None


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
