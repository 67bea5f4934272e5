"""Points of the plane as sequences of four tokens, made by masks that are lifted.

A square is cut into five times five cells, and each of these again: coarse and fine,
across and up. The distribution of the four tokens is a table, so the exact model of
what is hidden is known, and two samplers of it are compared with the table: a chain of
steps in discrete time (D3PM with an absorbing state), and jumps in continuous time, one
after the other and on no grid. Noise of amount `t` hides each place with probability
`t`.

References:
    Austin et al. (2021), arXiv:2107.03006, section 3.1 (the absorbing state).
    Campbell et al. (2022), arXiv:2205.14987, section 3 (continuous time).
    Zheng et al. (2024), arXiv:2409.02908, section 4 (the next jump, drawn exactly).
"""

import math
from collections.abc import Callable
from functools import partial
from itertools import permutations

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from gendiff.discrete import Joint
from gendiff.discrete.joint import normalised
from gendiff.exact import GaussianMixture
from gendiff.metrics import floor, sliced_wasserstein
from gendiff.types import level

BASE = 5
"""Cells of a cell, on a side; the number of tokens."""
EDGE = 1.25
FINE = 4
"""Points on a side at which the density is summed in a fine cell."""
Fill = Callable[[Tensor], Tensor]
"""Log-probabilities of every place, given tokens of which some are hidden."""


def tokens(data: GaussianMixture, /) -> Joint:
    """Return the distribution of coarse x, fine x, coarse y, fine y."""
    side = BASE**2 * FINE
    ticks = (torch.arange(side, dtype=torch.float64) + 0.5) / side * 2 * EDGE - EDGE
    points = torch.cartesian_prod(ticks, ticks)
    mass = data.log_density(points, level(0.0)).exp()
    cells = mass.reshape(BASE**2, FINE, BASE**2, FINE).sum((1, 3))
    return normalised(cells.reshape(BASE, BASE, BASE, BASE).log())


def chain(
    joint: Joint, n: int, steps: int, generator: torch.Generator, /
) -> Int[Tensor, "n places"]:
    """Lift masks in steps: all those that a step lifts, independently of each other."""
    x = torch.full((n, joint.places), joint.vocabulary)
    for step in range(steps, 0, -1):
        chance = torch.rand(x.shape, generator=generator, dtype=torch.float64)
        lifted = (x == joint.vocabulary) & (chance < 1 / step)
        rows = lifted.any(1)
        if rows.any():
            drawn = _drawn(joint.fill(x[rows]), generator)
            x[rows] = torch.where(lifted[rows], drawn, x[rows])
    return x


def jumps(
    joint: Joint, n: int, generator: torch.Generator, /
) -> tuple[Int[Tensor, "n places"], Float[Tensor, "n places"]]:
    """Lift one mask after the other, at times that are drawn and not chosen.

    A hidden place is seen at a rate of `1 / t`, so the time of each is uniform between
    0 and now, and the next one is the largest of them.

    Returns:
        The sequences, and the time of each jump.
    """
    x = torch.full((n, joint.places), joint.vocabulary)
    now, times = torch.ones(n, dtype=torch.float64), []
    for left in range(joint.places, 0, -1):
        u = torch.rand(n, generator=generator, dtype=torch.float64)
        now = now * u ** (1 / left)
        times.append(now)
        hidden = (x == joint.vocabulary).double()
        place = torch.multinomial(hidden, 1, generator=generator)
        drawn = _drawn(joint.fill(x), generator)
        x = x.scatter(1, place, drawn.gather(1, place))
    return x, torch.stack(times, 1)


def variation(x: Int[Tensor, "n places"], y: Int[Tensor, "m places"], /) -> float:
    """Return the total variation between two sets of sequences."""
    one, other = (counted(z).flatten() for z in (x, y))
    return float((one - other).abs().sum() / 2)


def counted(x: Int[Tensor, "n places"], /) -> Float[Tensor, "v v v v"]:
    """Return how often each sequence occurs, as a fraction."""
    places = BASE ** torch.arange(3, -1, -1)
    counts = torch.bincount((x * places).sum(1), minlength=BASE**4)
    return counts.reshape([BASE] * 4).double() / len(x)


def picture(table: Float[Tensor, "v v v v"], /) -> Float[Tensor, "side side"]:
    """Return a table of sequences as an image of the plane, y upwards."""
    return table.reshape(BASE**2, BASE**2).T


def shuffled(
    x: Shaped[Tensor, "n d"], generator: torch.Generator, /
) -> Shaped[Tensor, "n d"]:
    """Return samples whose columns are each in an order of their own."""
    orders = [torch.randperm(len(x), generator=generator) for _ in x.T]
    return torch.stack([x[o, i] for i, o in enumerate(orders)], 1)


def over_floor(
    x: Shaped[Tensor, "n d"],
    data: GaussianMixture,
    table: Joint,
    draw: Callable[[str], torch.Generator],
    /,
) -> float:
    """Return how far samples are from the data, over the same of two real sets.

    Of points it is the sliced Wasserstein distance, of tokens the total variation.
    """
    n = len(x)
    if x.is_floating_point():
        judge = partial(sliced_wasserstein, projections=64, generator=draw("judge"))
        real = data.sample(8 * n, draw("floor")).float()
        apart = floor(judge, real, n=n, generator=draw("parts"), repeats=16)
        fresh = data.sample(n, draw("others")).float()
        return float(judge(x, fresh) / apart.mean)
    one, *others = (table.sample(n, draw(f"real {i}")) for i in range(9))
    between = sum(variation(other, one) for other in others) / len(others)
    return variation(x, one) / between


def bound(data: Joint, fill: Fill, /) -> float:
    """Return absorbing diffusion's bound on minus the log-likelihood, in nats.

    At amount `t` a hidden place counts `1 / t` times. Integrated over `t`, a set of
    `k` hidden places of `n` has the weight of a beta integral, `(k-1)! (n-k)! / n!`.
    """
    n = data.places
    total = 0.0
    for hidden, loss in _losses(data, fill).items():
        k = len(hidden)
        times = math.factorial(k - 1) * math.factorial(n - k) / math.factorial(n)
        total += times * sum(loss[place] for place in hidden)
    return total


def over_orders(data: Joint, fill: Fill, /) -> list[float]:
    """Return the autoregressive loss in nats, for every order of the places."""
    losses = _losses(data, fill)
    return [
        sum(losses[frozenset(order[i:])][place] for i, place in enumerate(order))
        for order in permutations(range(data.places))
    ]


def _losses(data: Joint, fill: Fill, /) -> dict[frozenset[int], list[float]]:
    """Return what each place costs in nats, for every set of places that is hidden."""
    n = data.places
    every = torch.cartesian_prod(*[torch.arange(data.vocabulary)] * n)
    weight, found = data.probability.flatten(), {}
    for pattern in range(1, 2**n):
        places = frozenset(i for i in range(n) if pattern >> i & 1)
        hidden = torch.tensor([i in places for i in range(n)])
        shown = torch.where(hidden, data.vocabulary, every)
        logs = fill(shown).gather(2, every[..., None])[..., 0]
        found[places] = (-(weight @ logs)).tolist()
    return found


def _drawn(
    logits: Float[Tensor, "b n v"], generator: torch.Generator
) -> Int[Tensor, "b n"]:
    flat = torch.multinomial(logits.exp().flatten(0, 1), 1, generator=generator)
    return flat.reshape(logits.shape[:2])
