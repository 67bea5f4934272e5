"""Classifier guidance: conditions from the gradient of a classifier.

Bayes' rule in scores, `grad log p(x | y) = grad log p(x) + grad log p(y | x)`, holds at
every noise level; as a denoiser, `D(x | y) = D(x) + sigma^2 grad log p(y | x)`. The
classifier must be one of *noisy* signals: `p(y | x)` at this noise level.

With a classifier of clean signals there is *universal* guidance: show it what the
denoiser predicts. Forward, `grad_x log p(y | D(x))` goes back through the denoiser;
backward, the prediction itself climbs `log p(y | x0)` a few steps. Both approximate:
the true `p(y | x)` is the mean of `p(y | x0)` over all `x0` that `x` may come from, not
its value at their mean. Nothing here is bound to classes: any differentiable
`log p(y | x)` will do, of a label, a number, an image.

References:
    Dhariwal and Nichol (2021), arXiv:2105.05233, section 4.
    Bansal et al. (2023), arXiv:2302.07121, algorithm 1.
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.derivatives import differentiating, pulled
from gendiff.guidance.contrast import demand_finite
from gendiff.types import (
    Denoiser,
    like,
)

Classify = Callable[[Tensor, Tensor], Tensor]
"""`(x, sigma) -> logits`: what class it is, seen through noise of that level."""

LogLikelihood = Callable[[Tensor, Tensor], Tensor]
"""`(x, sigma) -> log p(y | x)` up to a constant, one number a sample."""


@dataclass(frozen=True)
class Labelled:
    """The log-likelihood of given labels under a classifier: `log p(y | x)`.

    Raises:
        ValueError: If a label is negative.
    """

    classify: Classify
    labels: Int[Tensor, " b"]

    def __post_init__(self) -> None:
        if len(self.labels) and int(self.labels.min()) < 0:
            raise ValueError(
                f"label {int(self.labels.min())} is none; classes count from 0"
            )

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, " b"]:
        """Return the log-probability of each signal's label.

        Raises:
            ValueError: If there are not as many labels as signals, or a label is
                beyond the classifier's classes.
        """
        if len(self.labels) != len(x):
            raise ValueError(
                f"{len(self.labels)} labels for a batch of {len(x)}; give one for each "
                "signal"
            )
        log_p = self.classify(x, sigma).log_softmax(-1)
        if len(x) and int(self.labels.max()) >= log_p.shape[-1]:
            raise ValueError(
                f"label {int(self.labels.max())} for a classifier of "
                f"{log_p.shape[-1]} classes; it knows 0 to {log_p.shape[-1] - 1}"
            )
        return log_p.gather(-1, self.labels.to(x.device)[:, None])[:, 0]


@dataclass(frozen=True)
class ClassifierGuidance:
    """Condition a denoiser by the gradient of a noisy log-likelihood.

    `D(x) + scale * sigma^2 * grad log p(y | x)`. With the exact likelihood it's
    `Contrast(D(. | y), D, scale)`: at 1 both give the conditional denoiser, Bayes' rule
    without exaggeration, at 0 the unconditional one, at no cost. On a denoiser that is
    conditional already, a scale `w` amounts to the contrast's `1 + w`.

    Raises:
        ValueError: If `scale` is not finite.

    References:
        Dhariwal and Nichol (2021), arXiv:2105.05233, eq. 14.
    """

    denoise: Denoiser
    log_likelihood: LogLikelihood
    scale: float

    def __post_init__(self) -> None:
        demand_finite("guidance scale", self.scale)

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return `D(x) + scale * sigma^2 * grad log p(y | x)`."""
        denoised = self.denoise(x, sigma)
        if self.scale == 0:
            return denoised
        slope = likelihood_score(self.log_likelihood, x, sigma)
        return denoised + self.scale * like(sigma, x) ** 2 * slope


@dataclass(frozen=True)
class UniversalGuidance:
    """Condition a denoiser by a judge of clean signals: forward universal guidance.

    `D(x) + scale * sigma^2 * grad_x log p(y | D(x))`, where the gradient, by the chain
    rule `Cov[x0 | x] / sigma^2` times the judge's own at `D(x)`, is found by going back
    through the denoiser. An approximation, too strong where noise leaves much open.

    Raises:
        ValueError: If `scale` is not finite.

    References:
        Bansal et al. (2023), arXiv:2302.07121, eq. 6.
    """

    denoise: Denoiser
    log_likelihood: LogLikelihood
    """Asked about what the denoiser predicts, and told the level 0."""
    scale: float

    def __post_init__(self) -> None:
        demand_finite("guidance scale", self.scale)

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return `D(x) + scale * sigma^2 * grad log p(y | D(x))`."""
        if self.scale == 0:
            return self.denoise(x, sigma)
        kept: list[Tensor] = []

        def judged(x: Tensor, sigma: Tensor, /) -> Tensor:
            kept.append(self.denoise(x, sigma))
            return self.log_likelihood(kept[0], torch.zeros_like(sigma))

        slope = likelihood_score(judged, x, sigma)
        (denoised,) = kept
        if not (torch.is_grad_enabled() and x.requires_grad):
            denoised = denoised.detach()
        return denoised + self.scale * like(sigma, x) ** 2 * slope


@dataclass(frozen=True)
class BackwardGuidance:
    """Let the prediction climb `log p(y | x0)`: backward universal guidance.

    `steps` gradient steps from `D(x)`, each of `rate` times the judge's own gradient,
    with the denoiser left out of it: cheap, and blind to what signals look like.

    Raises:
        ValueError: If `steps` is negative or `rate` not finite.

    References:
        Bansal et al. (2023), arXiv:2302.07121, eqs. 7 to 9.
    """

    denoise: Denoiser
    log_likelihood: LogLikelihood
    """Asked about clean signals, and told the level 0."""
    steps: int
    """0 means no guidance."""
    rate: float

    def __post_init__(self) -> None:
        if self.steps < 0:
            raise ValueError(f"steps is {self.steps}; take 0 or more")
        demand_finite("rate", self.rate)

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return the prediction after its climb."""
        x0 = self.denoise(x, sigma)
        for _ in range(self.steps):
            slope = likelihood_score(self.log_likelihood, x0, torch.zeros_like(sigma))
            x0 = x0 + self.rate * slope
        return x0


def likelihood_score(
    log_likelihood: LogLikelihood,
    x: Float[Tensor, "b *s"],
    sigma: Float[Tensor, "..."],
    /,
) -> Float[Tensor, "b *s"]:
    """Return `grad_x log p(y | x)` of every sample, also where gradients are off.

    No graph outlives the call, and no parameter gets a gradient, unless `x` is part of
    a graph itself: then the gradient is differentiable in turn.

    Raises:
        ValueError: If the log-likelihood is not one number a sample, or no
            differentiable function of `x`, or `x` holds whole numbers.
    """
    nested = torch.is_grad_enabled() and x.requires_grad
    apart = nullcontext((x, sigma)) if nested else differentiating(x, sigma)
    with apart as (at, level):
        value = log_likelihood(at, level)
        if value.shape != x.shape[:1]:
            raise ValueError(
                f"the log-likelihood has shape {tuple(value.shape)} for a batch of "
                f"{len(x)}; return one number a sample"
            )
        if not value.requires_grad:
            raise ValueError(
                "the log-likelihood has no gradient in x; compute it from x by "
                "differentiable steps, outside torch.no_grad and without detach"
            )
        return pulled(value.sum(), at, differentiable=nested)
