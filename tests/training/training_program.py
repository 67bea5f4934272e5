"""A small training run, for tests to launch, kill, resume and repeat.

`python training_program.py FOLDER STEPS PAUSE` trains with checkpoints in FOLDER, says
which step it has reached, and pauses after each. Under torchrun it writes the averaged
weights of the first process to FOLDER/result.safetensors instead.
"""

import sys
import time
from pathlib import Path

import torch
from accelerate import Accelerator
from safetensors.torch import save_file
from torch import Tensor, nn

from gendiff.training import Plan, Progress, fit

SEED = 3
EVERY = 5


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 16), nn.SiLU(), nn.Linear(16, 2))


def plan(steps: int) -> Plan:
    return Plan(steps=steps, seed=SEED, save_every=EVERY, weight_decay=0.01)


def batches(generator: torch.Generator) -> tuple[Tensor, ...]:
    return torch.randn(8, 3, generator=generator), torch.randn(
        8, 2, generator=generator
    )


def loss(
    model: nn.Module, batch: tuple[Tensor, ...], generator: torch.Generator
) -> Tensor:
    x, y = batch
    return (model(x) - y - x[:, :2].sin()).square().mean(1)


def main(folder: Path, steps: int, pause: float) -> None:
    torch.set_num_threads(1)
    accelerator = Accelerator(cpu=True)
    alone = accelerator.num_processes == 1
    last: Progress | None = None
    for last in fit(
        network(),
        loss,
        batches,
        plan(steps),
        accelerator=accelerator,
        folder=folder if alone else None,
    ):
        if alone:
            print(last.step, flush=True)  # noqa: T201
            time.sleep(pause)
    if not alone and accelerator.is_main_process and last is not None:
        save_file(last.ema.state_dict(), folder / "result.safetensors")
    accelerator.end_training()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
