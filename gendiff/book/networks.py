"""Networks that a run trains once and keeps.

The network is built under a seed of its own, so its initial weights depend on nothing
that ran before, and trained, or given the weights that were kept under an equal
identity of everything the training could depend on: how it is built, the loss, the
batches with their data, the plan. What comes back is frozen, on the run's device.
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from gendiff.book import memo, progress
from gendiff.training import Plan, train
from gendiff.types import Batches, Loss

Network = TypeVar("Network", bound=nn.Module)


def trained(
    build: Callable[[], Network],
    loss: Loss,
    batches: Batches,
    plan: Plan,
    /,
    *,
    seed: int,
    device: torch.device,
    label: str = "training",
) -> Network:
    """Return the average of the weights of the network that `plan` trains.

    Raises:
        ValueError: If something that the training depends on cannot enter a key.
    """
    plan = replace(plan, seed=seed)
    watch = partial(progress.progress, label=label, total=plan.steps)

    what = (train, build, loss, batches, plan)

    def fit(network: nn.Module) -> nn.Module:
        # A long training goes on where it was interrupted.
        long = plan.steps is not None and plan.steps >= 2 * plan.save_every
        folder = memo.unfinished(*what, device.type, seed) if long else None
        done = train(network, loss, batches, plan, folder=folder, progress=watch)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        return done

    return _ready(build, fit, what, seed=seed, device=device, label=label)


def fitted(
    build: Callable[[], Network],
    fit: Callable[[Network], nn.Module],
    /,
    *,
    seed: int,
    device: torch.device,
    label: str = "training",
) -> Network:
    """Return what `fit` makes of a fresh network: for trainings of another kind.

    Raises:
        ValueError: If something that `fit` depends on cannot enter a key.
    """
    what = (build, fit, seed)
    return _ready(build, fit, what, seed=seed, device=device, label=label)


def _ready(
    build: Callable[[], Network],
    fit: Callable[[Network], nn.Module],
    what: tuple[Any, ...],
    /,
    *,
    seed: int,
    device: torch.device,
    label: str,
) -> Network:
    def weights() -> dict[str, Tensor]:
        return dict(fit(build()).state_dict())

    kept = memo.stored(weights, (*what, device.type), seed=seed, label=label)
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        network = build()
    network.load_state_dict(kept)
    return network.to(device).eval().requires_grad_(requires_grad=False)
