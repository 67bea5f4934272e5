"""Resumption: a run to and from its checkpoints, and no run from another's."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import nn

from gendiff.training import checkpoint


def save(
    folder: Path,
    model: nn.Module,
    average: nn.Module,
    optimiser: torch.optim.Optimizer,
    /,
    *,
    step: int,
    seconds: float,
    identity: dict[str, Any],
) -> None:
    """Write a checkpoint of a run.

    Raises:
        ValueError: If it cannot be written.
    """
    parts = {
        "weights": checkpoint.tensors_of(model),
        "average": checkpoint.tensors_of(average),
        "optimiser": checkpoint.optimiser_tensors(optimiser),
    }
    record = {
        "seconds": seconds,
        "run": identity,
        "versions": {"torch": torch.__version__, "gendiff": version("gendiff")},
    }
    checkpoint.save(folder, step, parts, record)


def resume(
    folder: Path,
    model: nn.Module,
    average: nn.Module,
    optimiser: torch.optim.Optimizer,
    /,
    *,
    identity: dict[str, Any],
) -> tuple[int, float]:
    """Restore the newest checkpoint, if any; return its step and seconds, or 0 and 0.

    Raises:
        ValueError: If the folder holds a run of another identity or network.
    """
    path = checkpoint.newest(folder)
    if path is None:
        return 0, 0.0
    parts, record = checkpoint.load(path)
    there = record["run"]
    if different := [key for key in identity if there.get(key) != identity[key]]:
        listed = ", ".join(f"{k}={there.get(k)!r}" for k in different)
        raise ValueError(
            f"{folder} holds a run with {listed}, not "
            f"{', '.join(repr(identity[k]) for k in different)}; give another folder, "
            "or the plan that was begun there"
        )
    checkpoint.restore(model, parts["weights"])
    checkpoint.restore(average, parts["average"])
    checkpoint.restore_optimiser(optimiser, parts["optimiser"])
    return record["step"], record["seconds"]
