"""Randomness of a training step: a function of `(seed, step, rank)` and nothing else.

A run that draws from one long stream can only be resumed with the state of the stream.
Here every step makes its generators anew, so there is no state to save, processes never
share a draw, and step 1000 can be looked at without taking the 999 before it.
"""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager

import torch


def step_generator(seed: int, step: int, rank: int, /) -> torch.Generator:
    """Return the generator of one step (counted from 0) on one process."""
    return torch.Generator().manual_seed(_derive(seed, step, rank, "step"))


def reseed_global(seed: int, step: int, rank: int, device: torch.device, /) -> None:
    """Seed the global generators of the host and of `device`, which dropout draws from.

    Not by `torch.manual_seed`, which visits every backend and takes 150 us.
    """
    number = _derive(seed, step, rank, "global")
    torch.default_generator.manual_seed(number)
    if device.type != "cpu":
        torch.get_device_module(device).manual_seed(number)


@contextmanager
def global_state_kept(device: torch.device, /) -> Generator[None, None, None]:
    """Restore the global generators of the host and of `device` at the end."""
    if device.type == "cpu":
        with torch.random.fork_rng([]):
            yield
    else:
        with torch.random.fork_rng([device], device_type=device.type):
            yield


def _derive(seed: int, step: int, rank: int, purpose: str) -> int:
    """Return a number that looks unrelated as soon as one argument differs."""
    text = repr((seed, step, rank, purpose)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")
