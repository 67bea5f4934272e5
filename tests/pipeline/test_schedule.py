"""Shared models first, then the longest; and somebody who waits sees how far it is."""

import io
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from pipeline_book import chapter
from rich.console import Console

from gendiff.book import board, progress, results, schedule, seconds, shared
from gendiff.book.board import Board
from gendiff.book.execute import Plan, unverified
from gendiff.book.layout import Book
from gendiff.book.notebooks import code, parse
from gendiff.book.process import Job, Ran, Status, Watch, isolate
from gendiff.book.record import Recorded
from gendiff.book.results import Results

Make = Callable[..., Book]


class Order:
    """A runner that executes nothing, and remembers what began and ended when."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []

    def __call__(self, job: Job, watch: Watch) -> Ran:
        done = nbformat.reads(job.notebook, as_version=4)
        name = done.cells[0].source.split()[1]
        self.events.append(("began", name))
        time.sleep(0.05)
        for count, cell in enumerate(code(done), start=1):
            cell.execution_count = count
        self.events.append(("ended", name))
        return Ran(nbformat.writes(done), 1.0)


def named(name: str, cell: str) -> str:
    """Return the text of a chapter with a title that the runner finds."""
    return chapter(cell).replace("A chapter", name)


def test_shared_models_are_trained_before_the_pages_that_load_them(make: Make) -> None:
    book = make(
        one=named("one", "digits.model(run), digits.judge(run)"),
        two=named("two", "digits.judge(run), digits.model(run)"),
        free=named("free", "1"),
    )
    order = Order()
    done = schedule.run(Plan(book, "smoke", runner=order), ["one", "two", "free"])
    assert {outcome.chapter for outcome in done} == {
        *("shared/digits.model", "shared/digits.judge", "one", "two", "free")
    }
    for model in ("digits.model", "digits.judge"):
        assert [name for _, name in order.events].count(model) == 2  # began and ended
        for page in ("one", "two"):
            ended, began = ("ended", model), ("began", page)
            assert order.events.index(ended) < order.events.index(began)
    order.events.clear()
    schedule.run(Plan(book, "smoke", runner=order), ["one", "two", "free"])
    assert not order.events  # stored, the models too


def test_shared_models_get_their_own_overrides_and_do_not_count_as_pages(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    book = make(one=named("one", "digits.model(run)"))
    jobs: list[dict[str, object]] = []

    def remembering(job: Job, watch: Watch) -> Ran:
        jobs.append(dict(job.parameters))
        return Order()(job, watch)

    own = {"digits.updates": 7}
    every = {"width": 64, **own, "digit_classifiers.updates": 8}
    plan = Plan(book, "smoke", overrides=every, runner=remembering)
    done = schedule.run(plan, ["one"])
    assert not any(outcome.trouble for outcome in done)
    assert jobs == [
        {"preset": "smoke", "seed": 0, "overrides": own},
        {"preset": "smoke", "seed": 0, "overrides": every},
    ]


def test_only_pages_that_ran_from_nothing_tell_how_fast_a_machine_is(
    screen: Callable[[bool], Console], monkeypatch: pytest.MonkeyPatch
) -> None:
    screen(False)
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    with Board({"warm": 100.0, "cold": 10.0}, 2, jobs=2) as shown:
        for name, seconds_taken, counts in (
            ("warm", None, True),
            ("shared/x", None, False),
            ("cold", 20.0, True),
        ):
            shown.begin(name, Watch())
            shown.end(name, seconds_taken, name, counts=counts)
        assert shown.scale == 2.0
        assert shown.summary().startswith("2 of 2 pages")
        shown.expected = dict.fromkeys("abcd", 50.0)
        shown.waiting = list("abcd")
        assert "about 3 min 20 s to go" in shown.summary()  # 4 of 100 s, 2 at a time


def test_every_shared_model_has_a_page_that_trains_it() -> None:
    for model in shared.MODELS:
        (found,) = shared.needs(f"{model}(run)")
        text = shared.text(found)
        assert text is not None
        assert f"{model}(run);" in code(parse(text))[-1].source
    assert shared.text("digits.model") is None
    assert shared.needs("my_digits.models(run)") == []


def test_the_longest_begins_first(make: Make) -> None:
    names = ("short", "long", "middle")
    book = make(**{name: named(name, f"'{name}'") for name in names})
    seconds.keep(book, "smoke", {"short": 1.0, "long": 30.0, "middle": 5.04})
    seconds.record(book)
    assert seconds.recorded(book, "smoke")["middle"] == 5.0
    order = Order()
    schedule.run(Plan(book, "smoke", runner=order), names, jobs=1)
    began = [name for event, name in order.events if event == "began"]
    assert began == ["long", "middle", "short"]


def test_only_pages_with_other_code_than_recorded_are_unverified(make: Make) -> None:
    book = make(same=chapter("1"), other=chapter("2"), fresh=chapter("3"))
    plan = Plan(book, "smoke", runner=Order())
    schedule.run(plan, ["same", "other"])
    for name in ("same", "other"):
        fresh = results.read(book.results(name, "smoke"), Results)
        assert fresh is not None
        results.save(book.recorded(name, "smoke"), Recorded(fresh))
    book.source("other").write_text(chapter("4"))
    assert sorted(unverified(plan, ["same", "other", "fresh"])) == ["fresh", "other"]


def test_a_kernel_tells_its_cell_and_its_training(tmp_path: Path) -> None:
    seen: list[Status] = []
    path = tmp_path / "seen"

    class Seen(Watch):
        def __setattr__(self, name: str, value: object) -> None:
            if name == "status" and isinstance(value, Status):
                seen.append(value)
                if value.label == "digits":
                    path.touch()
            super().__setattr__(name, value)

    work = (  # goes on until somebody has seen it
        "import pathlib, time\nfrom gendiff.book.progress import progress\n"
        f"seen = pathlib.Path({str(path)!r})\n"
        "for _ in progress(iter(lambda: seen.exists(), True), 'digits', total=10**9):\n"
        "    time.sleep(0.1)"
    )
    ran = isolate(Job(nbformat.writes(parse(chapter("1", work))), {}), Seen())
    assert not ran.trouble
    told = [status for status in seen if status.label == "digits"]
    assert {(status.cell, status.cells) for status in told} == {(3, 3)}
    assert told[0].share == pytest.approx(0, abs=1e-3)


class Step:
    """A step of a training, which knows how far the training is."""

    done = 0.25


def test_how_far_work_is_is_known_from_its_steps_or_their_number() -> None:
    assert progress.share(Step(), 3, None) == 0.25
    assert progress.share("item", 3, 12) == 0.25
    assert progress.share("item", 3, None) is None


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], Console]:
    """Return a function that makes the board's console one of ours."""

    def make(terminal: bool) -> Console:  # noqa: FBT001
        console = Console(file=io.StringIO(), force_terminal=terminal, width=120)
        monkeypatch.setattr(board, "Console", lambda **_: console)
        return console

    return make


def test_a_log_gets_a_line_a_minute(
    screen: Callable[[bool], Console], monkeypatch: pytest.MonkeyPatch
) -> None:
    console = screen(False)
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with Board({"page": 200.0}, 1, jobs=1) as shown:
        shown.begin("page", Watch(status=Status(3, 40, "digits", 0.25), busy=0.0))
        for now[0] in (30.0, 61.0, 90.0):
            shown.tick()
        lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
        assert lines == [
            "...     page: cell 3 of 40, digits 25 %, 1 min 1 s, about 2 min 19 s to go"
        ]
        now[0] = 250.0
        assert shown.left("page") == "longer than recorded"
        now[0] = 700.0
        shown.tick()
        shown.tick()
        assert console.file.getvalue().count("stalled page") == 1  # type: ignore[attr-defined]


def test_the_estimate_follows_this_machine(
    screen: Callable[[bool], Console], monkeypatch: pytest.MonkeyPatch
) -> None:
    console = screen(True)
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with Board({"one": 10.0, "two": 100.0}, 2, jobs=1) as shown:
        shown.begin("one", Watch())
        shown.end("one", 20.0, "ok one", counts=True)
        shown.begin("two", Watch(status=Status(2, 8)))
        now[0] = 50.0
        assert shown.remaining("two") == pytest.approx(150)
        assert shown.summary() == "1 of 2 pages, 50 s, about 2 min 30 s to go"
        console.print(shown)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "cell 2 of 8" in text
    assert "about 2 min 30 s to go" in text


def test_without_a_record_there_is_no_estimate() -> None:
    shown = Board({}, 1, jobs=2)
    shown.begin("page", Watch())
    assert shown.left("page") == ""
    assert "to go" not in shown.summary()


def test_there_is_always_one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    class Memory:
        available = 1

    monkeypatch.setattr(schedule.psutil, "virtual_memory", Memory)
    assert schedule.workers() == 1
