"""Whoever watches from outside learns what is done; nobody else is told anything."""

import json
from pathlib import Path

import pytest

from gendiff.book import progress


@pytest.fixture
def status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of what is done; every item is noted."""
    monkeypatch.setenv("GENDIFF_STATUS", str(tmp_path / "status"))
    monkeypatch.setattr(progress, "EVERY", -1.0)
    return tmp_path / "status.work"


def test_a_task_and_the_share_of_its_work_are_told(status: Path) -> None:
    def now() -> list[object]:
        return list(json.loads(status.read_text()).values())

    with progress.task("learn letters"):
        assert now() == ["learn letters", None]
        for item in progress.progress("abcd", total=4):
            assert now() == ["learn letters", "abcd".index(item) / 4]
        with progress.task("judge"):
            assert [now() for _ in progress.progress([1], "digits")] == [
                ["digits", None]
            ]
            assert now() == ["judge", None]
        assert now() == ["learn letters", None]
    assert now() == ["", None]


def test_a_task_that_fails_is_over(status: Path) -> None:
    with pytest.raises(ZeroDivisionError), progress.task("fails"):
        _ = 1 / 0
    assert json.loads(status.read_text())["label"] == ""


def test_nobody_asked_nothing_written(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("GENDIFF_STATUS", raising=False)
    monkeypatch.chdir(tmp_path)
    with progress.task("quiet"):
        assert list(progress.progress(range(3), "quiet")) == [0, 1, 2]
    assert not list(tmp_path.iterdir())
    assert capsys.readouterr() == ("", "")
