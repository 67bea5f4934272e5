r"""The typical set, and the distribution of the surprisal, which answers for it.

With the surprisal `s(x) = -log p(x)` and the entropy `H = E s(x)`,

    typical set   T_eps = {x : |s(x) - H| <= eps}
    its mass      P(T_eps) = P(H - eps <= s(x) <= H + eps).

The width `eps` is a total, in nats, for the whole of `x` and not for each dimension.
Whatever the space of `x`, the mass is a question about one random number. Coins,
chains, Gaussians and learnt models differ in how its distribution is found: exactly,
between bounds, or from samples with an error bar.

References:
    Shannon (1948), A mathematical theory of communication, theorem 3.
    Cover and Thomas (2006), Elements of information theory, chapter 3.
"""

import math
from abc import ABC, abstractmethod

import torch
from jaxtyping import Bool, Float
from torch import Tensor

BIT = math.log(2.0)
"""One bit, in nats."""
TIE = 1e-9
"""A surprisal so close to the edge of a typical set, relatively, lies on it."""


def is_typical(
    surprisal: Float[Tensor, "*b"], entropy: float, epsilon: float, /
) -> Bool[Tensor, "*b"]:
    """Tell which samples lie in the typical set, edges included.

    Raises:
        ValueError: If `epsilon` is not positive.
    """
    if not epsilon > 0:
        raise ValueError(f"epsilon is {epsilon}; a typical set has a positive width")
    slack = TIE * (1 + abs(entropy) + epsilon)
    return (surprisal - entropy).abs() <= epsilon + slack


class Surprisal(ABC):
    """The distribution of `-log p(x)` for `x` drawn from `p`."""

    @property
    @abstractmethod
    def entropy(self) -> float:
        """Its mean, in nats."""

    @property
    @abstractmethod
    def least(self) -> float:
        """The surprisal of the mode; `-inf` where the density is unbounded."""

    @abstractmethod
    def mass(self, epsilon: Float[Tensor, "*n"], /) -> Float[Tensor, "*n"]:
        """Return the probability of each typical set `|s - H| <= epsilon`."""

    def holding(self, share: float, /) -> float:
        """Return the smallest `epsilon` whose typical set has at least this mass.

        Raises:
            ValueError: If the share is not between 0 and 1.
        """
        between(share)
        low, high = 0.0, 1.0
        while self._holds(high) < share:
            low, high = high, 2 * high
        while high - low > 1e-12 * (1 + high):
            middle = (low + high) / 2
            low, high = (
                (low, middle) if self._holds(middle) >= share else (middle, high)
            )
        return high

    def _holds(self, epsilon: float) -> float:
        return float(self.mass(torch.tensor(epsilon, dtype=torch.float64)))


def between(share: float, /) -> None:
    """Refuse what is no fraction of the mass.

    Raises:
        ValueError: If it is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise ValueError(f"share is {share}; give a probability between 0 and 1")
