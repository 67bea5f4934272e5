"""Two rivals of diffusion on points of a plane, trained and sampled.

An adversarial network maps noise to points in one call. An autoregressive model writes
each point as binary digits, coarse before fine, one call a digit.
"""

from collections import deque
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.data import stream
from gendiff.data.batches import Sampler
from gendiff.families import GAN, fit_gan, small_gan
from gendiff.record import last
from gendiff.studies.autoencoders.written_points import LENGTH, from_bits, to_bits
from gendiff.studies.running import Running
from gendiff.tokens import Autoregressive, empty, sample
from gendiff.tokens.autoregressive import cross_entropy
from gendiff.training import Plan

CALLS = {"adversarial": 1, "autoregressive": LENGTH}
"""Network calls that a sample takes."""
SIZE = 256
"""Points of a batch."""


def adversarial(
    run: Running, points: Sampler, k: int, /, *, rounds: int, n: int
) -> Float[Tensor, "{n} 2"]:
    """Train the k-th adversarial network and return `n` points of its own."""
    gan = run.fitted(
        partial(small_gan, 2),
        partial(_play, run, points, k, rounds),
        number=k,
        label="adversarial network",
    )
    return gan.cpu().generate(n, run.generator(f"adversarial {k}"))


def autoregressive(
    run: Running, points: Sampler, k: int, /, *, updates: int, width: int, n: int
) -> Float[Tensor, "{n} 2"]:
    """Train the k-th autoregressive model and return `n` points of its own."""
    network = run.trained(
        partial(Autoregressive, 2, width=width),
        cross_entropy,
        stream(partial(_written, points), size=SIZE),
        Plan(steps=updates, learning_rate=3e-3, seed=k),
        label="autoregressive model",
    )
    generator = run.generator(f"autoregressive {k}")
    x = last(sample(network.cpu().read, empty(n), LENGTH, generator))
    return from_bits(x, generator)


def _play(run: Running, points: Sampler, k: int, rounds: int, gan: GAN, /) -> GAN:
    """Play the game to its end."""
    chance = run.generator(f"game {k}")
    deque(fit_gan(gan, stream(points, size=SIZE), chance, steps=rounds), maxlen=0)
    return gan


def _written(
    points: Sampler, n: int, generator: torch.Generator, /
) -> Int[Tensor, "{n} places"]:
    x = points(n, generator)
    return to_bits(x if isinstance(x, Tensor) else x[0])
