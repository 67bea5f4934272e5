"""Execute one notebook: the whole of a child process, which may die of it.

Run as a script, `python -P worker.py INPUT OUTPUT FOLDER REPORT PARAMETERS`, so that
nothing of the library is imported on the way to the kernel. Papermill writes OUTPUT
after every cell; REPORT names the exception that ended the run, if one did.
"""

import json
import sys
from pathlib import Path

import nbformat
import papermill


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
    sys.exit(main(*sys.argv[1:]))
