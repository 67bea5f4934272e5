"""Held-out bits of digits, by flows and by diffusion models of several sizes.

Digits of 64 pixels come from a mixture whose entropy is known, and get a little noise,
so that their density is one in all directions. A flow says what they cost exactly, a
diffusion model by the probability flow.
"""

import math
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.clocks import LOG
from gendiff.data import shuffled
from gendiff.data.toys import digits64
from gendiff.exact import GaussianMixture
from gendiff.families.flow import negative_log_density, point_flow
from gendiff.levels import stratified, uniform
from gendiff.likelihood import log_density_estimate
from gendiff.nets import MLP
from gendiff.nets.size import count_parameters
from gendiff.noise import seeded
from gendiff.objectives import Objective, noise_weight
from gendiff.precondition import Preconditioned
from gendiff.studies.perspectives.sizes import Sized
from gendiff.studies.running import Running
from gendiff.training import Exponential, Plan
from gendiff.types import level

HAZE, HIGH = 0.02, 15.0
"""The least noise, which the digits have, and the most that a diffusion model sees."""
STD = 0.5
PIXELS = 64


@dataclass(frozen=True)
class Contest:
    """What both families are trained on, and for how long."""

    run: Running
    digits: GaussianMixture
    seen: Float[Tensor, "n 64"]
    """Without noise."""
    held: Float[Tensor, "m 64"]
    """With noise."""
    updates: int

    def flow(self, depth: int, width: int, /) -> Sized:
        """Return a flow's size, and its bits a pixel of each held-out digit."""
        haze = torch.randn(self.seen.shape, generator=self.run.generator("haze"))
        model = self.run.trained(
            partial(point_flow, PIXELS, depth=depth, width=width),
            negative_log_density,
            shuffled(self.seen + HAZE * haze, size=128),
            self._plan(1e-2, 0),
            label=f"flow of {depth} layers",
        ).cpu()
        with torch.no_grad():
            found = model.log_density(self.held.float())
        return Sized(count_parameters(model), in_bits(found))

    def diffusion(self, width: int, rate: float, /, *, number: int = 0) -> Sized:
        """Return the same of a diffusion model, trained at a rate; others by number."""
        levels = stratified(uniform(LOG, low=HAZE, high=HIGH))
        model = self.run.trained(
            partial(denoiser, width),
            Objective(levels, noise_weight),
            shuffled(self.seen, size=128),
            self._plan(rate, number),
            label=f"diffusion of width {width}",
        ).cpu()
        found = log_density_estimate(
            model, self.held, gaussian=self.digits.moments(), low=HAZE, high=HIGH,
            tolerance=1e-3, probes=4, noise=seeded(self.run.generator("probes")),
        )  # fmt: skip
        return Sized(count_parameters(model), in_bits(torch.as_tensor(found.value)))

    def entropy(self) -> float:
        """Return the mean bits that no model gets below."""
        found = self.digits.log_density(self.held, level(HAZE))
        return float(in_bits(found).mean())

    def _plan(self, rate: float, number: int) -> Plan:
        return Plan(
            steps=self.updates,
            learning_rate=rate,
            average=Exponential(0.99),
            seed=number,
        )


def contest(run: Running, /, *, seen: int, held: int, updates: int) -> Contest:
    """Draw digits for training, and others to be held against."""
    digits = digits64()
    out = digits.sample(held, run.generator("held out"))
    haze = torch.randn(out.shape, generator=run.generator("held haze"), dtype=out.dtype)
    many = digits.sample(seen, run.generator("digits")).float()
    return Contest(run, digits, many, out + HAZE * haze, updates)


def denoiser(width: int, /) -> Preconditioned:
    """Return a fresh denoiser of digits as points."""
    return Preconditioned(MLP(PIXELS, width, 3), data_std=STD)


def in_bits(nats: Float[Tensor, " n"], /) -> Float[Tensor, " n"]:
    """Return bits a pixel, given log-densities."""
    return -nats / (PIXELS * math.log(2))
