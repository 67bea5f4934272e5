"""How much of a set's variety is that of what was asked for, and how much is within.

If images vary because their captions do, whoever varies the captions varies the images,
whatever a guide has done to each. `between` is the fraction of the variance of the
judge's features that lies between captions (the correlation ratio of the analysis of
variance), and `recall_within` the recall of images of one caption by samples of it.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.metrics.neighbours import recall
from gendiff.studies.guidance.digit_sets import NEIGHBOUR, Judged


def between(features: Float[Tensor, "n d"], labels: Int[Tensor, " n"], /) -> float:
    """Return the fraction of the variance that is one of the means of the labels."""
    centred = features.double() - features.double().mean(0)
    kinds, which = labels.unique(return_inverse=True)
    member = torch.nn.functional.one_hot(which, len(kinds)).double()
    means = (member.T @ centred) / member.sum(0)[:, None]
    return float(means[which].square().sum() / centred.square().sum())


def recall_within(found: Judged, /) -> float:
    """Return the recall of real images of one label by its samples, averaged.

    Labels with too few samples for a neighbourhood are left out.

    Raises:
        ValueError: If that leaves no label.
    """
    ruler, parts = found.ruler, []
    for label in ruler.labels.unique():
        samples = found.seen.features[found.labels == label]
        if len(samples) > NEIGHBOUR:
            reals = ruler.features[ruler.labels == label]
            parts.append(recall(samples, reals, k=NEIGHBOUR))
    if not parts:
        raise ValueError(f"no label has more than {NEIGHBOUR} samples; draw more")
    return math.fsum(parts) / len(parts)
