"""A chapter runs once for its content, and what it measured is written as data."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from pipeline_book import DESCRIBED, chapter, claims, figure

from gendiff.book.execute import Plan
from gendiff.book.layout import Book, variant
from gendiff.book.notebooks import code, parse
from gendiff.book.overrides import mark
from gendiff.book.process import Job, Ran, Watch
from gendiff.book.schedule import run

Make = Callable[..., Book]


class Echo:
    """A runner that executes nothing: it returns cells as if each had printed 1."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def __call__(self, job: Job, watch: Watch) -> Ran:
        self.calls.append(dict(job.parameters))
        done = nbformat.reads(job.notebook, as_version=4)
        for count, cell in enumerate(code(done), start=1):
            cell.execution_count = count
            cell.metadata["execution"] = {"iopub.status.busy": "2026-01-01"}
        return Ran(nbformat.writes(done), 1.0, notes={"precision": "bf16"})


def test_a_good_chapter_leaves_notebook_and_results(make: Make) -> None:
    book = make(good=chapter(claims(), figure(DESCRIBED), "print(preset, seed)"))
    (outcome,) = run(Plan(book, "smoke"), ["good"])
    assert not outcome.trouble

    done = nbformat.read(book.executed("good", "smoke"), as_version=4)
    assert [cell.execution_count for cell in code(done)] == [1, 3, 4, 5]
    assert code(done)[-1].outputs[0].text == "smoke 0\n"
    raw = book.executed("good", "smoke").read_text()
    assert "papermill" not in raw
    assert str(Path.home()) not in raw
    assert "start_time" not in raw

    found = json.loads(book.results("good", "smoke").read_text())
    assert [claim["id"] for claim in found["claims"]] == ["A-C02"]
    assert found["claims"][0]["numbers"]["error"]["value"] == 0.5
    assert [figure["id"] for figure in found["figures"]] == ["fig-one", "A-F01"]
    assert found["provenance"]["versions"]["python"]
    assert found["provenance"]["seconds"] > 0
    assert os.uname().nodename not in json.dumps(found["provenance"]).split()


def test_the_kernel_has_one_thread_a_fresh_folder_and_a_fixed_hash(make: Make) -> None:
    asks = (
        "import os, matplotlib",
        "names = 'OMP_NUM_THREADS', 'PYTHONHASHSEED', 'TZ'",
        "print(*map(os.environ.get, names), os.listdir('.'), matplotlib.get_backend())",
    )
    book = make(good=chapter(*asks))
    (outcome,) = run(Plan(book, "smoke"), ["good"])
    assert outcome.notebook is not None
    assert code(outcome.notebook)[-1].outputs[0].text.startswith("1 0 UTC [] ")
    assert "inline" in code(outcome.notebook)[-1].outputs[0].text


def test_prose_runs_nothing_and_code_runs_again(make: Make) -> None:
    echo = Echo()
    text = chapter("1")
    book = make(good=text)
    plan = Plan(book, "smoke", runner=echo)
    assert [o.stored for o in run(plan, ["good"])] == [False]
    book.source("good").write_text(text.replace("# A chapter", "# Another title"))
    assert [o.stored for o in run(plan, ["good"])] == [True]
    book.source("good").write_text(chapter("2"))
    assert [o.stored for o in run(plan, ["good"])] == [False]
    assert len(echo.calls) == 2


def test_without_memo_nothing_stored_is_used(make: Make) -> None:
    echo = Echo()
    book = make(good=chapter("1"))
    for memo in (True, True, False):
        run(Plan(book, "smoke", memo=memo, runner=echo), ["good"])
    assert len(echo.calls) == 2


def test_the_store_serves_another_clone(make: Make) -> None:
    echo = Echo()
    book = make(good=chapter("1"))
    plan = Plan(book, "smoke", runner=echo)
    run(plan, ["good"])
    first = book.executed("good", "smoke").read_text()
    book.executed("good", "smoke").unlink()
    run(plan, ["good"])
    assert book.executed("good", "smoke").read_text() == first
    assert len(echo.calls) == 1


def test_times_are_stripped_and_ids_come_from_places(make: Make) -> None:
    book = make(good=chapter("1"))
    (outcome,) = run(Plan(book, "smoke", runner=Echo()), ["good"])
    assert outcome.notebook is not None
    assert "iopub" not in json.dumps(outcome.notebook)
    ids = [cell["id"] for cell in outcome.notebook.cells]
    assert ids == ["markdown-000", "code-001", "code-002"]


def test_what_a_chapter_notes_is_provenance(make: Make) -> None:
    book = make(good=chapter("1"))
    run(Plan(book, "smoke", runner=Echo()), ["good"])
    found = json.loads(book.results("good", "smoke").read_text())
    assert found["provenance"]["precision"] == "bf16"


def test_other_seeds_and_sizes_lie_apart(make: Make) -> None:
    echo = Echo()
    book = make(good=chapter("1"))
    other = {"width": 16}
    run(Plan(book, "smoke", seed=2, overrides=other, runner=echo), ["good"])
    assert echo.calls == [{"preset": "smoke", "seed": 2, "overrides": other}]
    assert book.results("good", f"smoke-seed2-{mark(other)}").exists()
    assert not book.results("good", "smoke").exists()
    # What somebody saved as a default in the page itself changes no other run of it.
    assert Plan(book, "smoke").parameters["overrides"] == {}


@pytest.mark.parametrize(
    ("seed", "overrides", "name"),
    [
        (0, {}, r"cpu"),
        (1, {}, r"cpu-seed1"),
        (0, {"a": 1}, r"cpu-[0-9a-f]{8}"),
        (1, {"a": list(range(1_000))}, r"cpu-seed1-[0-9a-f]{8}"),
    ],
)
def test_variants_are_named(seed: int, overrides: dict[str, Any], name: str) -> None:
    assert re.fullmatch(name, variant("cpu", seed, overrides))


def test_a_page_runs_anew_on_another_device_and_sees_its_own(make: Make) -> None:
    book = make(good=chapter("1"))
    notebook = parse(book.text("good"))
    keys = {Plan(book, "smoke", device=d).key(notebook) for d in ("cpu", "cuda")}
    assert len(keys) == 2
    names = "'GENDIFF_DEVICE', 'CUDA_VISIBLE_DEVICES'"
    asks = f"import os; print(*map(os.environ.get, [{names}]))"
    book = make(good=chapter(asks))
    (outcome,) = run(Plan(book, "smoke"), ["good"])
    assert outcome.notebook is not None
    assert code(outcome.notebook)[-1].outputs[0].text == "cpu \n"


@pytest.mark.parametrize("name", ["preset", "seed"])
def test_there_is_one_way_to_say_preset_and_seed(make: Make, name: str) -> None:
    with pytest.raises(ValueError, match=f"write --{name} 5"):
        Plan(make(good=chapter("1")), "smoke", overrides={name: 5})


CONFIGURED = {
    "ipython/profile_default/startup/a.py": "import builtins; builtins.mine = 1",
    "ipython/profile_default/ipython_kernel_config.py": (
        "c.InteractiveShell.ast_node_interactivity = 'all'"
    ),
    "matplotlib/matplotlibrc": "lines.marker: o\ntext.usetex: true",
    "jupyter/kernels/python3/kernel.json": json.dumps(
        {"argv": ["false"], "display_name": "mine", "language": "python"}
    ),
}
"""What a reader may have at home, and what would change or break every page."""


def test_nothing_of_the_readers_configuration_enters_a_page(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in CONFIGURED.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "matplotlib"))
    monkeypatch.setenv("MATPLOTLIBRC", str(tmp_path / "matplotlib"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    asks = (
        "import builtins\nfrom matplotlib import rcParams as r\n1\n"
        "[hasattr(builtins, 'mine'), r['lines.marker'], r['text.usetex']]"
    )
    (outcome,) = run(Plan(make(good=chapter(asks)), "smoke"), ["good"])
    assert outcome.notebook is not None, outcome.trouble
    (output,) = code(outcome.notebook)[-1].outputs
    assert output.data["text/plain"] == "[False, 'None', False]"


def test_stopping_a_run_ends_it_and_keeps_what_was_done(
    make: Make, tmp_path: Path
) -> None:
    told = tmp_path / "pid"
    write = f"pathlib.Path({str(told)!r}).write_text(str(os.getpid()))"
    cell = f"import os, pathlib, time\n{write}"
    book = make(done=chapter("1"), slow=chapter(cell, "time.sleep(1e6)"))
    command = [sys.executable, "-m", "gendiff.book", "run", "--preset", "smoke"]
    parent = subprocess.Popen(
        [*command, "--jobs", "1"],
        stderr=subprocess.PIPE,
        # Shells start background jobs deaf to Ctrl-C, and a child inherits that.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    kernel = psutil.Process(int(waited(told)))
    parent.send_signal(signal.SIGINT)
    _, said = parent.communicate()
    assert parent.returncode == 130
    assert said.decode().strip().startswith("Stopped. What was computed is kept")
    assert b"Traceback" not in said
    gone, _ = psutil.wait_procs([kernel])
    assert gone
    assert book.executed("done", "smoke").exists()


def test_two_runs_of_one_page_at_once_both_end(make: Make) -> None:
    book = make(good=chapter("import time; time.sleep(2)", claims()))
    command = [sys.executable, "-m", "gendiff.book", "run", "--preset", "smoke"]
    both = [subprocess.Popen(command) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    assert book.results("good", "smoke").exists()


def test_a_killed_run_leaves_no_kernel(make: Make, tmp_path: Path) -> None:
    told = tmp_path / "pid"
    write = f"pathlib.Path({str(told)!r}).write_text(str(os.getpid()))"
    cell = f"import os, pathlib, time\n{write}"
    make(slow=chapter(cell, "time.sleep(600)"))
    command = [sys.executable, "-m", "gendiff.book", "run", "--preset", "smoke"]
    parent = subprocess.Popen(command)
    kernel = psutil.Process(int(waited(told)))
    parent.kill()
    parent.wait()
    psutil.wait_procs([kernel])


def waited(path: Path) -> str:
    """Return what a file holds as soon as it holds something."""
    while not path.exists() or not path.read_text():
        time.sleep(0.1)
    return path.read_text()
