r"""How little error so many bits allow, and what a list of means makes of them.

For Gaussian data of variances `v_k`, rate-distortion theory pours water into them: at a
water level `w` the components below it are dropped, the others keep an error of `w`,
which takes `sum_k max(0, log2(v_k / w)) / 2` bits.

References:
    Cover and Thomas (2006), Elements of information theory, section 10.3.3.
"""

import torch
from jaxtyping import Float
from sklearn.cluster import KMeans
from torch import Tensor

from gendiff.families.vq import perplexity


def least_error(
    x: Float[Tensor, "n d"], /, *, count: int = 400
) -> tuple[Float[Tensor, " {count}"], Float[Tensor, " {count}"]]:
    """Return bits, and the least error for Gaussian data of the covariance of `x`.

    The error is a fraction of the variance; there are `count` water levels.
    """
    variances = torch.linalg.eigvalsh(x.T.cov().double()).clamp(min=1e-12)
    water = torch.logspace(-3, 2, count, dtype=torch.float64)[:, None]
    bits = (0.5 * (variances / water).clamp(min=1).log2()).sum(1)
    return bits, torch.minimum(variances, water).sum(1) / variances.sum()


def means(
    seen: Float[Tensor, "n d"], new: Float[Tensor, "m d"], count: int, /
) -> tuple[float, float]:
    """Return what k-means makes of new points: error / power, and entries in use."""
    once = KMeans(count, n_init=1, random_state=0)  # pyright: ignore[reportArgumentType]  # scikit-learn's default is a text, its numbers are untyped
    found = once.fit(seen.numpy())
    chosen = torch.from_numpy(found.predict(new.numpy())).long()
    nearest = torch.from_numpy(found.cluster_centers_)[chosen]
    return relative_error(nearest, new), perplexity(chosen, count)


def relative_error(
    found: Float[Tensor, "n d"], truth: Float[Tensor, "n d"], /
) -> float:
    """Return the squared error as a fraction of the mean square of the truth."""
    return float((found - truth).square().mean() / truth.square().mean())
