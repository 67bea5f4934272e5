"""Execute one notebook: the whole of a child process, which may die of it.

Run as a script, `python -P worker.py INPUT OUTPUT FOLDER REPORT PARAMETERS`, so that
nothing of the library is imported on the way to the kernel. Papermill writes OUTPUT
after every cell; REPORT names the exception that ended the run, if one did.
"""

import json
import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import nbformat
import papermill
import psutil


def follow(parent: int) -> None:
    """End this process and its kernel once `parent` is gone, however it went."""
    while os.getppid() == parent:
        time.sleep(1)
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    os._exit(1)


def main(source: str, target: str, folder: str, report: str, parameters: str) -> int:
    """Execute `source` in `folder` and write it to `target`."""
    try:
        papermill.execute_notebook(
            nbformat.read(source, as_version=4),
            target,
            parameters=json.loads(parameters),
            kernel_name="python3",
            progress_bar=False,
            autosave_cell_every=30,
            cwd=folder,
        )
    except Exception as error:  # noqa: BLE001 -- whatever it was, the parent tells it
        Path(report).write_text(
            json.dumps([type(error).__name__, str(error)]), encoding="utf-8"
        )
        return 1
    return 0


if __name__ == "__main__":
    threading.Thread(target=follow, args=[os.getppid()], daemon=True).start()
    sys.exit(main(*sys.argv[1:]))
