"""A library that is edited while a kernel lives: the kernel's results are not kept."""

import os
import time
from pathlib import Path

import pytest

from gendiff.book import memo
from gendiff.book.memo import memo as kept


def test_nothing_is_kept_or_read_after_an_edit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENDIFF_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("GENDIFF_NO_MEMO", raising=False)
    package = tmp_path / "gendiff"
    package.mkdir()
    file = package / "part.py"
    file.write_text("A = 1")
    os.utime(file, (0, 0))
    monkeypatch.setattr(memo, "PACKAGE", package)
    module = type(os)("gendiff_part")
    module.__file__ = str(file)
    monkeypatch.setitem(memo.sys.modules, "gendiff_part", module)
    calls: list[int] = []

    def work() -> int:
        return 1

    counted = kept(work)
    assert not memo.edited()
    assert counted() == 1
    folder = tmp_path / "cache" / "memo"
    assert len(list(folder.iterdir())) == 1
    later = time.time() + 60
    os.utime(file, (later, later))
    assert memo.edited()

    def other() -> int:
        calls.append(1)
        return 2

    assert kept(other)() == kept(other)() == 2
    assert len(calls) == 2
    assert len(list(folder.iterdir())) == 1
