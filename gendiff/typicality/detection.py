r"""Is this input in distribution? Three answers, and a yardstick.

Each detector turns an input, or a batch of `m` inputs from one source, into a score
that is larger the less it fits:

    likelihood         s = -log p(x)
    typicality         |mean of s - H|
    density of states  -sum_j log q_j(t_j(x)),

where `q_j` is the density that the statistic `t_j` has over data. The first takes
whatever is likelier than data for data. The second asks for the surprisal that data
*have*. The third asks it of any statistics, the surprisal among them, and so can tell
apart what has the right surprisal for the wrong reason.

References:
    Nalisnick et al. (2019), arXiv:1906.02994, section 3 (typicality, bootstrap).
    Morningstar et al. (2020), arXiv:2006.09273, section 3 (density of states).
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from sklearn.metrics import roc_auc_score
from torch import Tensor


def auroc(inside: Float[Tensor, " n"], outside: Float[Tensor, " m"], /) -> float:
    """Return the probability that an outsider scores higher; a tie counts one half.

    The area under the receiver operating characteristic: 1 is perfect detection, 1/2 is
    a toss-up, and 0 is perfectly wrong.
    """
    label = torch.cat([torch.zeros(len(inside)), torch.ones(len(outside))])
    scores = torch.cat([inside, outside])
    return float(roc_auc_score(label.numpy(), scores.numpy()))


@dataclass(frozen=True)
class TypicalityTest:
    """Reject a batch whose mean surprisal is too far from the entropy."""

    entropy: float
    threshold: float
    """The largest distance that is accepted; fitted to one size of batch."""

    def score(self, surprisal: Float[Tensor, "b m"], /) -> Float[Tensor, " b"]:
        """Return the distance of every batch's mean surprisal from the entropy."""
        return (surprisal.mean(1) - self.entropy).abs()

    def rejects(self, surprisal: Float[Tensor, "b m"], /) -> Bool[Tensor, " b"]:
        """Tell which batches are taken for foreign."""
        return self.score(surprisal) > self.threshold


_DRAWN = 2_000
"""Batches whose distances a threshold is read from."""


def fit_typicality(
    surprisal: Float[Tensor, " n"],
    held_out: Float[Tensor, " k"],
    generator: torch.Generator,
    /,
    *,
    size: int = 1,
    level: float = 0.05,
) -> TypicalityTest:
    """Fit the entropy to some data, and the threshold to batches of others.

    Batches of the held-out data are drawn with replacement; the threshold is what a
    share `level` of them exceeds: the rate of false alarms.

    Args:
        surprisal: Of training data, for the entropy.
        held_out: Surprisals of data that the model was not fitted to.
        generator: Draws the batches.
        size: How many inputs are in a batch.
        level: The rate of false alarms.

    Raises:
        ValueError: If `size` is below 1 or `level` not between 0 and 1.

    References:
        Nalisnick et al. (2019), arXiv:1906.02994, algorithm 1.
    """
    if size < 1 or not 0 < level < 1:
        raise ValueError(
            f"batches of {size} at level {level}; give a size from 1 and a level "
            "between 0 and 1"
        )
    entropy = float(surprisal.double().mean())
    drawn = torch.randint(len(held_out), (_DRAWN, size), generator=generator)
    test = TypicalityTest(entropy, math.inf)
    distances = test.score(held_out.double()[drawn])
    return TypicalityTest(entropy, float(distances.quantile(1 - level)))


@dataclass(frozen=True)
class DensityOfStates:
    """How rare the statistics of an input are among those of data.

    One kernel density estimate a statistic, as if they were independent: Gaussian
    kernels of the width that is best for Gaussian data (Silverman 1986, eq. 3.28).

    Raises:
        ValueError: If a statistic does not vary over the data.
    """

    data: Float[Tensor, "n j"]

    def __post_init__(self) -> None:
        if not (self.data.std(0) > 0).all():
            raise ValueError(
                "a statistic is the same for all data and has no density; leave it out"
            )

    @property
    def width(self) -> Float[Tensor, " j"]:
        """The kernels' standard deviation."""
        return 1.06 * self.data.double().std(0) * len(self.data) ** -0.2

    def score(self, statistics: Float[Tensor, "b j"], /) -> Float[Tensor, " b"]:
        """Return minus the sum of the statistics' log-densities."""
        total = torch.zeros(len(statistics), dtype=torch.float64)
        for data, seen, width in zip(
            self.data.double().unbind(1),
            statistics.double().unbind(1),
            self.width,
            strict=True,
        ):
            square = ((seen[:, None] - data) / width) ** 2
            density = torch.logsumexp(-square / 2, 1) - (width * len(data)).log()
            total = total - density + math.log(math.tau) / 2
        return total
