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
follow the same distribution as one with batches of `p n`.

The network that a run is for is the average of the weights (`gendiff.training.ema`),
never the last ones.
"""

import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch

with warnings.catch_warnings():
    # Under Jupyter without widgets, the tqdm that accelerate imports warns of it; so
    # chapters have `Accelerator` from here.
    warnings.filterwarnings("ignore", message="IProgress not found")
    from accelerate import Accelerator
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.training import processes
from gendiff.training.ema import Average
from gendiff.training.health import check_finite, mean_loss
from gendiff.training.plan import Plan
from gendiff.training.randomness import global_state_kept, reseed_global, step_generator
from gendiff.training.resumption import Checkpoints
from gendiff.types import Batches, Loss


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
    """Fraction of the budget used so far; the last one is 1."""
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
    accelerator: Accelerator | None = None,
    folder: Path | None = None,
) -> Iterator[Progress]:
    """Train `model` in place, a step at a time.

    Without an `accelerator` it is `Accelerator()`, which takes the device there is.
    With a `folder`, checkpoints go there and a run found there is gone on with; no
    other process can train there meanwhile. The global generators are reseeded at every
    step (for dropout) and restored at the end.

    Raises:
        ValueError: At once, if `folder` holds another run, is in use by another process
            or cannot be written, or `accelerator` asks for what this loop does not do;
            later, if the loss is not finite or a checkpoint cannot be written.
    """
    run = _Run(model, plan, accelerator, folder)
    return _steps(run, loss, batches)


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
    run = _Run(model, plan, accelerator, folder)
    for _ in progress(_steps(run, loss, batches)):
        pass
    return run.average.model


def _steps(run: "_Run", loss: Loss, batches: Batches) -> Iterator[Progress]:
    """Take the steps that the budget allows."""
    plan = run.plan
    with global_state_kept(run.device), closing(run):
        done = plan.used(run.step, run.seconds())
        while done < 1:
            losses, rate = _step(run, loss, batches)
            seconds = run.seconds()
            done = plan.used(run.step, seconds)
            if done >= 1 or run.step % plan.save_every == 0:
                check_finite(run.unchecked)
                if run.checkpoints is not None:
                    run.checkpoints.save(run.step, seconds)
            yield Progress(
                run.step, losses, rate, seconds, min(done, 1.0), run.average.model
            )


def _step(
    run: "_Run", loss: Loss, batches: Batches
) -> tuple[Float[Tensor, " b"], float]:
    """Take one step of the optimiser; return its losses and its learning rate."""
    plan, device = run.plan, run.device
    place = plan.seed, run.step, run.accelerator.process_index
    generator = step_generator(*place)
    reseed_global(*place, device)
    if not run.model.training:  # a consumer may have looked at the network
        run.model.train()
    batch = tuple(tensor.to(device) for tensor in batches(generator))
    with run.precision:
        losses = loss(run.parallel, batch, generator)
    mean = mean_loss(losses)
    mean.backward()
    norm = nn.utils.clip_grad_norm_(run.trained, plan.clip)
    run.unchecked.append((run.step, mean.detach() + norm))
    check_finite(run.unchecked, keep=0 if device.type == "cpu" else 1)
    # By the clock as it stands now: when the first step began, no time was used.
    rate = plan.rate(plan.middle(run.step, run.seconds()))
    for group in run.optimiser.param_groups:
        group["lr"] = rate
    run.optimiser.step()
    run.optimiser.zero_grad()
    run.step += 1
    run.average.update(run.model, plan.average(run.step))
    return losses.detach(), rate


class _Run:
    """What is carried from step to step."""

    def __init__(
        self,
        model: nn.Module,
        plan: Plan,
        accelerator: Accelerator | None,
        folder: Path | None,
    ) -> None:
        accelerator = accelerator or Accelerator()
        processes.check_launch(accelerator)
        self.plan, self.accelerator, self.device = plan, accelerator, accelerator.device
        self.model = self.parallel = model.to(self.device).train()
        self.average = Average(self.model)
        self.optimiser = plan.optimiser(self.model, plan)
        self.trained = [p for g in self.optimiser.param_groups for p in g["params"]]
        self.precision = (
            torch.autocast(self.device.type, torch.bfloat16)
            if plan.precision == "bf16"
            else nullcontext()
        )
        self.unchecked: list[tuple[int, Tensor]] = []
        self.step, self.seconds_before = 0, 0.0
        self.checkpoints: Checkpoints | None = None
        try:
            if folder is not None:
                self._resume(Path(folder))
            if accelerator.num_processes > 1:
                self._share()
        except BaseException:
            self.close()
            raise
        self.start = time.perf_counter()

    def seconds(self) -> float:
        """Return the time used so far, that before a resumption included."""
        seconds = self.seconds_before + time.perf_counter() - self.start
        if self.plan.steps is not None:
            return seconds
        return processes.agreed(seconds, self.accelerator)

    def close(self) -> None:
        """Let other processes have the folder."""
        if self.checkpoints is not None:
            self.checkpoints.close()

    def _resume(self, folder: Path) -> None:
        """Go on with the run in a folder, or begin one there."""
        self.checkpoints = Checkpoints(
            folder,
            self.model,
            self.average.model,
            self.optimiser,
            identity={
                **self.plan.describe(),
                "processes": self.accelerator.num_processes,
            },
            writes=self.accelerator.is_main_process,
        )
        self.step, self.seconds_before = self.checkpoints.resume()
        if self.plan.used(self.step, self.seconds_before) < 1:
            self.checkpoints.demand_writable()

    def _share(self) -> None:
        """Make all processes one run: same start, gradients averaged."""
        processes.check_same_step(self.step)
        self.parallel = self.accelerator.prepare_model(self.model)
        if self.step == 0:  # the weights are now those of the first process
            self.average.update(self.model, 0.0)
