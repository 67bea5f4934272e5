"""How a chapter tells the pipeline what it measured: one MIME type in cell outputs.

Every claim, figure and series that a chapter shows also leaves a JSON record in the
output of its cell, under `MIME`. The notebook that was executed is thus its own results
file: nothing is written on the side, and nbval compares the records as it compares
text. No record holds a verdict: those come from the ledger and the recorded sweep.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gendiff.estimate import Estimate

MIME = "application/vnd.gendiff+json"
"""Outputs under this type hold a record: `{"kind": ..., "id": ..., ...}`."""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Number:
    """A measured number; without an error it was computed and not sampled."""

    value: float
    error: float | None = None
    n: int | None = None
    of: str = ""


Numbers = dict[str, Number]
"""Numbers by the name of their quantity."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run of a page says about one claim."""

    id: str
    numbers: Numbers
    controls: dict[str, Numbers] = field(default_factory=dict[str, Numbers])
    """Under each control's name, the same quantities measured on another case."""
    cost: dict[str, dict[str, float]] = field(
        default_factory=dict[str, dict[str, float]]
    )
    """What each side of a comparison cost: `{"calls": {"guided": 48, ...}}`."""
    doubled: Numbers = field(default_factory=Numbers)
    """The quantities once more, with twice the network calls."""
    anchor: str = ""


def to_json(record: object, /) -> Record:
    """Return a record as plain data."""
    return msgspec.to_builtins(record)


def number(where: str, value: Estimate | float, /) -> Number:
    """Return what a page hands in as a number of a record.

    Raises:
        ValueError: If it is not finite, or a tensor of many.
    """
    if isinstance(value, Estimate):
        plain, error = float(value.value), float(value.error)
        found = Number(plain, error, value.n, value.of)
    else:
        plain = value if isinstance(value, int) else float(value)
        found = Number(plain)
    if not math.isfinite(plain) or not math.isfinite(found.error or 0.0):
        raise ValueError(
            f"{where} is {plain} ± {found.error}; find out why before it is published "
            "(a diverged run, an empty sample, a division by zero?)"
        )
    return found


def numbers(where: str, given: Mapping[str, Estimate | float], /) -> Numbers:
    """Return everything a page hands in at once, by name."""
    return {key: number(f"{where}: {key}", value) for key, value in given.items()}
