"""The store of executed notebooks: what is whole is read, what isn't is dropped."""

import errno
import os
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from gendiff import cache
from gendiff.book import layout


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cache, "_told", set())
    return tmp_path / "executed"


def executed() -> nbformat.NotebookNode:
    output = new_output("stream", text="1\n2\n")
    notebook = new_notebook(
        cells=[new_code_cell("1\n2", execution_count=1, outputs=[output])]
    )
    notebook.metadata["gendiff"] = {"chapter": "a", "provenance": {}}
    return notebook


def test_what_was_kept_is_found(store: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = store / "x.ipynb"
    assert layout.kept(path) is None
    layout.keep(path, nbformat.writes(executed()))
    assert layout.kept(path) == nbformat.read(path, as_version=4)
    assert capfd.readouterr() == ("", "")


WHOLE = nbformat.writes(executed())


@pytest.mark.parametrize(
    "text",
    [
        "",
        WHOLE[: len(WHOLE) // 2],
        WHOLE[:-2],
        "[]",
        "{}",
        "null",
        "3",
        '"text"',
        '{"nbformat": 4}',
        '{"nbformat": 4, "nbformat_minor": 5, "cells": 3, "metadata": {}}',
        '{"nbformat": "x", "nbformat_minor": 5, "cells": [], "metadata": {}}',
        '{"nbformat": 99, "nbformat_minor": 5, "cells": [], "metadata": {}}',
        '{"nbformat": 4, "nbformat_minor": 5, "cells": [], "metadata": {}}',
        WHOLE.replace('"provenance"', '"other"'),
        WHOLE.replace('"stream"', '"other"'),
        WHOLE.replace('"outputs"', '"other"'),
        "\udcff",
    ],
)
def test_what_is_no_executed_notebook_is_dropped_and_told_of(
    store: Path, text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    store.mkdir()
    path = store / "x.ipynb"
    path.write_bytes(text.encode(errors="surrogateescape"))
    assert layout.kept(path) is None
    assert not path.exists()
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"{path} cannot be read and is made anew: ")
    layout.keep(path, WHOLE)
    assert layout.kept(path) is not None


def test_a_folder_in_its_place_stops_nobody(
    store: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = store / "x.ipynb"
    path.mkdir(parents=True)
    assert layout.kept(path) is None
    layout.keep(path, WHOLE)
    assert path.is_dir()
    made, kept = capfd.readouterr().err.splitlines()
    assert "cannot be read and is made anew" in made
    assert "nothing new is kept in" in kept


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_a_store_that_cannot_be_written_is_told_of_once(
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    number: int,
) -> None:
    def refused(self: Path, *args: object, **more: object) -> None:
        self.touch()
        raise OSError(number, os.strerror(number), str(self))

    monkeypatch.setattr(Path, "write_text", refused)
    for name in "xy":
        layout.keep(store / f"{name}.ipynb", WHOLE)
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"nothing new is kept in {store}: ")
    assert os.strerror(number).lower() in line
    assert list(store.iterdir()) == []


def test_a_file_that_may_not_be_read_is_passed_over(
    store: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    path = store / "x.ipynb"
    layout.keep(path, WHOLE)

    def refused(self: Path, *args: object, **more: object) -> str:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_text", refused)
        assert layout.kept(path) is None
    assert "Permission denied" in capfd.readouterr().err
