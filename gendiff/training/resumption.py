"""Resumption: a run to and from its checkpoints, and no run from another's."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from filelock import BaseFileLock
from torch import nn

from gendiff.training import checkpoint


class Checkpoints:
    """The folder of a run: what is read from it, written to it, and who may write.

    All processes of a run read; one of them writes, and holds the folder's lock.

    Raises:
        ValueError: If another process holds the lock.
    """

    def __init__(
        self,
        folder: Path,
        model: nn.Module,
        average: nn.Module,
        optimiser: torch.optim.Optimizer,
        /,
        *,
        identity: dict[str, Any],
        writes: bool,
    ) -> None:
        self.folder = folder
        self.model, self.average, self.optimiser = model, average, optimiser
        self.identity = identity
        self.writes = writes
        self.lock: BaseFileLock | None = None
        self.refusal: OSError | None = None
        if writes:
            try:
                self.lock = checkpoint.claim(folder)
            except OSError as error:
                self.refusal = error  # no matter if there is nothing left to write

    def resume(self) -> tuple[int, float]:
        """Restore the newest checkpoint, if any; return its step and seconds, or 0s.

        Raises:
            ValueError: If the folder holds a run of another identity or network.
        """
        path = checkpoint.newest(self.folder)
        if path is None:
            return 0, 0.0
        parts, record = checkpoint.load(path)
        own, there = self.identity, record["run"]
        if different := [key for key in own if there.get(key) != own[key]]:
            listed = ", ".join(f"{k}={there.get(k)!r}" for k in different)
            raise ValueError(
                f"{self.folder} holds a run with {listed}, not "
                f"{', '.join(repr(own[k]) for k in different)}; give another folder, "
                "or the plan that was begun there"
            )
        checkpoint.restore(self.model, parts["weights"])
        checkpoint.restore(self.average, parts["average"])
        checkpoint.restore_optimiser(self.optimiser, parts["optimiser"])
        return record["step"], record["seconds"]

    def demand_writable(self) -> None:
        """Check that what is going to be trained can be saved.

        Raises:
            ValueError: If the folder could not be claimed.
        """
        if self.refusal is not None:
            raise ValueError(
                f"{self.folder} cannot be written ({self.refusal}); give a folder that "
                "can"
            ) from self.refusal

    def save(self, step: int, seconds: float, /) -> None:
        """Write a checkpoint, if this process is the one that writes.

        Raises:
            ValueError: If it cannot be written.
        """
        if not self.writes:
            return
        parts = {
            "weights": checkpoint.tensors_of(self.model),
            "average": checkpoint.tensors_of(self.average),
            "optimiser": checkpoint.optimiser_tensors(self.optimiser),
        }
        record = {
            "seconds": seconds,
            "run": self.identity,
            "versions": {"torch": torch.__version__, "gendiff": version("gendiff")},
        }
        checkpoint.save(self.folder, step, parts, record)

    def close(self) -> None:
        """Let other processes have the folder."""
        if self.lock is not None:
            self.lock.release()
            self.lock = None
