"""CPU time of a sampler's step beyond the network's, against peers of the same order.

The network is `x -> 0.1 x`. The time of a step is the difference of a long and a short
run over the difference of their steps, so that setting up does not count, less the time
of the network alone.
"""

from collections.abc import Callable
from functools import partial

import torch
from common import cpu_times, table
from peers import HIGH, LOW, k_diffusion
from torch import Tensor

from gendiff.exact.gaussian import Isotropic
from gendiff.grids import karras
from gendiff.record import last
from gendiff.sampling import sample
from gendiff.solvers.multistep import multistep
from gendiff.solvers.ode import euler, heun
from gendiff.solvers.sde import ancestral

SHAPES = {"1x2": 15, "1x3x32x32": 15, "64x3x32x32": 3}
"""Shapes, and rounds of each."""
SHORT, LONG = 10, 50
Run = Callable[[Tensor, int], object]


def network(x: Tensor, _: Tensor) -> Tensor:
    """Do as little as a network can."""
    return 0.1 * x


def peer(name: str) -> Run:
    """Return a sampler of k-diffusion."""

    def run(x: Tensor, n: int) -> object:
        sigmas = torch.tensor(karras(n, low=LOW, high=HIGH), dtype=x.dtype)
        return getattr(k_diffusion(), name)(network, x, sigmas, disable=True)

    return run


def default(x: Tensor, n: int) -> object:
    """Run the default sampler."""
    known = Isotropic(torch.zeros(()), 0.5)
    return last(sample(network, x, gaussian=known, evaluations=n))


def own(solver: Callable[..., object]) -> Run:
    """Return a solver of ours on the peers' grid."""
    return lambda x, n: last(solver(network, x, karras(n, low=LOW, high=HIGH)))


PAIRS: dict[str, tuple[Run, str]] = {
    "euler": (own(euler), "sample_euler"),
    "heun": (own(heun), "sample_heun"),
    "multistep(2)": (own(partial(multistep, order=2)), "sample_dpmpp_2m"),
    "the default": (default, "sample_dpmpp_2m"),
    "ancestral(2)": (own(partial(ancestral, order=2)), "sample_dpmpp_2m_sde"),
}
EVALUATIONS = {"heun": 2}


def main() -> None:
    """Print microseconds a step and ratios, by shape."""
    for shape, rounds in SHAPES.items():
        x = torch.randn([int(side) for side in shape.split("x")])
        jobs: dict[str, Callable[[], object]] = {}
        for name, (run, other) in PAIRS.items():
            for who, each in (("ours", run), ("peer", peer(other))):
                for n in (SHORT, LONG):
                    jobs[f"{name} {who} {n}"] = partial(each, x, n)
        jobs["network"] = lambda x=x: [network(x, x) for _ in range(100)]
        for job in jobs.values():
            job()  # the first run of each fills caches
        taken = cpu_times(jobs, rounds=rounds)
        rows = {}
        for name, (_, other) in PAIRS.items():
            steps = [
                (taken[f"{name} {who} {LONG}"] - taken[f"{name} {who} {SHORT}"])
                / (LONG - SHORT)
                - EVALUATIONS.get(name, 1) * taken["network"] / 100
                for who in ("ours", "peer")
            ]
            label = f"{name} against k-diffusion {other.removeprefix('sample_')}"
            rows[label] = [1e6 * steps[0], 1e6 * steps[1], steps[0] / steps[1]]
        columns = [f"overhead a step, {shape}", "ours, us", "peer, us", "ratio"]
        table("", columns, rows)
