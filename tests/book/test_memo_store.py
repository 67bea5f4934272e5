"""Entries that are broken, foreign or shared, and stores that cannot be written."""

import errno
import json
import os
import stat
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch

from gendiff import cache
from gendiff.book import memo


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GENDIFF_CACHE", str(tmp_path))
    for name in ("GENDIFF_NO_MEMO", "GENDIFF_NOTES", "GENDIFF_BEGAN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(cache, "_told", set())
    monkeypatch.setattr(memo, "_reused", set())
    return tmp_path / "memo"


class Calls:
    """Counts calls without being part of the key."""

    def __init__(self) -> None:
        self.n = 0

    def __identity__(self) -> str:
        return "calls"

    def __call__(self) -> None:
        self.n += 1


@pytest.mark.parametrize("name", ["value.json", "tensors.safetensors"])
@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b"\xff", None])
def test_a_damaged_entry_is_made_again(
    store: Path, name: str, damage: bytes | None
) -> None:
    calls = Calls()

    def f() -> dict[str, Any]:
        calls()
        return {"w": torch.arange(100)}

    kept = memo.memo(f)
    kept()
    (entry,) = store.iterdir()
    path = entry / name
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    assert kept()["w"].sum().item() == 4950
    assert calls.n == 2
    assert kept()["w"].sum().item() == 4950
    assert calls.n == 2
    assert [p.name for p in store.iterdir()] == [entry.name]


@pytest.mark.parametrize(
    "value",
    [
        {"tensor": "7"},
        {"tensor": []},
        {"array": "0"},
        {"dict": [[1]]},
        {"dict": 3},
        {"dict": [[[1], 2]]},
        {"tuple": None},
    ],
)
def test_a_foreign_entry_is_made_again(store: Path, value: Any) -> None:
    def f() -> Any:
        return {"w": torch.zeros(2, dtype=torch.bfloat16)}

    kept = memo.memo(f)
    kept()
    path = next(store.glob("*/value.json"))
    entry = json.loads(path.read_text())
    path.write_text(json.dumps(entry | {"value": value}))
    assert kept()["w"].tolist() == [0.0, 0.0]
    assert json.loads(path.read_text()) == entry


@pytest.mark.parametrize("what", ["a file", "a link", "a folder of folders"])
def test_what_stands_in_the_place_of_an_entry_is_replaced(
    store: Path, tmp_path: Path, what: str
) -> None:
    calls = Calls()

    def f() -> int:
        calls()
        return 1

    kept = memo.memo(f)
    kept()
    (entry,) = store.iterdir()
    memo._discard(entry)
    if what == "a file":
        entry.write_text("?")
    elif what == "a link":
        entry.symlink_to(tmp_path / "nowhere")
    else:
        (entry / "value.json" / "x").mkdir(parents=True)
    assert kept() == kept() == 1
    assert calls.n == 2
    assert list(store.iterdir()) == [entry]


def test_modes_are_as_the_umask_says(store: Path, tmp_path: Path) -> None:
    before = os.umask(0o002)
    try:
        memo.memo(lambda: torch.ones(2))()
    finally:
        os.umask(before)
    paths = [*store.rglob("*"), *(tmp_path / "locks").rglob("*")]
    modes = {stat.S_IMODE(p.stat().st_mode) for p in paths if p.is_file()}
    assert modes == {0o664}
    modes = {stat.S_IMODE(p.stat().st_mode) for p in [*paths, store] if p.is_dir()}
    assert modes == {0o775}


class TestAStoreThatCannotBeWritten:
    """The result comes all the same, and that it isn't kept is told once."""

    def twice(self) -> Calls:
        calls = Calls()

        def f() -> dict[str, Any]:
            calls()
            return {"w": torch.arange(3)}

        kept = memo.memo(f)
        for _ in range(2):
            assert kept()["w"].tolist() == [0, 1, 2]
        return calls

    @pytest.mark.parametrize("method", ["mkdir", "write_bytes", "write_text", "rename"])
    @pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC])
    def test_is_told_of_once(
        self, store: Path, monkeypatch: pytest.MonkeyPatch, method: str, number: int
    ) -> None:
        def refused(self: Path, *args: object, **more: object) -> None:
            if method in ("write_bytes", "write_text"):
                self.touch()  # the disk takes the name and no more
            raise OSError(number, os.strerror(number), str(self))

        monkeypatch.setattr(Path, method, refused)
        reason = os.strerror(number).lower()
        with pytest.warns(UserWarning, match=f"kept in .*memo: {reason}") as told:
            assert self.twice().n == 2
        assert len(told) == 1
        assert not list(store.glob("*"))

    def test_is_noted_by_a_chapter_and_nothing_goes_to_stderr(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("GENDIFF_CACHE", str(tmp_path / "file"))
        monkeypatch.setenv("GENDIFF_NOTES", str(tmp_path / "notes"))
        assert self.twice().n == 2
        (line,) = (tmp_path / "notes").read_text().splitlines()
        assert json.loads(line)["kept"].startswith("nothing new is kept in")
        assert capfd.readouterr() == ("", "")

    def test_but_read_is_used(
        self, store: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def f() -> int:
            return 1

        memo.memo(f)()

        def refused(self: Path, *args: object, **more: object) -> None:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

        for method in ("mkdir", "write_bytes", "write_text", "rename"):
            monkeypatch.setattr(Path, method, refused)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert memo.memo(f)() == 1

    def test_has_no_place_for_locks(self, store: Path, tmp_path: Path) -> None:
        (tmp_path / "locks").write_text("a file")
        assert self.twice().n == 1

    def test_holds_a_broken_entry_that_is_not_ours_to_mend(
        self, store: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.twice()
        (path,) = store.glob("*/value.json")
        path.write_text("{")

        def refused(folder: Path) -> None:
            raise PermissionError(errno.EACCES, "Operation not permitted")

        monkeypatch.setattr(memo, "_discard", refused)
        with pytest.warns(UserWarning, match="memo: operation not permitted") as told:
            assert self.twice().n == 2
        assert len(told) == 1

    def test_is_no_excuse_for_the_functions_own_errors(self, store: Path) -> None:
        def f() -> None:
            raise PermissionError(errno.EACCES, "my own file")

        with pytest.raises(PermissionError, match="my own file"):
            memo.memo(f)()
        assert not list(store.glob("*"))


class TestNotesOfReuse:
    def notes(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if path.exists():
            for line in path.read_text().splitlines():
                found |= json.loads(line)
        return found

    def test_count_the_entries_older_than_the_run(
        self, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        notes = tmp_path / "notes"
        monkeypatch.setenv("GENDIFF_NOTES", str(notes))

        def f(x: int) -> int:
            return x

        kept = memo.memo(f)
        kept(1), kept(1), kept(2)
        assert self.notes(notes) == {}  # what it made itself is not reused
        for path in store.glob("*/value.json"):
            os.utime(path, (1.0, 1.0))
        kept(1), kept(1)
        assert self.notes(notes) == {"reused": 1}
        kept(2)
        assert self.notes(notes) == {"reused": 2}

    def test_go_by_when_the_run_began(
        self, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        notes = tmp_path / "notes"
        monkeypatch.setenv("GENDIFF_NOTES", str(notes))
        kept = memo.memo(lambda: 1)
        kept()
        (path,) = store.glob("*/value.json")
        os.utime(path, (1000.0, 1000.0))
        monkeypatch.setenv("GENDIFF_BEGAN", "999.0")
        kept()
        assert self.notes(notes) == {}
        monkeypatch.setenv("GENDIFF_BEGAN", "1001.0")
        kept()
        assert self.notes(notes) == {"reused": 1}

    def test_are_none_without_a_memo(
        self, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = memo.memo(lambda: 1)
        kept()
        (path,) = store.glob("*/value.json")
        os.utime(path, (1.0, 1.0))
        monkeypatch.setenv("GENDIFF_NOTES", str(tmp_path / "notes"))
        monkeypatch.setenv("GENDIFF_NO_MEMO", "1")
        kept()
        assert not (tmp_path / "notes").exists()


def test_a_flipped_bit_is_noticed(store: Path) -> None:
    kept = memo.memo(lambda: {"w": torch.arange(100)})
    kept()
    path = next(store.glob("*/tensors.safetensors"))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert kept()["w"][-1].item() == 99
