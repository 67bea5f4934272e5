"""One notebook in one process: fresh folder, one thread, a time limit that holds.

The kernel leaves the process group of whoever starts it, so ending the group is not
enough: the whole tree of processes below the worker is ended, including what a cell
has started.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

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


def isolate(notebook: str, parameters: dict[str, Any], limit: float, memo: bool) -> Ran:  # noqa: FBT001
    """Execute a notebook in a session of its own, within a limit in seconds."""
    with tempfile.TemporaryDirectory(
        prefix="gendiff-", ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        source, target, report, notes = (
            folder / file for file in ("in.ipynb", "out.ipynb", "report", "notes")
        )
        source.write_text(notebook, encoding="utf-8")
        (folder / "work").mkdir()
        environment = os.environ | ENVIRONMENT | {"GENDIFF_NOTES": str(notes)}
        if not memo:
            environment["GENDIFF_NO_MEMO"] = "1"
        began = time.perf_counter()
        late, log = launch(
            [
                *(sys.executable, "-P", str(WORKER), str(source), str(target)),
                *(str(folder / "work"), str(report), json.dumps(parameters)),
            ],
            environment,
            limit,
        )
        return Ran(
            read(target),
            time.perf_counter() - began,
            f"it ran longer than {limit:g} s and was ended"
            if late
            else why(report, log),
            log,
            noted(notes),
        )


def launch(
    command: list[str], environment: dict[str, str], limit: float
) -> tuple[bool, str]:
    """Run a command in a new session; return whether it was late, and its output."""
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        return False, process.communicate(timeout=limit)[0]
    except subprocess.TimeoutExpired:
        end(process.pid)
        return True, process.communicate()[0]
    except BaseException:
        end(process.pid)
        raise


def end(pid: int) -> None:
    """Kill a process and everything that it started."""
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        for process in [*root.children(recursive=True), root]:
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
