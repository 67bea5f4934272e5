"""Samples of the reverse SDE against every stochastic peer, at equal evaluations.

The measure is the sliced 2-Wasserstein distance between samples and fresh data, less
what it is between data and data (their *excess*, which can come out below zero, by
chance, where a sampler is as good as data). All samplers follow the whole reverse SDE:
the less noise, the nearer is one to the flow, of which `accuracy` tells. Ratios are
those of the mean excess over the noise seeds, on problems where the best peer's excess
can be told from none at all; the range is over the seeds. The default sampler stands
beside them and is no part of a ratio.
"""

import math
import statistics
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from common import Found, table
from peers import End, Sampler, counted, kd
from problems import CHOSEN_ON, HELD
from torch import Tensor

from gendiff import sampling
from gendiff.book.compared import Ratio, Table
from gendiff.exact import GaussianMixture, Isotropic
from gendiff.grids import geometric, karras
from gendiff.metrics import sliced_wasserstein
from gendiff.record import last
from gendiff.solvers import ancestral
from gendiff.types import Denoiser

VERSIONS = ("torch", "gendiff", "k-diffusion")
BUDGETS = (10, 20)
SEEDS = (1, 2, 3)
N = 4096
"""Samples of each sampler."""
REALS = 8 * N
FLOORS = 6
"""Sets of data that the floor is the mean over."""
OURS = "gendiff ancestral(2)"


def noisy(
    name: str, grid: Callable[..., list[float]] = karras, *, per_step: int = 1
) -> Sampler:
    """Wrap a sampler of k-diffusion, with noise of a generator of its own."""

    def run(denoise: Denoiser, noise: Tensor, evaluations: int) -> End | None:
        generator = torch.Generator().manual_seed(77)

        def drawn(*_: Any) -> Tensor:
            return torch.randn(noise.shape, generator=generator, dtype=noise.dtype)

        sampler = kd(name, grid, per_step=per_step, noise_sampler=drawn)
        return sampler(denoise, noise, evaluations)

    return run


SAMPLERS: dict[str, Sampler] = {
    "k-diffusion euler_ancestral": noisy("sample_euler_ancestral"),
    "k-diffusion euler_ancestral geometric": noisy("sample_euler_ancestral", geometric),
    "k-diffusion dpmpp_2s_ancestral": noisy("sample_dpmpp_2s_ancestral", per_step=2),
    "k-diffusion dpmpp_sde": noisy("sample_dpmpp_sde", per_step=2),
    "k-diffusion dpmpp_2m_sde": noisy("sample_dpmpp_2m_sde"),
    "k-diffusion dpmpp_2m_sde geometric": noisy("sample_dpmpp_2m_sde", geometric),
    "k-diffusion dpmpp_3m_sde": noisy("sample_dpmpp_3m_sde"),
    "k-diffusion dpmpp_3m_sde geometric": noisy("sample_dpmpp_3m_sde", geometric),
}


def ours(known: Isotropic, denoise: Denoiser, noise: Tensor, evaluations: int) -> End:
    """Follow the reverse SDE down the default sampler's levels."""
    one = sampling.unit(known)
    levels = [tau * one for tau in sampling.grid(evaluations - 1)]
    generator = torch.Generator().manual_seed(78)
    steps = ancestral(
        denoise,
        known.mean + levels[0] * noise,
        levels,
        order=2,
        gaussian=known,
        noise=lambda x: torch.randn(x.shape, generator=generator, dtype=x.dtype),
    )
    return last(steps), levels[0]


def flow(known: Isotropic, denoise: Denoiser, noise: Tensor, evaluations: int) -> End:
    """Run the default sampler."""
    steps = sampling.sample(denoise, noise, gaussian=known, evaluations=evaluations)
    return last(steps), math.inf


def excesses(mixture: GaussianMixture) -> dict[str, list[list[float]]]:
    """Return the excess of every sampler, by budget and seed."""
    known = Isotropic.measured(mixture.sample(N, torch.Generator().manual_seed(4)))
    real = mixture.sample(REALS, torch.Generator().manual_seed(5))

    def distance(x: Tensor) -> float:
        return sliced_wasserstein(x, real, generator=torch.Generator().manual_seed(3))

    floor = statistics.fmean(
        distance(mixture.sample(N, torch.Generator().manual_seed(100 + i)))
        for i in range(FLOORS)
    )
    own = {OURS: partial(ours, known), "gendiff, the default": partial(flow, known)}
    out: dict[str, list[list[float]]] = {}
    for name, sampler in {**SAMPLERS, **own}.items():
        for budget in BUDGETS:
            found: list[float] = []
            for seed in SEEDS:
                generator = torch.Generator().manual_seed(seed)
                shape = (N, real.shape[1])
                noise = torch.randn(shape, generator=generator, dtype=torch.float64)
                end, _ = counted(sampler, mixture, noise, budget)
                found.append(distance(end) - floor)
            out.setdefault(name, []).append(found)
    return out


def main() -> Found:
    """Return the excesses, and the ratio of ours to the best peer's."""
    tables: list[Table] = []
    ratios: list[Ratio] = []
    for problem, (make, _) in {**CHOSEN_ON, **HELD}.items():
        found = excesses(make())
        means = {n: [statistics.fmean(r) for r in rows] for n, rows in found.items()}
        title = f"Excess of the sliced distance, {problem}, {len(SEEDS)} noise seeds"
        tables.append(table(title, ["evaluations", *BUDGETS], means, "{:.1e}"))
        for i, budget in enumerate(BUDGETS):
            best = min(SAMPLERS, key=lambda name: means[name][i])
            theirs, mine = found[best][i], found[OURS][i]
            if statistics.fmean(theirs) < 2 * statistics.stdev(theirs):
                continue
            each = [a / b for a, b in zip(mine, theirs, strict=True)]
            middle = statistics.fmean(mine) / statistics.fmean(theirs)
            what = f"{OURS}, {problem}, {budget} evaluations, against {best}"
            of = f"{len(SEEDS)} noise seeds"
            ratios.append(Ratio(what, middle, min(each), max(each), of))
    return Found(tables, ratios)
