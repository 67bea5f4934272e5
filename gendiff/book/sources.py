"""Which modules of the library can some code reach? Read from sources, never imported.

Two keys ask it: that of a chapter's execution, and that of a result which a chapter
keeps.
"""

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
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

    Imports inside functions count. The packages above a module count too, since Python
    executes them first, unless all that they do is to hand names on: such a face is
    looked through, to the module that a name comes from.
    """
    found: dict[str, Path] = {}
    waiting = [pair for source in sources for pair in imports(source, "", package.name)]
    while waiting:
        module, name = waiting.pop()
        waiting.extend((above, "") for above in parents(module))
        path = locate(module, package)
        if path is None:
            continue
        inner = f"{module}.{name}"
        handed = face(path)
        if name and locate(inner, package) is not None and name not in (handed or {}):
            waiting.extend([(inner, "*"), (module, "")])
        elif handed is not None:
            origins = set(handed.values()) if name == "*" else {handed.get(name, "")}
            waiting.extend((f"{module}.{origin}", "") for origin in origins if origin)
        elif module not in found:
            found[module] = path
            inside = module if path.name == "__init__.py" else module.rpartition(".")[0]
            waiting.extend(imports(path.read_text("utf-8"), inside, package.name))
    return found


def parents(module: str) -> list[str]:
    """Return the packages above a module, the outermost first.

    >>> parents("gendiff.nets.unet")
    ['gendiff', 'gendiff.nets']
    """
    parts = module.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts))]


@cache
def face(path: Path) -> Mapping[str, str] | None:
    """Return where a package has the names from that it hands on, if it does no more.

    A face has a docstring and lines such as `from .unet import UNet as UNet`; whatever
    else stands in an `__init__.py` makes it a module like others.
    """
    if path.name != "__init__.py":
        return None
    handed: dict[str, str] = {}
    for node in ast.parse(path.read_text("utf-8")).body:
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                pass
            case ast.ImportFrom(module=str(module), names=names, level=1):
                handed |= {alias.asname or alias.name: module for alias in names}
            case _:
                return None
    return handed or None


@cache
def imports(source: str, inside: str, package: str) -> tuple[tuple[str, str], ...]:
    """Return what a source imports of the package: pairs of a module and a name.

    From `import a.b` all of `a.b` can be reached: the name is `*` then. A source is
    parsed once in a process: every chapter reaches the same modules.
    """
    return tuple(dict.fromkeys(statements(source, inside, package)))


def statements(source: str, inside: str, package: str) -> Iterator[tuple[str, str]]:
    """Yield the pairs of `imports`, some of them repeatedly."""
    try:
        tree = ast.parse(plain(source))
    except SyntaxError:  # it runs nowhere, so it imports nothing
        return
    for node in ast.walk(tree):
        pairs: list[tuple[str, str]] = []
        if isinstance(node, ast.Import):
            pairs = [(alias.name, "*") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = inside.split(".")[: len(inside.split(".")) - node.level + 1]
            base = ".".join(
                [*(above if node.level else []), *filter(None, [node.module])]
            )
            pairs = [(base, alias.name) for alias in node.names]
        yield from (pair for pair in pairs if pair[0].split(".")[0] == package)


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
