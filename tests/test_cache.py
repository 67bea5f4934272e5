"""One root for all that is kept, and folders that can't be written, full or shared."""

import errno
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from gendiff import cache
from gendiff.book import layout

NO_SPACE = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
DENIED = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
READ_ONLY = OSError(errno.EROFS, os.strerror(errno.EROFS))


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(cache, "_told", set())
    monkeypatch.setenv("GENDIFF_CACHE", str(tmp_path / "kept"))
    monkeypatch.delenv("GENDIFF_NOTES", raising=False)
    return tmp_path / "kept"


class TestRoot:
    def test_is_the_one_named(self, fresh: Path) -> None:
        assert cache.root() == layout.cache() == fresh

    def test_may_begin_at_home(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", "/somewhere")
        monkeypatch.setenv("GENDIFF_CACHE", "~/kept")
        assert cache.root() == Path("/somewhere/kept")

    def test_relative_is_settled_by_the_first_who_asks(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "a").mkdir()
        monkeypatch.setenv("GENDIFF_CACHE", "rel")
        monkeypatch.chdir(tmp_path)
        assert cache.root() == tmp_path / "rel"
        monkeypatch.chdir(tmp_path / "a")
        assert cache.root() == tmp_path / "rel"
        program = "from gendiff import cache; print(cache.root())"
        child = subprocess.check_output([sys.executable, "-c", program], text=True)
        assert child.strip() == str(tmp_path / "rel")

    @pytest.mark.skipif(sys.platform != "linux", reason="XDG is Linux's")
    @pytest.mark.parametrize("unset", ["", None])
    def test_otherwise_is_the_platforms(
        self, monkeypatch: pytest.MonkeyPatch, unset: str | None
    ) -> None:
        if unset is None:
            monkeypatch.delenv("GENDIFF_CACHE")
        else:
            monkeypatch.setenv("GENDIFF_CACHE", unset)
        monkeypatch.setenv("HOME", "/somewhere")
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        assert cache.root() == Path("/somewhere/.cache/gendiff")
        monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
        assert cache.root() == Path("/elsewhere/gendiff")
        monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # which the rules forbid
        assert cache.root() == Path("/somewhere/.cache/gendiff")

    def test_without_a_home_is_a_place_that_nobody_has(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def homeless(name: str) -> Path:
            raise RuntimeError("could not determine the home directory")

        monkeypatch.delenv("GENDIFF_CACHE")
        for way in (homeless, lambda name: Path("~/.cache") / name):
            monkeypatch.setattr(cache, "user_cache_path", way)
            assert cache.root() == Path("/nonexistent/.cache/gendiff")

    def test_of_an_unknown_user_is_refused(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GENDIFF_CACHE", "~nobody-of-that-name/kept")
        with pytest.raises(ValueError, match=r"is '~nobody-of.*absolute"):
            cache.root()


class TestAside:
    def test_a_file_has_the_mode_that_the_umask_says(self, fresh: Path) -> None:
        for mask, file, folder in ((0o002, 0o664, 0o775), (0o077, 0o600, 0o700)):
            before = os.umask(mask)
            try:
                path = fresh / f"{mask:o}" / "x"
                layout.write(path, "text")
            finally:
                os.umask(before)
            assert stat.S_IMODE(path.stat().st_mode) == file
            assert stat.S_IMODE(path.parent.stat().st_mode) == folder

    def test_half_a_file_is_none(self, fresh: Path) -> None:
        layout.write(fresh / "x", "old")

        def cut() -> None:
            with cache.aside(fresh / "x") as part:
                part.write_text("ne")
                raise NO_SPACE

        with pytest.raises(OSError, match="left"):
            cut()
        assert (fresh / "x").read_text() == "old"
        assert [path.name for path in fresh.iterdir()] == ["x"]

    @pytest.mark.parametrize("error", [NO_SPACE, DENIED, READ_ONLY])
    def test_what_cannot_be_written_is_named(
        self, fresh: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
    ) -> None:
        def refused(self: Path, *args: object, **more: object) -> int:
            self.touch()
            raise error

        monkeypatch.setattr(Path, "write_text", refused)
        reason = os.strerror(error.errno or 0).lower()
        with pytest.raises(ValueError, match=f"kept/x cannot be written: {reason}; "):
            layout.write(fresh / "x", "text")
        assert list(fresh.iterdir()) == []

    def test_a_file_where_a_folder_should_be_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(ValueError, match="file/x cannot be written: "):
            layout.write(tmp_path / "file" / "x", "text")


class TestAlone:
    def test_another_name_is_another_lock(self) -> None:
        with cache.alone("a"), cache.alone("b"):
            pass

    def test_without_a_place_for_locks_it_goes_on(
        self, fresh: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fresh.write_text("a file")
        with cache.alone("a"):
            pass
        fresh.unlink()

        def refused(*args: object, **more: object) -> None:
            raise DENIED

        monkeypatch.setattr(cache.FileLock, "acquire", refused)
        with cache.alone("a"):
            pass

    def test_an_error_inside_is_no_error_of_the_lock(self) -> None:
        with pytest.raises(PermissionError), cache.alone("a"):
            raise DENIED
        with cache.alone("a"):  # it was released
            pass

    def test_whoever_dies_gives_the_lock_back(self, tmp_path: Path) -> None:
        program = (
            "import time\nfrom gendiff import cache\n"
            "with cache.alone('a'):\n print('in', flush=True)\n time.sleep(600)"
        )
        command = [sys.executable, "-c", program]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"in\n"
            killed = threading.Timer(0.2, other.kill)
            killed.start()
            with cache.alone("a"):  # which this process waits for already
                assert other.wait() == -signal.SIGKILL

    def test_three_in_a_row_exclude_each_other(self, tmp_path: Path) -> None:
        # The second waits for the first, the third comes when the first has gone:
        # were the file removed then, it would take another lock than the second's.
        program = f"""
import os, sys, time
from pathlib import Path
from gendiff import cache
seen = Path({str(tmp_path / "inside")!r})
for _ in range(20):
    with cache.alone("a"):
        seen.open("x").close()
        time.sleep(0.002)
        seen.unlink()
"""
        command = [sys.executable, "-c", program]
        three = [subprocess.Popen(command) for _ in range(3)]
        assert [process.wait() for process in three] == [0, 0, 0]


class TestUnkept:
    def test_is_told_once_and_says_where_and_why(self, fresh: Path) -> None:
        with pytest.warns(UserWarning, match="nothing new is kept in .*kept: perm"):
            cache.tell(fresh, DENIED)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            cache.tell(fresh, DENIED)
        assert cache.unkept(fresh, NO_SPACE) is not None

    def test_is_noted_in_a_chapter(
        self, fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GENDIFF_NOTES", str(tmp_path / "notes"))
        cache.tell(fresh, DENIED)
        cache.tell(fresh, DENIED)
        cache.note(reused=3)
        lines = (tmp_path / "notes").read_text().splitlines()
        kept, reused = map(json.loads, lines)
        assert kept["kept"].startswith(f"nothing new is kept in {fresh}: permission")
        assert reused == {"reused": 3}

    def test_notes_that_cannot_be_written_stop_nobody(
        self, fresh: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GENDIFF_NOTES", str(fresh / "no" / "notes"))
        cache.tell(fresh, DENIED)


class TestSizes:
    @pytest.fixture
    def filled(self, fresh: Path) -> Path:
        layout.write(fresh / "memo" / "a" / "value.json", "12345")
        layout.write(fresh / "executed" / "x.ipynb", "123")
        return fresh

    def test_are_told_by_part(self, filled: Path) -> None:
        sizes = cache.sizes()
        assert {part: size for part, size in sizes.items() if size} == {
            "executed": 3,
            "memo": 5,
        }
        assert set(sizes) == set(cache.PARTS)

    def test_of_nothing_are_none(self, fresh: Path) -> None:
        assert set(cache.sizes().values()) == {0}
        cache.empty()
        assert not fresh.exists()

    def test_emptied(self, filled: Path) -> None:
        cache.empty()
        assert [path.name for path in filled.iterdir()] == [cache.TAG]

    def test_a_folder_that_was_there_before_is_left_alone(self, fresh: Path) -> None:
        (fresh / "data").mkdir(parents=True)
        (fresh / "data" / "thesis.txt").write_text("years of work")
        layout.write(fresh / "memo" / "a" / "value.json", "12345")
        with pytest.raises(ValueError, match="was not made for this cache"):
            cache.empty()
        assert (fresh / "data" / "thesis.txt").exists()

    def test_a_folder_with_other_things_is_left_alone(self, filled: Path) -> None:
        (filled / "thesis.tex").write_text("years of work")
        with pytest.raises(ValueError, match=r"more than a cache.*thesis\.tex"):
            cache.empty()
        assert (filled / "memo" / "a" / "value.json").exists()

    def test_what_cannot_be_removed_is_named(self, filled: Path) -> None:
        (filled / "data").write_text("a file, not a folder")
        with pytest.raises(ValueError, match="kept/data cannot be removed: Not a"):
            cache.empty()


@pytest.fixture
def shared() -> Iterator[Path]:
    # The suite's own folders are closed to other users.
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


MEMO = """
import os, sys, warnings
from gendiff.book import memo

mask, user, group = map(int, sys.argv[1:])
os.umask(mask)
os.setgroups([])
os.setgid(group)
os.setuid(user)

def f():
    print("computed", flush=True)
    return 1

warnings.simplefilter("always")
kept = memo.memo(f)
assert kept() == 1
assert kept() == 1
"""


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="takes two users"
)
class TestSecondUser:
    def run(self, folder: Path, mask: int, user: int, group: int) -> tuple[str, str]:
        """Import as whoever runs the tests, who may read it all; then be the user."""
        with tempfile.NamedTemporaryFile("w", suffix=".py") as program:
            program.write(MEMO)
            program.flush()
            Path(program.name).chmod(0o644)
            done = subprocess.run(
                [sys.executable, program.name, *map(str, (mask, user, group))],
                env=os.environ | {"GENDIFF_CACHE": str(folder)},
                capture_output=True,
                text=True,
                check=False,
            )
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr

    def test_of_the_group_shares_everything(self, shared: Path) -> None:
        (shared / "memo").mkdir()
        for folder in (shared, shared / "memo"):
            os.chown(folder, 65533, 65534)
            folder.chmod(0o2775)
        assert self.run(shared, 0o002, 65533, 65534) == ("computed\n", "")
        assert all(
            stat.S_IMODE(path.stat().st_mode) & 0o777 == (0o775, 0o664)[path.is_file()]
            for path in shared.rglob("*")
        )
        (entry,) = (shared / "memo").iterdir()
        (entry / "value.json").write_text("{")
        # The second user mends what the first has made.
        assert self.run(shared, 0o002, 65534, 65534) == ("computed\n", "")
        assert self.run(shared, 0o002, 65533, 65534) == ("", "")

    def test_that_may_only_read_computes_and_is_told_once(self, shared: Path) -> None:
        shared.chmod(0o755)
        computed, told = self.run(shared, 0o022, 65534, 65534)
        assert computed == "computed\ncomputed\n"
        assert told.count("nothing new is kept in") == 1
        assert f"{shared}/memo: permission denied" in told

    def test_finds_what_it_may_not_read(self, shared: Path) -> None:
        (shared / "memo").mkdir()
        shared.chmod(0o777)
        (shared / "memo").chmod(0o1777)  # as /tmp: everyone's own
        assert self.run(shared, 0o077, 65533, 65533) == ("computed\n", "")
        computed, told = self.run(shared, 0o022, 65534, 65534)
        assert computed == "computed\ncomputed\n"
        assert told.count("nothing new is kept in") == 1
