"""The vocabulary that the whole library is written in.

A *noise level* `sigma` says how much noise a signal carries, `x = x0 + sigma * eps`,
and is the only clock. A *denoiser* is any callable `(x, sigma) -> E[x0 | x]`: exact,
neural, adapted, guided or counted, all are the same type. A *solver* is a generator
that walks a state down a *grid* of noise levels, one `Step` at a time.

The letters of the shapes mean the same everywhere: `b` batch, `*s` signal (any number
of axes), `d` dimensions of a point, `k` components, `n` places, `v` vocabulary.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

Noise = Callable[[Tensor], Tensor]
"""Draws standard normal noise shaped like its argument, as `torch.randn_like` does."""

Batch = tuple[Tensor, ...]
"""The data, then what is given along with them (labels, ...)."""

Batches = Callable[[torch.Generator], Batch]
"""Draws a batch; all that is random comes from the generator."""

Loss = Callable[[nn.Module, Batch, torch.Generator], Float[Tensor, " b"]]
"""The loss of each sample; reaches the network by calling it, once."""


@runtime_checkable
class Denoiser(Protocol):
    """Anything that estimates the clean signal, `E[x0 | x0 + sigma * eps = x]`."""

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return the posterior mean; `sigma` has shape `()` or `(b,)`."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """One stop of a trajectory."""

    x: Shaped[Tensor, "b *s"]
    """State at `level`."""
    denoised: Shaped[Tensor, "..."]
    """The prediction that led here: a posterior mean, or token logits."""
    level: float
    """Noise level of `x`: sigma for signals, the masking rate for tokens."""


@runtime_checkable
class Solver(Protocol):
    """Walks `x` down a decreasing grid of noise levels."""

    def __call__(
        self, denoise: Denoiser, x: Float[Tensor, "b *s"], grid: Sequence[float], /
    ) -> Iterator[Step]:
        """Yield one step for every grid point after the first."""
        ...


def like(sigma: Float[Tensor, "..."], x: Shaped[Tensor, "b *s"]) -> Tensor:
    """Return `sigma` with the dtype and device of `x`, broadcastable against it.

    Raises:
        ValueError: If `x` holds whole numbers, or `sigma` is no tensor, or neither one
            level nor one level a sample.
    """
    demand_signal(x)
    if not torch.is_tensor(sigma):
        raise ValueError(
            f"sigma is {sigma!r}, no tensor; give gendiff.types.level({sigma!r})"
        )
    sigma = sigma.to(x)
    if sigma.ndim == 0:
        return sigma
    if sigma.shape != x.shape[:1]:
        raise ValueError(
            f"sigma has shape {tuple(sigma.shape)} for a batch of {len(x)}; "
            "give one level, shape (), or one a sample, shape (b,)"
        )
    return sigma.reshape(-1, *[1] * (x.ndim - 1))


def level(sigma: float) -> Float[Tensor, ""]:
    """Return `sigma` as a 0-d float64 tensor on the host.

    On the host, so that a guide may branch on it without waiting for a device.
    """
    return torch.tensor(sigma, dtype=torch.float64)


def demand_signal(x: Shaped[Tensor, "..."], /, *, name: str = "the signal") -> None:
    """Check that `x` can be a signal: a tensor of floating-point numbers.

    Noise levels and coefficients take the dtype of the signal, and as whole numbers
    they would be nonsense.

    Raises:
        ValueError: If it isn't one.
    """
    if not torch.is_tensor(x):
        raise ValueError(
            f"{name} is {x!r}, no tensor; give one, such as torch.zeros(2)"
        )
    if not x.is_floating_point():
        raise ValueError(
            f"{name} is {x.dtype}; give floating-point numbers, such as x.float()"
        )
