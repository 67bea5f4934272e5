"""Averages of weights over training, which sample better than the last weights do.

The weights of step `i` (counted from 1) enter an average that lives beside the network,

    average <- decay(i) * average + (1 - decay(i)) * weights.

The function `decay` is the *profile*. `Exponential` forgets at a constant rate and is
blind to how long the run is; `Power` keeps the fraction of the run it averages over,

    decay(i) = (1 - 1/i)^(g + 1),   weights of step i count as i^(g+1) - (i-1)^(g+1),

so the same setting serves 100 steps and 100,000. An exponential average needs a warm-up
lest the initial weights linger; the usual one, `min(rate, i / (9 + i))`, is close to
the power profile `g = 8` until it reaches its rate.

Profiles of the power family can also be chosen after training: `synthesise` solves for
the combination of stored averages that lies nearest the wanted one.

References:
    Karras et al. (2024), arXiv:2312.02696, section 3 and appendix C.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

Profile = Callable[[int], float]
"""The fraction of the average that step `i = 1, 2, ...` keeps; 0 starts afresh."""


@dataclass(frozen=True)
class Exponential:
    """Forget with a constant `rate`, after a warm-up.

    Raises:
        ValueError: Unless `0 <= rate < 1`.
    """

    rate: float
    """A weight counts half after `log 2 / (1 - rate)` steps."""

    def __post_init__(self) -> None:
        if not 0 <= self.rate < 1:
            raise ValueError(f"rate is {self.rate}; give one in [0, 1), such as 0.999")

    def __call__(self, step: int, /) -> float:
        """Return `min(rate, i / (9 + i))`."""
        return min(self.rate, step / (9 + step))


@dataclass(frozen=True)
class Power:
    """Average over a fixed fraction of the run so far.

    Raises:
        ValueError: Unless `0 < std < 12^(-1/2)`, the width of the plain average.

    References:
        Karras et al. (2024), arXiv:2312.02696, eq. 123, 126 and 127.
    """

    std: float
    """Width of the profile over the length of the run; 0.05 to 0.1 is usual."""

    def __post_init__(self) -> None:
        if not 0 < self.std < 12**-0.5:
            raise ValueError(
                f"std is {self.std}; give a fraction of the run in (0, 0.288)"
            )

    @cached_property
    def exponent(self) -> float:
        """The `g` with `sqrt(g + 1) / ((g + 2) sqrt(g + 3)) = std`."""
        t = self.std**-2
        return float(np.roots([1, 7, 16 - t, 12 - t]).real.max())

    def __call__(self, step: int, /) -> float:
        """Return `(1 - 1/i)^(g + 1)`."""
        return (1 - 1 / step) ** (self.exponent + 1)


class Average:
    """A copy of a network whose weights are averages.

    Parameters are averaged; buffers (statistics, tables) are copied, since an average
    of them means nothing.
    """

    def __init__(self, model: nn.Module, /) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(requires_grad=False)
        self._kept: list[Tensor] = list(self.model.parameters())
        self._buffers = list(self.model.buffers())
        self._source: tuple[nn.Module, list[Tensor]] | None = None

    def __getstate__(self) -> dict[str, Any]:
        # The network that is averaged is another's: it isn't copied or pickled along.
        return {**vars(self), "_source": None}

    @torch.no_grad()
    def update(self, model: nn.Module, decay: float, /) -> None:
        """Keep the fraction `decay` of the average and take the rest from `model`."""
        if self._source is None or self._source[0] is not model:
            # Walking the modules costs more than the arithmetic of a small network.
            self._source = model, [*model.parameters()]
        # `get_ema_multi_avg_fn` wraps this call, and builds the wrapper every time.
        lerp = torch._foreach_lerp_  # pyright: ignore[reportPrivateUsage, reportPrivateImportUsage]
        lerp(self._kept, self._source[1], 1 - decay)
        if self._buffers:  # looked up anew: a layer may have put another in its place
            for own, buffer in zip(self._buffers, model.buffers(), strict=True):
                own.copy_(buffer)


@dataclass(frozen=True)
class Snapshot:
    """The average of a `Power` profile, stored at one step of a run."""

    profile: Power
    step: int
    weights: dict[str, Tensor]


def synthesise(
    snapshots: Sequence[Snapshot], wanted: Power, *, step: int
) -> dict[str, Tensor]:
    """Return the average that `wanted` would have had at `step`, from stored ones.

    Every stored average is the weights of the run times a known profile, so the
    combination whose profile is nearest the wanted one in least squares is known too.
    Snapshots of two widths, some twenty of each, make the difference small.

    Raises:
        ValueError: If there is no snapshot, or none as late as `step`.

    References:
        Karras et al. (2024), arXiv:2312.02696, section 3.2 and appendix C.3 (there with
        the inner products of continuous profiles; here with the profiles themselves,
        which are exact and better conditioned).
    """
    if not snapshots or max(s.step for s in snapshots) < step:
        stored = sorted({s.step for s in snapshots})
        raise ValueError(
            f"step {step} lies beyond the snapshots, {stored}; store later"
        )
    length = max(s.step for s in snapshots)
    columns = [profile_weights(s.profile, s.step, length) for s in snapshots]
    target = profile_weights(wanted, step, length)
    # Columns near to parallel: SVD and no normal equations.
    mix = torch.linalg.lstsq(torch.stack(columns, 1), target[:, None], driver="gelsd")
    shares = mix.solution[:, 0].tolist()
    mixed: dict[str, Tensor] = {}
    for name, first in snapshots[0].weights.items():
        total = torch.zeros_like(first, dtype=torch.float64)
        for share, snapshot in zip(shares, snapshots, strict=True):
            total += share * snapshot.weights[name].double()
        mixed[name] = total.to(first)
    return mixed


def profile_weights(profile: Power, step: int, length: int) -> Float[Tensor, " n"]:
    """Return how much each of `length` steps counts in the average stored at `step`."""
    ends = (torch.arange(length + 1, dtype=torch.float64) / step).clamp(max=1)
    return (ends ** (profile.exponent + 1)).diff()
