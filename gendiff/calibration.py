"""A sampler made to measure, on a few hundred of a model's own trajectories.

The default sampler (`gendiff.sampling`) is told two moments of the data. If one model
is to be sampled often, with one small number of evaluations, more can be had: levels at
which looking pays off for this model, and weights of the velocities that carry its own
states on. Nothing is trained, and no gradient is taken.

- The *trajectories* are the model's own, by the default sampler with many evaluations.
- The *weights* of a step are a least-squares fit: what sum of the present state and the
  last velocities comes nearest to the states that the trajectories have at the step's
  end? The present states are those that the few steps reach, so that a step also mends
  what those before it missed.
- The *levels* are chosen among those of the trajectories, moving one at a time, as long
  as the ends come nearer to the trajectories' ends.

All of this is in the whitened coordinates of the default sampler, in which a Gaussian
stands still, and its first step, from infinite noise, is free here too::

    *_, found = calibrate(denoise, noise, gaussian=known, evaluations=8)
    save(found, "eight.json")
    x = last(follow(denoise, other_noise, load("eight.json"), gaussian=known))

References:
    Watson et al. (2021), arXiv:2106.03802 (levels chosen for a model). Zhou et al.
    (2023), arXiv:2312.00094 (steps fitted to trajectories). Tong et al. (2024),
    arXiv:2405.15506 (levels). Frankel et al. (2025), arXiv:2502.17423 (both in turn).
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import msgspec
import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.exact.gaussian import Diagonal
from gendiff.sampling import CLOCK, grid, sample, unit
from gendiff.solvers.adams import advance
from gendiff.types import Denoiser, Step, demand_signal, level

_DEPTH = 3
"""Velocities that a step is made of."""
_STRIDES = (8, 4, 2, 1)
"""How far a level moves at a time, in levels of the trajectories."""


@dataclass(frozen=True)
class Calibration:
    """Levels and weights of a sampler that was made for one model."""

    taus: tuple[float, ...]
    """Noise levels at which the model is called, in units of the data; they fall."""
    weights: tuple[tuple[float, ...], ...]
    """Of each step: the state's, then the velocities', the newest first."""

    def __post_init__(self) -> None:
        falls = all(a > b > 0 for a, b in zip(self.taus, self.taus[1:], strict=False))
        if not (self.taus and falls and len(self.taus) == len(self.weights)):
            raise ValueError(
                f"a calibration has levels {self.taus} and {len(self.weights)} steps; "
                "give one step for each level, and levels that fall and are positive"
            )


def save(found: Calibration, path: str | Path, /) -> None:
    """Write a calibration as JSON; its numbers come back bit for bit."""
    Path(path).write_bytes(msgspec.json.encode(found))


def load(path: str | Path, /) -> Calibration:
    """Read what `save` wrote.

    Raises:
        ValueError: If the file holds no calibration.
    """
    try:
        return msgspec.json.decode(Path(path).read_bytes(), type=Calibration)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{path} holds no calibration ({error}); calibrate") from error


def follow(
    denoise: Denoiser,
    noise: Float[Tensor, "b *s"],
    found: Calibration,
    /,
    *,
    gaussian: Diagonal,
) -> Iterator[Step]:
    """Turn white noise into samples, as calibrated; one evaluation for each level.

    Args:
        denoise: The denoiser that the calibration was made for.
        noise: Standard normal, of the shape of the data.
        found: Levels and weights.
        gaussian: What the calibration knew of the data.

    Raises:
        ValueError: If the noise holds whole numbers or the Gaussian has no variance.
    """
    demand_signal(noise, name="the noise")
    one = unit(gaussian)
    z = gaussian.rotate(noise).clone()
    past: deque[Tensor] = deque(maxlen=_DEPTH)
    for tau, following, weights in zip(
        found.taus, (*found.taus[1:], 0.0), found.weights, strict=True
    ):
        denoised, velocity = _velocity(denoise, z, tau, gaussian, one)
        past.appendleft(velocity)
        z = weights[0] * z
        advance(z, weights[1:], past)
        yield Step(gaussian.unwhiten(z, following * one), denoised, following * one)


def calibrate(
    denoise: Denoiser,
    noise: Float[Tensor, "b *s"],
    /,
    *,
    gaussian: Diagonal,
    evaluations: int,
    trajectory: int = 128,
) -> Iterator[Calibration]:
    """Yield better and better calibrations; the last is the best, and stopping is free.

    The first is the default sampler's levels with fitted weights. Each that follows
    brought the ends of the trajectories nearer. All in all the model is called about
    a hundred times `evaluations` on the whole batch, without gradients.

    Args:
        denoise: The denoiser.
        noise: Standard normal, some hundred signals: where the trajectories start.
        gaussian: What is known of the data, as for the default sampler.
        evaluations: How often the calibrated sampler will call the model.
        trajectory: Evaluations of the trajectories.

    Raises:
        ValueError: If `trajectory` is not at least twice `evaluations`, or as `sample`.
    """
    if trajectory < 2 * evaluations:
        raise ValueError(
            f"trajectories of {trajectory} evaluations can't teach {evaluations}; "
            "give them at least twice as many"
        )
    with torch.no_grad():
        best = _first(_Aims(denoise, noise, gaussian, trajectory), evaluations)
    yield best.calibration
    for stride in _STRIDES:
        improved = True
        while improved:
            improved = False
            for k, by in product(range(evaluations), (-stride, stride)):
                with torch.no_grad():
                    found = best.moved(k, by)
                if found is not None and found.error < best.error:
                    best, improved = found, True
                    yield best.calibration


class _Aims:
    """The model's trajectories: where its states are at every level."""

    def __init__(
        self, denoise: Denoiser, noise: Tensor, gaussian: Diagonal, trajectory: int
    ) -> None:
        self.denoise, self.gaussian, self.unit = denoise, gaussian, unit(gaussian)
        steps = sample(denoise, noise, gaussian=gaussian, evaluations=trajectory)
        self.start = gaussian.rotate(noise)
        self.states = [gaussian.whiten(step.x, step.level) for step in steps]
        self.taus = grid(trajectory)[1:]

    def velocity(self, z: Tensor, tau: float) -> Tensor:
        """Return `dz/dphi` of few steps' states, which costs an evaluation."""
        return _velocity(self.denoise, z, tau, self.gaussian, self.unit)[1]

    def error(self, z: Tensor) -> float:
        """Return the root mean square distance of ends."""
        gap = self.gaussian.unwhiten(z, 0.0) - self.gaussian.unwhiten(
            self.states[-1], 0.0
        )
        return float(gap.double().square().mean().sqrt())


@dataclass(frozen=True)
class _Fit:
    """Levels, and what has been found for them step by step."""

    aims: _Aims
    nodes: tuple[int, ...]
    """Which of the trajectories' levels."""
    states: Sequence[Tensor]
    """Before each step, and at the end."""
    velocities: Sequence[Tensor]
    weights: Sequence[tuple[float, ...]]

    @property
    def error(self) -> float:
        """How far the ends are from the trajectories'."""
        return self.aims.error(self.states[-1])

    @property
    def calibration(self) -> Calibration:
        """What is handed on."""
        taus = tuple(self.aims.taus[node] for node in self.nodes)
        return Calibration(taus, tuple(self.weights))

    def moved(self, k: int, by: int) -> "_Fit | None":
        """Return a fit with node `k` elsewhere, or None if it can't be there.

        What lies before it is as it was, and is not computed again.
        """
        nodes = list(self.nodes)
        nodes[k] += by
        low = nodes[k - 1] if k else -1
        high = nodes[k + 1] if k + 1 < len(nodes) else len(self.aims.taus) - 1
        if not low < nodes[k] < high:
            return None
        return _fit(
            self.aims,
            tuple(nodes),
            list(self.states[: max(k, 1)]),
            list(self.velocities[:k]),
            list(self.weights[: max(k - 1, 0)]),
        )


def _first(aims: _Aims, evaluations: int) -> _Fit:
    """Return a fit at the levels nearest to the default sampler's."""
    readings = CLOCK.forward(torch.tensor(aims.taus[:-1], dtype=torch.float64))
    wanted = CLOCK.forward(torch.tensor(grid(evaluations)[1:-1], dtype=torch.float64))
    nodes = (readings - wanted[:, None]).abs().argmin(1).tolist()
    return _fit(aims, tuple(nodes), [aims.start], [], [])


def _fit(
    aims: _Aims,
    nodes: tuple[int, ...],
    states: list[Tensor],
    velocities: list[Tensor],
    weights: list[tuple[float, ...]],
) -> _Fit:
    """Go on from the last state, fitting the weights of each step."""
    ends = [*nodes[1:], len(aims.taus) - 1]
    for i in range(len(weights), len(nodes)):
        z = states[i]
        if i == len(velocities):
            velocities.append(aims.velocity(z, aims.taus[nodes[i]]))
        parts = [z, *velocities[max(0, i + 1 - _DEPTH) : i + 1][::-1]]
        wanted = (aims.states[ends[i]] - z).double().flatten()
        columns = torch.stack([part.double().flatten() for part in parts], 1)
        change = torch.linalg.lstsq(columns.cpu(), wanted.cpu()[:, None]).solution
        weights.append((1 + float(change[0]), *change[1:, 0].tolist()))
        end = weights[i][0] * z
        advance(end, weights[i][1:], parts[1:])
        states.append(end)
    return _Fit(aims, nodes, states, velocities, weights)


def _velocity(
    denoise: Denoiser, z: Tensor, tau: float, gaussian: Diagonal, one: float
) -> tuple[Tensor, Tensor]:
    """Return what a state is denoised to, and the `dz/dphi` that follows."""
    sigma = tau * one
    denoised = denoise(gaussian.unwhiten(z, sigma), level(sigma))
    velocity = gaussian.velocity(denoised, z, sigma)
    return denoised, velocity.mul_(one * (1 + tau**2))
