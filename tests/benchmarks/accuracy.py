"""Endpoint error of the default sampler against every peer, at equal evaluations.

On exact mixtures, so that the end of the probability flow from each start is known (by
torchdiffeq's order-8 pair, to 1e-9). The error is a root mean square over samples and
dimensions. "Best peer" is the best of all rows at that number of evaluations and from
that noise, whichever it is: harder to beat than any one of them. Ratios are geometric
means over the seeds of the noise, with the least and the greatest in brackets.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from functools import cache

import torch
from common import Found, table
from peers import SAMPLERS, End, Sampler, counted
from problems import CHOSEN_ON, HELD
from torch import Tensor
from torchdiffeq import odeint

from gendiff.book.compared import Ratio, Table
from gendiff.calibration import Calibration, calibrate, follow
from gendiff.exact import Diagonal, GaussianMixture, Isotropic
from gendiff.record import last
from gendiff.sampling import HIGH, sample
from gendiff.types import Denoiser

VERSIONS = ("torch", "gendiff", "k-diffusion", "diffusers", "azula", "flow_matching")
BUDGETS = (5, 8, 10, 20)
AIMS = (0.7, 0.7, 0.7, 0.8)
SEEDS = (1, 2, 3)
OURS = ("gendiff", "gendiff, knowing the covariance", "gendiff, calibrated")
TRAJECTORIES = 256
"""Of another seed than those judged: what a calibration is made on."""
INFINITE = 1e4
"""Stands for infinite noise; data of spread 0.5 move the start by 1e-9 of it."""


def truth(mixture: GaussianMixture, noise: Tensor, start: float) -> Tensor:
    """Return the flow's end, integrated in w with sigma = 0.02 sinh(w)."""
    start = min(start, INFINITE)
    x = start * noise + (mixture.moments().mean if start == INFINITE else 0.0)
    w = torch.asinh(torch.tensor([start, 0.0], dtype=torch.float64) / 0.02)

    def slope(w: Tensor, x: Tensor) -> Tensor:
        sigma = 0.02 * torch.sinh(w)
        return -sigma * mixture.score(x, sigma) * 0.02 * torch.cosh(w)

    options = {"first_step": 0.05}  # near infinity the slope says nothing of the rest
    path = odeint(slope, x, w, rtol=1e-9, atol=1e-9, method="dopri8", options=options)
    return path[-1]


def ours(known: Diagonal) -> Sampler:
    """Return the default sampler, told what `known` says of the data."""

    def run(denoise: Denoiser, noise: Tensor, evaluations: int) -> End:
        steps = sample(denoise, noise, gaussian=known, evaluations=evaluations)
        return last(steps), math.inf

    return run


@cache
def made(make: Callable[[], GaussianMixture]) -> GaussianMixture:
    """Return a mixture, the same object every time."""
    return make()


@cache
def calibration(
    mixture: GaussianMixture, spread: float, evaluations: int
) -> Calibration:
    """Return the sampler made for a mixture, once for all noises it is judged on."""
    known = Isotropic(mixture.moments().mean, spread)
    generator = torch.Generator().manual_seed(777)
    noise = torch.randn(
        TRAJECTORIES, len(known.mean), generator=generator, dtype=torch.float64
    )
    *_, found = calibrate(mixture, noise, gaussian=known, evaluations=evaluations)
    return found


def measured(mixture: GaussianMixture, known: Isotropic) -> Sampler:
    """Return the sampler that was made to the mixture's measure."""

    def run(denoise: Denoiser, noise: Tensor, evaluations: int) -> End:
        found = calibration(mixture, known.std, evaluations)
        return last(follow(denoise, noise, found, gaussian=known)), math.inf

    return run


def errors(mixture: GaussianMixture, n: int, seed: int) -> dict[str, list[float]]:
    """Return the error of every sampler at every budget; nan where it cannot run."""
    generator = torch.Generator().manual_seed(seed)
    moments = mixture.moments()
    noise = torch.randn(n, len(moments.mean), generator=generator, dtype=torch.float64)
    spread = float(moments.variances.square().mean()) ** 0.25
    known = Isotropic(moments.mean, spread)
    own = dict(
        zip(OURS, (ours(known), ours(moments), measured(mixture, known)), strict=True)
    )
    truths: dict[float, Tensor] = {}
    out: dict[str, list[float]] = {}
    for name, sampler in {**SAMPLERS, **own}.items():
        for budget in BUDGETS:
            ran = counted(sampler, mixture, noise, budget)
            error = math.nan
            if ran is not None:
                end, start = ran
                key = round(start, 2) if start < math.inf else start
                if key not in truths:
                    truths[key] = truth(mixture, noise, start)
                error = float((end - truths[key]).square().mean().sqrt())
            out.setdefault(name, []).append(error)
    return out


def ratios(found: dict[str, list[float]], name: str) -> list[float]:
    """Return the ratio to the best peer at each budget."""
    return [
        mine / min(error for peer in SAMPLERS if (error := found[peer][i]) > 0)
        for i, mine in enumerate(found[name])
    ]


def geometric(values: Sequence[float]) -> float:
    """Return the geometric mean."""
    return math.exp(statistics.fmean(map(math.log, values)))


def over_seeds(what: str, by_seed: list[list[float]]) -> list[Ratio]:
    """Return the mean ratio at each budget, and its range over the seeds."""
    of = f"{len(by_seed)} noise seeds"
    return [
        Ratio(f"{what}, {budget} evaluations", geometric(r), min(r), max(r), of)
        for budget, r in zip(BUDGETS, zip(*by_seed, strict=True), strict=True)
    ]


def compare(
    problem: str, make: Callable[[], GaussianMixture], n: int
) -> tuple[Table, dict[str, list[list[float]]]]:
    """Return the errors on a problem, and our ratios by sampler, seed and budget."""
    by_seed = [errors(made(make), n, seed) for seed in SEEDS]
    found = {
        name: [
            statistics.fmean(errors)
            for errors in zip(*(seed[name] for seed in by_seed), strict=True)
        ]
        for name in by_seed[0]
    }
    title = f"RMS endpoint error, {problem}, mean of {len(SEEDS)} noise seeds"
    shown = table(title, ["evaluations", *BUDGETS], found, "{:.1e}")
    return shown, {name: [ratios(seed, name) for seed in by_seed] for name in OURS}


def main() -> Found:
    """Return errors, and ratios to the best peer, by problem and over all of them."""
    assert HIGH >= INFINITE
    tables: list[Table] = []
    every: list[Ratio] = []
    for title, problems in {"chosen on": CHOSEN_ON, "held back": HELD}.items():
        of_all: dict[str, list[list[float]]] = {}
        for problem, (make, n) in problems.items():
            errors_of, compared = compare(problem, make, n)
            tables.append(errors_of)
            for name, by_seed in compared.items():
                every += over_seeds(f"{name}, {problem}", by_seed)
                of_all.setdefault(name, []).extend(by_seed)
        means = {
            name: [geometric(at) for at in zip(*rows, strict=True)]
            for name, rows in of_all.items()
        }
        head = f"Ratio to the best peer, geometric mean, problems {title}"
        columns = ["evaluations", *BUDGETS]
        tables.insert(0, table(head, columns, {**means, "aim": AIMS}))
    return Found(tables, every)
