"""CPU time of a sampler's step around a network that does next to nothing.

The network is `x -> 0.1 x`. The time of a step is the difference of a long and a short
run over the difference of their steps, so that setting up does not count. At small
shapes it is the number of calls into torch, at large ones of passes over memory. Shown
are medians over the rounds, and the quartiles of the ratio.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import peers
import torch
from common import Found, cpu_times, table
from diffusers import UniPCMultistepScheduler
from peers import HIGH, LOW
from torch import Tensor

from gendiff.book.compared import Ratio, Table
from gendiff.exact import Isotropic
from gendiff.grids import karras
from gendiff.record import last
from gendiff.sampling import sample
from gendiff.solvers import ancestral, euler, heun, multistep

VERSIONS = ("torch", "gendiff", "k-diffusion", "diffusers")
SHAPES = {"1x2": 15, "1x3x32x32": 15, "64x3x32x32": 5}
"""Shapes, and rounds of each."""
SHORT, LONG = 10, 50
Run = Callable[[Tensor, int], object]


def network(x: Tensor, _: Tensor) -> Tensor:
    """Do as little as a network can."""
    return 0.1 * x


def k_diffusion(name: str) -> Run:
    """Return a sampler of k-diffusion."""

    def run(x: Tensor, n: int) -> object:
        sigmas = torch.tensor(karras(n, low=LOW, high=HIGH), dtype=x.dtype)
        sampler = getattr(peers.k_diffusion(), name)
        return sampler(network, x, sigmas, disable=True)

    return run


def default(x: Tensor, n: int) -> object:
    """Run the default sampler."""
    known = Isotropic(torch.zeros(()), 0.5)
    return last(sample(network, x, gaussian=known, evaluations=n))


def unipc(x: Tensor, n: int) -> object:
    """Run the loop of diffusers: the same order, and a corrector too."""
    scheduler = UniPCMultistepScheduler(solver_order=3)
    scheduler.set_timesteps(n)
    for t in scheduler.timesteps:
        x = scheduler.step(network(x, x), t, x).prev_sample
    return x


def own(solver: Callable[..., object]) -> Run:
    """Return a solver of ours on the peers' grid."""
    return lambda x, n: last(solver(network, x, karras(n, low=LOW, high=HIGH)))


dpmpp_2m = k_diffusion("sample_dpmpp_2m")
PAIRS: dict[str, tuple[Run, Run]] = {
    "euler / k-diffusion euler": (own(euler), k_diffusion("sample_euler")),
    "heun / k-diffusion heun": (own(heun), k_diffusion("sample_heun")),
    "multistep(2) / k-diffusion dpmpp_2m": (own(partial(multistep, order=2)), dpmpp_2m),
    "ancestral(2) / k-diffusion dpmpp_2m_sde": (
        own(partial(ancestral, order=2)),
        k_diffusion("sample_dpmpp_2m_sde"),
    ),
    "the default, order 3 / diffusers UniPC(3)": (default, unipc),
    "the default, order 3 / k-diffusion dpmpp_2m": (default, dpmpp_2m),
}


def main() -> Found:
    """Return microseconds a step and ratios, by shape."""
    tables: list[Table] = []
    ratios: list[Ratio] = []
    for shape, rounds in SHAPES.items():
        x = torch.randn([int(side) for side in shape.split("x")])
        jobs: dict[str, Callable[[], object]] = {
            f"{name} {i} {n}": partial(run, x, n)
            for name, pair in PAIRS.items()
            for i, run in enumerate(pair)
            for n in (SHORT, LONG)
        }
        for job in jobs.values():
            job()  # the first run of each fills caches
        taken = cpu_times(jobs, rounds=rounds)
        rows = {}
        for name in PAIRS:
            ours, theirs = (
                (taken[f"{name} {i} {LONG}"] - taken[f"{name} {i} {SHORT}"])
                / (LONG - SHORT)
                for i in (0, 1)
            )
            middle, low, high = np.quantile(ours / theirs, (0.5, 0.25, 0.75)).tolist()
            rows[name] = [1e6 * np.median(ours), 1e6 * np.median(theirs), middle]
            of = f"the middle half of {rounds} rounds"
            ratios.append(Ratio(f"{name}, {shape}", middle, low, high, of))
        title = f"A step around no network, {shape}"
        tables.append(table(title, ["", "ours, us", "peer, us", "ratio"], rows))
    return Found(tables, ratios)
