"""How a chapter tells the pipeline what it measured: one MIME type in cell outputs.

Every claim, figure, system, erratum and series that a chapter shows also leaves a JSON
record in the output of its cell, under `MIME`. The notebook that was executed is thus
its own results file: nothing is written on the side, and nbval compares the records as
it compares text.
"""

from typing import Any

MIME = "application/vnd.gendiff+json"
"""Outputs under this type hold a record: `{"kind": ..., "id": ..., ...}`."""

Record = dict[str, Any]
