"""Execute one notebook: the whole of a child process, which may die of it.

Run as a script, `python -P worker.py INPUT OUTPUT FOLDER REPORT PARAMETERS`, so that
nothing of the library is imported on the way to the kernel. Papermill writes OUTPUT
after every cell; REPORT names the exception that ended the run, if one did; the file
that `GENDIFF_STATUS` names tells which cell is at work.
"""

import json
import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
import papermill
import psutil
from papermill.engines import NBClientEngine, papermill_engines


class Telling(NBClientEngine):
    """Papermill's own engine, which also tells which code cell it has begun."""

    @classmethod
    def execute_managed_notebook(  # pyright: ignore[reportIncompatibleMethodOverride]
        cls,
        nb_man: Any,  # noqa: ANN401
        kernel_name: str,
        **options: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Execute the notebook, and write a line of JSON as each code cell begins."""
        status = Path(os.environ["GENDIFF_STATUS"])
        places = [n for n, cell in enumerate(nb_man.nb.cells) if cell.source.strip()]
        places = [n for n in places if nb_man.nb.cells[n].cell_type == "code"]
        begin = nb_man.cell_start

        def telling(cell: Any, cell_index: int | None = None, **more: Any) -> None:  # noqa: ANN401
            if cell_index in places:
                at = {"cell": places.index(cell_index) + 1, "cells": len(places)}
                status.write_text(json.dumps(at), encoding="utf-8")
            begin(cell, cell_index, **more)

        nb_man.cell_start = telling
        return super().execute_managed_notebook(nb_man, kernel_name, **options)


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
    papermill_engines.register("telling", Telling)
    try:
        papermill.execute_notebook(
            nbformat.read(source, as_version=4),
            target,
            parameters=json.loads(parameters),
            engine_name="telling",
            kernel_name="python3",
            progress_bar=False,
            autosave_cell_every=30,
            # Papermill gives up on a kernel after a minute, which a busy machine may
            # take to start one. That a kernel died is seen without.
            start_timeout=24 * 3600,
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
