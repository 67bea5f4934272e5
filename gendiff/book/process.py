"""One notebook in one process: fresh folder, one thread, nothing of the user's set-up.

The kernel leaves the process group of whoever starts it, so ending the group is not
enough: the whole tree of processes below the worker is ended, including what a cell
has started. There is no limit of time: a page takes as long as it takes, its `Watch`
says how far it is, and whoever waits may stop it.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from gendiff.cache import founded, root, settled

WORKER = Path(__file__).with_name("worker.py")
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "TQDM_DISABLE": "1",
    "TZ": "UTC",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
"""What makes two executions alike, and two processes no slower than one."""
CONFIGURED = {"MATPLOTLIBRC", "JUPYTER_PATH", "JUPYTER_CONFIG_PATH", "PYTHONSTARTUP"}
"""Variables by which a user's configuration would reach a kernel."""
BEAT = 0.2
"""Seconds between two looks at a process."""
PULSE = 5.0
"""Seconds between two looks at how much processor time it has used: these cost some."""


@dataclass(frozen=True)
class Job:
    """A notebook to execute."""

    notebook: str
    """As JSON."""
    parameters: Mapping[str, Any]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """Where to compute and what to keep: `GENDIFF_DEVICE`, `GENDIFF_NO_MEMO`, ..."""


@dataclass(frozen=True)
class Status:
    """How far an execution is."""

    cell: int = 0
    cells: int = 0
    label: str = ""
    """What is being trained or sampled, if the cell says so."""
    share: float | None = None
    """How much of it is done, if that is known."""


@dataclass
class Watch:
    """How an execution looks from outside: it tells its status, and can be stopped."""

    stop: threading.Event = field(default_factory=threading.Event)
    status: Status = Status()
    busy: float = field(default_factory=time.monotonic)
    """When it last used the processor or came further, by the monotonic clock."""


@dataclass(frozen=True)
class Ran:
    """What came back from a process that executed a notebook."""

    notebook: str
    """The notebook as JSON, half executed if something went wrong; or nothing."""
    seconds: float
    trouble: str = ""
    """Why it ended early, where the process can tell."""
    log: str = ""
    notes: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the chapter noted about how it ran, for instance its precision."""
    stopped: bool = False
    """Whether whoever waited stopped it."""


Runner = Callable[[Job, Watch], Ran]


def isolate(job: Job, watch: Watch) -> Ran:
    """Execute a notebook in a session of its own, until it ends or is stopped."""
    with tempfile.TemporaryDirectory(
        prefix="gendiff-", ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        source, target, report, notes = (
            folder / file for file in ("in.ipynb", "out.ipynb", "report", "notes")
        )
        source.write_text(job.notebook, encoding="utf-8")
        (folder / "work").mkdir()
        began = time.perf_counter()
        stopped, log = launch(
            [
                *(sys.executable, "-P", str(WORKER), str(source), str(target)),
                *(str(folder / "work"), str(report), json.dumps(dict(job.parameters))),
            ],
            surroundings(folder) | {"GENDIFF_NOTES": str(notes), **job.environment},
            folder,
            watch,
        )
        return Ran(
            read(target),
            time.perf_counter() - began,
            why(report, log),
            log,
            noted(notes),
            stopped,
        )


def surroundings(folder: Path) -> dict[str, str]:
    """Return an environment in which nothing of the user's configuration counts.

    A start-up file of IPython, a `matplotlibrc`, a kernel installed under the user's
    name would enter every page, and stay in the store. Matplotlib's list of fonts takes
    seconds to make: it is kept beside everything else that is kept, if it can be.
    """
    fonts = root() / "matplotlib"
    try:
        founded(fonts)
        kept = os.access(fonts, os.W_OK)
    except OSError:
        kept = False
    configured = {"MPLCONFIGDIR": str(fonts if kept else folder)} | {
        name: str(folder / name.lower())
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")
    }
    # Absolute paths, since the notebook runs in another directory.
    settled("GENDIFF_DATA")
    told = {"GENDIFF_CACHE": str(root()), "GENDIFF_STATUS": str(folder / "status")}
    inherited = {k: v for k, v in os.environ.items() if k not in CONFIGURED}
    return inherited | ENVIRONMENT | configured | told


def launch(
    command: list[str], environment: dict[str, str], folder: Path, watch: Watch
) -> tuple[bool, str]:
    """Run a command in a new session; return whether it was stopped, and its output."""
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    used, felt = 0.0, time.monotonic()
    try:
        while process.poll() is None and not watch.stop.wait(BEAT):
            status, now = look(folder / "status"), time.monotonic()
            if status != watch.status:
                watch.status, watch.busy = status, now
            if now - felt > PULSE:
                felt, before, used = now, used, spent(process.pid)
                watch.busy = now if used > before else watch.busy
    finally:
        stopped = process.poll() is None
        if stopped:
            end(process.pid)
            process.wait()
    return stopped, log.read_text("utf-8", errors="replace")


def look(path: Path) -> Status:
    """Return the status that a worker and its notebook have written."""
    found: dict[str, Any] = {}
    for part in (path, path.with_name(f"{path.name}.work")):
        with suppress(OSError, ValueError):  # not yet there, or being written
            found |= json.loads(part.read_text("utf-8"))
    return Status(**found)


def spent(pid: int) -> float:
    """Return the seconds of processor time of a process and all below it."""
    with suppress(psutil.Error):
        top = psutil.Process(pid)
        times = [p.cpu_times() for p in [top, *top.children(recursive=True)]]
        # Whole seconds: an idle kernel that polls its sockets is not at work.
        return float(int(sum(t.user + t.system for t in times)))
    return 0.0


def end(pid: int) -> None:
    """Kill a process and everything that it started."""
    with suppress(psutil.NoSuchProcess):
        root_process = psutil.Process(pid)
        for process in [*root_process.children(recursive=True), root_process]:
            with suppress(psutil.NoSuchProcess):
                process.kill()


def why(report: Path, log: str) -> str:
    """Return the reason that the worker gave for failing, in one line."""
    if not report.exists():
        return ""
    name, message = json.loads(report.read_text("utf-8"))
    if name == "DeadKernelError":
        return "the kernel died: a crash, or no memory left"
    lines = re.sub(r"\x1b\[[0-9;]*m", "", message).strip().splitlines() or [log[-200:]]
    return f"{name}: {lines[-1].strip()}"


def read(path: Path) -> str:
    """Return what a file holds, or nothing where there is none."""
    return path.read_text("utf-8") if path.exists() else ""


def noted(path: Path) -> dict[str, Any]:
    """Merge the JSON lines that a chapter left about how it ran."""
    found: dict[str, Any] = {}
    for line in read(path).splitlines():
        found |= json.loads(line)
    return found
