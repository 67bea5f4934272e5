"""Typical sets: how samples look, which the most likely point doesn't.

All of it is about one number a sample has, its *surprisal* `-log p(x)`, and about the
distribution of that number when `x` is drawn from `p`. Its mean is the entropy. A
sample is typical if its surprisal is near the mean; the mode has the least surprisal
there is, and in many dimensions that is nowhere near.

Surprisals, entropies and epsilons are in nats; ten bits are
`10 * BIT` of `gendiff.discrete.surprisal`.
"""

from .annulus import Chi as Chi, StandardGaussian as StandardGaussian
from .detection import (
    DensityOfStates as DensityOfStates,
    TypicalityTest as TypicalityTest,
    auroc as auroc,
    fit_typicality as fit_typicality,
)
from .mirage import Mirage as Mirage
from .sampled import Sampled as Sampled
