"""Where training batches come from: a function of a generator, and nothing else.

`Batches` holds no position in an epoch. Whoever trains makes one generator a step,
from the seed, the step and the rank, so a resumed run sees the batches it would have
seen, and two processes see different ones, without any state to save.
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Shaped
from torch import Tensor

from gendiff.applied import Applied
from gendiff.types import Batches

Sampler = Callable[[int, torch.Generator], Tensor | tuple[Tensor, ...]]
"""Draws `n` fresh samples, alone or with what is given along with them."""


def shuffled(*tensors: Shaped[Tensor, "_ ..."], size: int) -> Batches:
    """Draw rows of a data set, the same rows of each tensor.

    Rows are independent and uniform, with replacement. In one pass over n rows about
    a fraction 1/e of them is missed and others come twice; over many passes the
    gradient has the same expectation as with epochs.

    Raises:
        ValueError: If there is nothing to draw from, or the tensors differ in length.
    """
    lengths = [len(tensor) for tensor in tensors]
    if not lengths or 0 in lengths or len(set(lengths)) > 1:
        raise ValueError(
            f"tensors of lengths {lengths} have no common rows; "
            "give tensors that are equally long and not empty"
        )
    return Applied(_rows, tensors, _positive(size))


def stream(sampler: Sampler, /, *, size: int) -> Batches:
    """Draw fresh samples for every batch: a data set without end."""
    return Applied(_fresh, sampler, _positive(size))


def dropped(
    batches: Batches, /, *, rate: float, unknown: int | Sequence[int]
) -> Batches:
    """Replace all that is given of a random fraction of the samples by `unknown`.

    Expects batches `(x0, labels)`, with one label a sample or several. One network so
    learns the conditional model and the unconditional one: conditioning dropout.

    Raises:
        ValueError: If `rate` is no share.

    References:
        Ho and Salimans (2022), arXiv:2207.12598, algorithm 1.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"dropout rate is {rate}; give a fraction from 0 to 1")
    known = tuple(unknown) if isinstance(unknown, Sequence) else unknown
    return Applied(_dropped, batches, rate, known)


def _dropped(
    batches: Batches,
    rate: float,
    unknown: int | Sequence[int],
    generator: torch.Generator,
    /,
) -> tuple[Tensor, ...]:
    x0, labels = batches(generator)
    gone = (torch.rand(len(x0), generator=generator) < rate).to(labels.device)
    gone = gone.reshape(-1, *[1] * (labels.ndim - 1))
    return x0, torch.where(gone, torch.as_tensor(unknown).to(labels), labels)


def _rows(
    tensors: tuple[Tensor, ...], size: int, generator: torch.Generator, /
) -> tuple[Tensor, ...]:
    rows = torch.randint(len(tensors[0]), (size,), generator=generator)
    return tuple(tensor[rows.to(tensor.device)] for tensor in tensors)


def _fresh(
    sampler: Sampler, size: int, generator: torch.Generator, /
) -> tuple[Tensor, ...]:
    drawn = sampler(size, generator)
    return drawn if isinstance(drawn, tuple) else (drawn,)


def _positive(size: int) -> int:
    if size < 1:
        raise ValueError(f"a batch of {size} is empty; give a size of 1 or more")
    return size
