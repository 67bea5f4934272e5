"""Precision: whether bf16 pays, measured rather than guessed.

On an accelerator, or a CPU with matrix units (AMX), bf16 can halve the time of a step.
On a CPU without them it is emulated and ten times slower. Which machine this is shows
best in the time of the very step that is going to be repeated.
"""

import copy
import statistics
import time

import torch
from torch import nn

from gendiff.training.health import mean_loss
from gendiff.training.plan import Precision
from gendiff.training.randomness import global_state_kept
from gendiff.types import Batches, Loss

GAIN = 1.1
"""How much faster bf16 must be to be worth its rounding."""


def choose_precision(
    model: nn.Module,
    loss: Loss,
    batches: Batches,
    /,
    *,
    device: torch.device | None = None,
    seconds: float = 1.0,
) -> Precision:
    """Return the precision in which a training step of `model` is faster.

    Times the loss and its gradient on a copy, alternating between the two until
    `seconds` are spent (a second step of each at least); no weight, statistic or random
    state is touched. Say what was chosen beside every number that depends on it.
    """
    place = next(model.parameters()).device if device is None else device
    probe = copy.deepcopy(model).to(place).train()
    times: dict[Precision, list[float]] = {"no": [], "bf16": []}
    start = time.perf_counter()
    with global_state_kept(place):
        while len(times["bf16"]) < 2 or time.perf_counter() - start < seconds:
            for precision, taken in times.items():
                taken.append(_step_time(probe, loss, batches, precision, place))
    # The first of each pays for allocations and for the choice of kernels.
    plain, short = (statistics.median(times[p][1:]) for p in ("no", "bf16"))
    return "bf16" if plain > GAIN * short else "no"


def _step_time(
    model: nn.Module,
    loss: Loss,
    batches: Batches,
    precision: Precision,
    device: torch.device,
) -> float:
    generator = torch.Generator().manual_seed(0)
    batch = tuple(tensor.to(device) for tensor in batches(generator))
    _wait(device)
    start = time.perf_counter()
    with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
        losses = loss(model, batch, generator)
    mean_loss(losses).backward()
    _wait(device)
    taken = time.perf_counter() - start
    model.zero_grad()
    return taken


def _wait(device: torch.device) -> None:
    if device.type != "cpu":
        torch.get_device_module(device).synchronize()
