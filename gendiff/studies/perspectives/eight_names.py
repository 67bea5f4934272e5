"""One arrow under eight names, each found by its own definition and not by the others.

Data of known density are noised, `x = x0 + sigma eps`. Averages over what the clean
point may have been are sums over a lattice, weighted by Bayes' rule; gradients are
taken by automatic differentiation of such a sum, and by differences of the closed form.
What comes out is then translated into the one arrow, from the noisy point to the
posterior mean.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.exact import GaussianMixture
from gendiff.types import level

Point = Float[Tensor, "2"]
STEP = 1e-3
"""Of the central differences, which are of fourth order."""


@dataclass(frozen=True)
class Name:
    """A quantity, in its own units, and the arrow that it translates to."""

    label: str
    value: Point
    arrow: Point


@dataclass(frozen=True)
class Lattice:
    """Clean points of a square, with the data's density at each."""

    points: Float[Tensor, "n 2"]
    log_density: Float[Tensor, " n"]

    def given(self, x: Point, spread: float, /) -> Float[Tensor, " n"]:
        """Return what each point weighs, if `x` is it plus noise of this spread."""
        off = (x - self.points).square().sum(1)
        return self.log_density - off / (2 * spread**2)

    def average(
        self, values: Float[Tensor, "n 2"], x: Point, spread: float, /
    ) -> Point:
        """Return the average of values over the points, given `x`."""
        return self.given(x, spread).softmax(0) @ values


def lattice(
    data: GaussianMixture, sigma: float, /, *, edge: float, step: float
) -> Lattice:
    """Return the square from `-edge` to `edge`, with the density of data plus noise."""
    ticks = torch.arange(-edge, edge + step / 2, step, dtype=torch.float64)
    points = torch.cartesian_prod(ticks, ticks)
    return Lattice(points, data.log_density(points, level(sigma)))


def eight(
    data: GaussianMixture, x: Point, sigma: float, /, *, edge: float, step: float
) -> list[Name]:
    """Return the arrow under its eight names."""
    clean = lattice(data, 0.0, edge=edge, step=step)
    noise = (x - clean.points) / sigma
    of = [
        ("clean signal", clean.points),
        ("noise", noise),
        ("flow matching velocity", noise - clean.points),
    ]
    means = {label: clean.average(values, x, sigma) for label, values in of}
    alpha = (1 + sigma**2) ** -0.5
    v = clean.average(alpha * noise - alpha * sigma * clean.points, x, sigma)
    at = x.clone().requires_grad_()
    (score,) = torch.autograd.grad(clean.given(at, sigma).logsumexp(0), at)
    half, near = sigma / 2, 0.99 * sigma
    mean = stepped(data, x, sigma, half, edge=edge, step=step)
    small = stepped(data, x, sigma, near, edge=edge, step=step)
    drift = (small - x) / (sigma**2 - near**2)
    velocity = -sigma * slope(data, x, sigma)
    flow = means["flow matching velocity"]
    return [
        Name("clean signal", means["clean signal"], means["clean signal"] - x),
        Name("noise", means["noise"], -sigma * means["noise"]),
        Name("score", score, sigma**2 * score),
        Name("mean of DDPM's step", mean, (mean - x) / (1 - (half / sigma) ** 2)),
        Name("drift of the reverse SDE", drift, sigma**2 * drift),
        Name("velocity of the flow ODE", velocity, -sigma * velocity),
        Name("flow matching velocity", flow, -sigma / (1 + sigma) * (x + flow)),
        Name("v", v, alpha**2 * x - alpha * sigma * v - x),
    ]


def stepped(
    data: GaussianMixture,
    x: Point,
    sigma: float,
    below: float,
    /,
    *,
    edge: float,
    step: float,
) -> Point:
    """Return the mean of the less noisy points from which `x` may have come."""
    nearer = lattice(data, below, edge=edge, step=step)
    return nearer.average(nearer.points, x, (sigma**2 - below**2) ** 0.5)


def slope(data: GaussianMixture, x: Point, sigma: float, /) -> Point:
    """Return the gradient of the log-density of data plus noise, by differences."""
    unit = STEP * torch.eye(2, dtype=torch.float64)
    near = torch.cat([x - 2 * unit, x - unit, x + unit, x + 2 * unit])
    at = data.log_density(near, level(sigma)).reshape(4, 2)
    return (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * STEP)


def residuals(names: list[Name], arrow: Point, /) -> list[float]:
    """Return how far each translation is from an arrow, in lengths of the arrow."""
    return [float((name.arrow - arrow).norm() / arrow.norm()) for name in names]
