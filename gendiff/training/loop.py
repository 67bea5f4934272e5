"""Training: one loop for every network, as a generator.

`fit` knows nothing of diffusion. A *loss* returns one number a sample, *batches* draw a
batch, a *plan* says how long and how fast; denoisers, autoencoders, classifiers and
language models differ in the first two only. What a caller wants to do meanwhile (plot,
print, stop early) is done by consuming `fit`; `train` is for the caller who wants the
network and nothing else.

Everything random in a step is a function of `(seed, step, rank)`, drawn from generators
made for that step. So a resumed run needs no random state to equal one that never
stopped, bit for bit (on one machine, in float32, on the CPU), and every process of a
distributed run draws a batch of its own. Processes come from `accelerate launch` or
`torchrun`; gradients are averaged over them, so `p` processes with batches of `n`
follow the same law as one with batches of `p n`.

The network that a run is for is the average of the weights (`gendiff.training.ema`),
never the last ones.
"""

import math
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

with warnings.catch_warnings():
    # Under Jupyter without widgets, the tqdm that accelerate imports warns of it.
    warnings.filterwarnings("ignore", message="IProgress not found")
    from accelerate import Accelerator
    from accelerate.utils import DistributedType, broadcast_object_list, gather_object
from filelock import BaseFileLock
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.training import checkpoint
from gendiff.training.ema import Average
from gendiff.training.plan import Plan
from gendiff.training.randomness import global_state_kept, reseed_global, step_generator

Batch = tuple[Tensor, ...]
Batches = Callable[[torch.Generator], Batch]
"""Draws a batch; all that is random comes from the generator."""

Loss = Callable[[nn.Module, Batch, torch.Generator], Float[Tensor, " b"]]
"""The loss of each sample; reaches the network by calling it, once."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A run after one of its steps."""

    step: int
    """Steps taken so far, those before a resumption included."""
    losses: Float[Tensor, " b"]
    """The loss of each sample of this process's batch."""
    learning_rate: float
    seconds: float
    """Time used so far."""
    done: float
    """Share of the budget used so far; the last one is 1."""
    ema: nn.Module
    """The averaged network, ready to use; it changes as the run goes on."""

    @property
    def loss(self) -> float:
        """The mean of `losses`; on an accelerator, asking for it waits for the step."""
        return float(self.losses.mean())


def fit(
    model: nn.Module,
    loss: Loss,
    batches: Batches,
    plan: Plan,
    /,
    *,
    accelerator: Accelerator,
    folder: Path | None = None,
) -> Iterator[Progress]:
    """Train `model` in place, a step at a time.

    With a `folder`, checkpoints go there and a run found there is gone on with; no
    other process can train there meanwhile. The global generators are reseeded at every
    step (for dropout) and restored at the end.

    Raises:
        ValueError: At once, if `folder` holds another run, is in use by another process
            or cannot be written, or `accelerator` asks for what this loop does not do;
            later, if the loss is not finite or a checkpoint cannot be written.
    """
    run = _Run(model, loss, batches, plan, accelerator=accelerator, folder=folder)
    return run.steps()


def train(
    model: nn.Module,
    loss: Loss,
    batches: Batches,
    plan: Plan,
    /,
    *,
    accelerator: Accelerator | None = None,
    folder: Path | None = None,
    progress: Callable[[Iterable[Progress]], Iterable[Progress]] = iter,
) -> nn.Module:
    """Train `model` in place and return the average of its weights, ready to use.

    `progress` wraps the iterator of `fit`, as `tqdm` does. Raises what `fit` raises.
    """
    accelerator = accelerator or Accelerator()
    run = _Run(model, loss, batches, plan, accelerator=accelerator, folder=folder)
    for _ in progress(run.steps()):
        pass
    return run.average.model


class _Run:
    """What is carried from step to step."""

    def __init__(
        self,
        model: nn.Module,
        loss: Loss,
        batches: Batches,
        plan: Plan,
        *,
        accelerator: Accelerator,
        folder: Path | None,
    ) -> None:
        _check(accelerator)
        self.loss, self.batches, self.plan = loss, batches, plan
        self.accelerator, self.device = accelerator, accelerator.device
        self.folder = None if folder is None else Path(folder)
        self.model = model.to(self.device).train()
        self.average = Average(self.model)
        self.optimiser = plan.optimiser(self.model, plan)
        self.trained = [p for g in self.optimiser.param_groups for p in g["params"]]
        self.precision = (
            torch.autocast(self.device.type, torch.bfloat16)
            if plan.precision == "bf16"
            else nullcontext()
        )
        self.step, self.before = 0, 0.0
        self.doubtful: tuple[int, Tensor] | None = None
        self.parallel = self.model
        self.lock: BaseFileLock | None = None
        try:
            self._open()
            if accelerator.num_processes > 1:
                self._join()
        except BaseException:
            self.close()
            raise
        self.start = time.perf_counter()

    def steps(self) -> Iterator[Progress]:
        """Take the steps that the budget allows."""
        with global_state_kept(self.device), closing(self):
            done, _ = self._done()
            while done < 1:
                rate = self.plan.rate(self._middle(done))
                losses = self._take(rate)
                done, seconds = self._done()
                if done >= 1 or self.step % self.plan.save_every == 0:
                    self._settle()
                    self._save(seconds)
                yield Progress(
                    self.step, losses, rate, seconds, min(done, 1.0), self.average.model
                )

    def _take(self, rate: float) -> Float[Tensor, " b"]:
        """Take one step of the optimiser and return the losses it was taken on."""
        place = self.plan.seed, self.step, self.accelerator.process_index
        generator = step_generator(*place)
        reseed_global(*place, self.device)
        if not self.model.training:  # a consumer may have looked at the network
            self.model.train()
        batch = tuple(tensor.to(self.device) for tensor in self.batches(generator))
        with self.precision:
            losses = self.loss(self.parallel, batch, generator)
        mean = mean_loss(losses)
        mean.backward()
        norm = nn.utils.clip_grad_norm_(self.trained, self.plan.clip)
        self._watch(mean.detach() + norm)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.step += 1
        self.average.update(self.model, self.plan.average(self.step))
        return losses.detach()

    def _watch(self, health: Tensor) -> None:
        """Raise if a loss or gradient is not finite: now, or a step later.

        Asking an accelerator for a number waits for it. Asked about the step before,
        it is already at work on this one, and the host draws the next batch meanwhile.
        """
        if self.device.type != "cpu":
            self._settle()
        self.doubtful = self.step, health
        if self.device.type == "cpu":
            self._settle()

    def _settle(self) -> None:
        if self.doubtful is None:
            return
        (step, health), self.doubtful = self.doubtful, None
        if not math.isfinite(float(health)):
            raise ValueError(
                f"the loss or its gradient is not finite at step {step} (counted from "
                "0); lower the learning rate, clip harder, or look for a weight that "
                "is infinite at some noise level. The last checkpoint is from before"
            )

    def _done(self) -> tuple[float, float]:
        """Return the share of the budget that is used, and the seconds."""
        seconds = self.before + time.perf_counter() - self.start
        if self.plan.steps is not None:
            return self.step / self.plan.steps, seconds
        if self.accelerator.num_processes > 1:  # all must stop at the same step
            seconds = broadcast_object_list([seconds])[0]
        return seconds / (self.plan.seconds or 1.0), seconds

    def _middle(self, done: float) -> float:
        # The middle of a step, so that neither the first nor the last has rate 0.
        return done if self.plan.steps is None else (self.step + 0.5) / self.plan.steps

    def _join(self) -> None:
        """Make all processes one run: same start, gradients averaged."""
        steps: list[int] = gather_object([self.step])
        if len(set(steps)) > 1:
            raise ValueError(
                f"the processes would resume at steps {steps}; give a folder that all "
                "of them see"
            )
        self.parallel = self.accelerator.prepare_model(self.model)
        if self.step == 0:  # the weights are now those of the first process
            self.average.update(self.model, 0.0)

    def _identity(self) -> dict[str, Any]:
        return self.plan.describe() | {"processes": self.accelerator.num_processes}

    def _save(self, seconds: float) -> None:
        if self.folder is None or not self.accelerator.is_main_process:
            return
        parts = {
            "weights": checkpoint.tensors_of(self.model),
            "average": checkpoint.tensors_of(self.average.model),
            "optimiser": checkpoint.optimiser_tensors(self.optimiser),
        }
        record = {
            "seconds": seconds,
            "run": self._identity(),
            "versions": {"torch": torch.__version__, "gendiff": version("gendiff")},
        }
        checkpoint.save(self.folder, self.step, parts, record)

    def _open(self) -> None:
        """Keep other processes from the folder and go on with the run in it."""
        if self.folder is None:
            return
        refusal: OSError | None = None
        if self.accelerator.is_main_process:
            try:
                self.lock = checkpoint.claim(self.folder)
            except OSError as error:
                refusal = error  # no matter if there is nothing left to write
        self._resume(self.folder)
        left = (
            self.before < (self.plan.seconds or 0.0)
            if self.plan.steps is None
            else self.step < self.plan.steps
        )
        if refusal is not None and left:
            raise ValueError(
                f"{self.folder} cannot be written ({refusal}); give a folder that can"
            ) from refusal

    def close(self) -> None:
        """Let other processes have the folder."""
        if self.lock is not None:
            self.lock.release()
            self.lock = None

    def _resume(self, folder: Path) -> None:
        here = self._identity()  # refused now what could not be resumed later
        path = checkpoint.newest(folder)
        if path is None:
            return
        parts, record = checkpoint.load(path)
        there = record["run"]
        if different := [key for key in here if there.get(key) != here[key]]:
            listed = ", ".join(f"{k}={there.get(k)!r}" for k in different)
            raise ValueError(
                f"{folder} holds a run with {listed}, not "
                f"{', '.join(repr(here[k]) for k in different)}; give another folder, "
                "or the plan that was begun there"
            )
        checkpoint.restore(self.model, parts["weights"])
        checkpoint.restore(self.average.model, parts["average"])
        checkpoint.restore_optimiser(self.optimiser, parts["optimiser"])
        self.step, self.before = record["step"], record["seconds"]


def mean_loss(losses: Tensor, /) -> Float[Tensor, ""]:
    """Return the mean of a loss, of which a gradient can be taken.

    Raises:
        ValueError: If there isn't one number a sample, or they have no gradient.
    """
    if losses.ndim != 1:
        raise ValueError(
            f"the loss has shape {tuple(losses.shape)}; return one number a sample"
        )
    if not losses.requires_grad:
        raise ValueError(
            f"the loss, of type {losses.dtype}, has no gradient; compute it from what "
            "the network returns, in floating-point numbers and without detach (whole "
            "numbers, such as images of 8 bits, are converted first: "
            "`x.float() / 127.5 - 1`)"
        )
    return losses.mean()


def _check(accelerator: Accelerator) -> None:
    parallel = {
        DistributedType.NO,
        DistributedType.MULTI_CPU,
        DistributedType.MULTI_GPU,
    }
    if accelerator.distributed_type not in parallel:
        raise ValueError(
            f"accelerator is of type {accelerator.distributed_type.value}; here every "
            "process holds the whole network: launch with --multi_gpu or --cpu"
        )
    if accelerator.mixed_precision != "no":
        raise ValueError(
            f"accelerator has mixed precision {accelerator.mixed_precision}, one for "
            "all networks of a process; leave it 'no' and set Plan(precision='bf16')"
        )
