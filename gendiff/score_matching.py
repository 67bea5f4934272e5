"""Score matching: four losses, one minimiser.

All four are made to bring a model `s(x)` near the score of a density `p`. They differ
in what must be known to compute them, and by constants that don't depend on `s`:

============  =======================================  =============================
loss          formula                                  needs
============  =======================================  =============================
`explicit`    `|s(x) - score(x)|^2`                    the score that is looked for
`implicit`    `|s(x)|^2 + 2 div s(x)`                  samples, `d` passes a sample
`sliced`      `(v.s(x))^2 + 2 v.(ds/dx v)`             samples, a pass with random v
`denoising`   `|s(x0 + sigma eps) + eps / sigma|^2`    samples, one level of noise
============  =======================================  =============================

By parts, `E[s.score] = -E[div s]`; so the implicit loss is the explicit one less
`E|score|^2`. Directions with `E[v v^T] = 1` turn squares and traces into their
averages; so the sliced loss has the implicit one's mean. The denoising loss is the
explicit one for the density of **data plus noise**, whose score is the posterior mean
of `-eps / sigma`; it lies above by the variance of what is averaged, which is
`d / sigma^2 - E|score|^2`. For the clean density that would not be true.

Each loss is a sum over dimensions, of each sample; the model is a function of `x` at
one noise level, such as `functools.partial(data.score, sigma=level(0.5))`. Diffusion
models are trained by the last loss at all levels, see `gendiff.objectives`: with
`s = (D - x) / sigma^2` it is the denoiser's squared error over `sigma^4`.

References:
    Hyvarinen (2005), JMLR 6, theorem 1 (implicit).
    Vincent (2011), Neural Computation 23(7), section 4 (denoising).
    Song et al. (2019), arXiv:1905.07088, eq. 7 (sliced; half of it).
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.derivatives import divergence, pushed
from gendiff.noise import noised
from gendiff.types import like

Score = Callable[[Tensor], Tensor]
"""A model of the gradient of a log-density, at one noise level."""


def explicit(
    score: Score, x: Float[Tensor, "b *s"], target: Float[Tensor, "b *s"], /
) -> Float[Tensor, " b"]:
    """Return `|s(x) - target|^2`, for a score that is known."""
    return _sum((score(x) - target) ** 2)


def implicit(score: Score, x: Float[Tensor, "b *s"], /) -> Float[Tensor, " b"]:
    """Return `|s(x)|^2 + 2 div s(x)`, with the exact divergence.

    References:
        Hyvarinen (2005), JMLR 6, theorem 1 (times 2).
    """
    return _sum(score(x) ** 2) + 2 * divergence(score, x)


def sliced(
    score: Score, x: Float[Tensor, "b *s"], v: Float[Tensor, "b *s"], /
) -> Float[Tensor, " b"]:
    """Return `(v.s(x))^2 + 2 v.(ds/dx v)`, along one direction a sample.

    Args:
        score: The model.
        x: Samples.
        v: Random directions with `E[v v^T] = 1`: normal noise, or its signs.

    References:
        Song et al. (2019), arXiv:1905.07088, eq. 7 (times 2).
    """
    s, along = pushed(score, (x,), (v,))
    return _sum(v * s) ** 2 + 2 * _sum(v * along)


def denoising(
    score: Score,
    x0: Float[Tensor, "b *s"],
    sigma: Float[Tensor, "..."],
    eps: Float[Tensor, "b *s"],
    /,
) -> Float[Tensor, " b"]:
    """Return `|s(x) - score of p(x | x0)|^2` at `x = x0 + sigma eps`.

    The conditional score is `(x0 - x) / sigma^2 = -eps / sigma`.

    References:
        Vincent (2011), Neural Computation 23(7), eq. 11.
    """
    return explicit(score, noised(x0, sigma, eps), -eps / like(sigma, x0))


def _sum(each: Float[Tensor, "b *s"]) -> Float[Tensor, " b"]:
    return torch.flatten(each, 1).sum(1)
