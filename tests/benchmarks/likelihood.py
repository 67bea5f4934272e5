"""Error of the log-likelihood against the exact one, at equal evaluations.

Both with the exact trace and an adaptive order-5 pair. flow_matching is run at a few
tolerances; ours then gets at most as many evaluations, by the smallest tolerance of a
fine list that keeps to them ("nan" if none does). In nats per dimension, mean absolute
error a sample.
"""

import math

import numpy as np
import torch
from common import Found, table
from flow_matching.solver import ODESolver
from torch import Tensor

from gendiff.book.compared import Ratio, Table
from gendiff.data import grid25, moons
from gendiff.exact import GaussianMixture
from gendiff.likelihood import log_density
from gendiff.record import Counted
from gendiff.types import level

VERSIONS = ("torch", "gendiff", "flow_matching")
N = 128
LOW = 1e-3
"""Ours is the density of data plus this much noise; compared with that one exactly."""
TOLERANCES = (1e-3, 1e-4, 1e-5, 1e-6)
OWN = np.geomspace(1e-2, 1e-9, 29).tolist()


def peer(mixture: GaussianMixture, x: Tensor, tolerance: float) -> tuple[float, int]:
    """Return the error and the evaluations of flow_matching, at level 0."""
    counted, d = Counted(mixture), x.shape[1]

    def velocity(x: Tensor, t: Tensor) -> Tensor:
        t = t.to(x.dtype)
        if t <= 0:
            return mixture.moments().mean - x
        if t >= 1:  # the limit: the level is 0, where the denoised is x
            return x
        return (counted(x / t, (1 - t) / t) - x) / (1 - t)

    _, found = ODESolver(velocity).compute_likelihood(
        x.clone(),
        lambda z: -z.square().sum(1) / 2 - d / 2 * math.log(math.tau),
        step_size=None,
        method="dopri5",
        atol=tolerance,
        rtol=tolerance,
        time_grid=torch.tensor([1.0, 0.0], dtype=x.dtype),
        exact_divergence=True,
    )
    exact = mixture.log_density(x, level(0.0))
    return float((found - exact).abs().mean() / d), counted.nfe


def ours(mixture: GaussianMixture, x: Tensor) -> list[tuple[float, int]]:
    """Return error and evaluations at every tolerance of ours."""
    exact = mixture.log_density(x, level(LOW))
    out: list[tuple[float, int]] = []
    for tolerance in OWN:
        counted = Counted(mixture)
        found = log_density(
            counted, x, gaussian=mixture.moments(), low=LOW, tolerance=tolerance
        )
        error = float((found - exact).abs().mean() / x.shape[1])
        out.append((error, counted.nfe))
    return out


def within(
    found: list[tuple[float, int]], nfe: int, error: float
) -> tuple[float, float, float]:
    """Return our evaluations, error and its ratio to the peer's, at `nfe` at most.

    Not-a-number where no tolerance of ours spends as few: there is no comparison.
    """
    # The list's tolerances fall, so the last that fits is the most accurate.
    fitting = [f for f in found if f[1] <= nfe]
    if not fitting:
        return math.nan, math.nan, math.nan
    own, used = fitting[-1]
    return used, own, own / error


def main() -> Found:
    """Return errors and their ratio at equal evaluations."""
    tables: list[Table] = []
    ratios: list[Ratio] = []
    unmatched: list[str] = []
    for name, make in (("moons", moons), ("grid25", grid25)):
        mixture = make()
        x = mixture.sample(N, torch.Generator().manual_seed(5))
        found, rows = ours(mixture, x), {}
        for tolerance in TOLERANCES:
            error, nfe = peer(mixture, x, tolerance)
            used, own, ratio = within(found, nfe, error)
            rows[f"flow_matching dopri5, tolerance {tolerance:g}"] = [
                *(nfe, error, used, own, ratio)
            ]
            what = f"{name}, {nfe} evaluations (tolerance {tolerance:g})"
            if math.isnan(ratio):
                unmatched.append(what)
            else:
                ratios.append(Ratio(what, ratio, ratio, ratio, f"one set of {N}"))
        columns = [name, "peer NFE", "error", "our NFE", "error", "ratio"]
        title = f"Log-likelihood, {name}, nats per dimension"
        tables.append(table(title, columns, rows, "{:.2g}"))
    return Found(tables, ratios, tuple(unmatched))
