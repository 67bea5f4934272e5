"""What a code knows: principal subspaces and linear probes.

A *linear probe* asks how much of something a code makes linearly available: a linear
classifier (or a linear regression) is fitted on the codes of one half of the data and
judged on the other. It is the usual yardstick of representations, and a weak one on
purpose: what only a deep network can extract does not count.
"""

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.linalg import subspace_angles
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor


def principal_subspace(x: Float[Tensor, "b d"], k: int, /) -> Float[Tensor, "d {k}"]:
    """Return an orthonormal basis of the first `k` principal directions.

    Raises:
        ValueError: If the data have fewer than `k` directions.
    """
    if k > min(x.shape):
        raise ValueError(f"k={k} directions from data of shape {tuple(x.shape)}")
    _, _, right = torch.linalg.svd(x - x.mean(dim=0), full_matrices=False)
    return right[:k].T


def subspace_angle(a: Float[Tensor, "d k"], b: Float[Tensor, "d k"], /) -> float:
    """Return the largest principal angle between two column spaces, in radians.

    0 when they are the same, pi / 2 when one has a direction orthogonal to the other.

    References:
        Bjorck and Golub (1973), Numerical methods for computing angles between linear
        subspaces, Mathematics of Computation 27, theorem 1.
    """
    one, other = (np.asarray(m.detach().double().cpu()) for m in (a, b))
    return float(subspace_angles(one, other).max())


def probe_accuracy(
    code: Float[Tensor, "b h"],
    label: Int[Tensor, " b"],
    test_code: Float[Tensor, "n h"],
    test_label: Int[Tensor, " n"],
    /,
) -> float:
    """Return the fraction of test labels that logistic regression on codes finds."""
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
    fit, test = (np.asarray(c.detach().cpu()) for c in (code, test_code))
    probe.fit(fit, np.asarray(label.cpu()))
    return float(probe.score(test, np.asarray(test_label.cpu())))


def probe_determination(
    code: Float[Tensor, "b h"],
    value: Float[Tensor, "b k"],
    test_code: Float[Tensor, "n h"],
    test_value: Float[Tensor, "n k"],
    /,
) -> float:
    """Return the fraction of variance (R squared) that a ridge regression explains.

    Averaged over the coordinates of `value`; 0 for a code that knows nothing, negative
    for one that misleads.
    """
    probe = make_pipeline(StandardScaler(), Ridge())
    fit, test = (np.asarray(c.detach().cpu()) for c in (code, test_code))
    probe.fit(fit, np.asarray(value.cpu()))
    return float(probe.score(test, np.asarray(test_value.cpu())))
