r"""The exact model of embedded tokens in Gaussian noise, of a listed distribution.

Place `i` of a sequence is a vector, `z_i = e_(x_i) + sigma_i eps`, and what it was
depends on all places:

    p(x_i | z)  ~  sum over x with that token of  p(x) prod_j N(z_j; e_xj, sigma_j^2).

Without end, the noise of a place takes it out of the product, as a mask does.

References:
    Dieleman et al. (2022), arXiv:2211.15089, section 3.2 (what the network predicts).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.discrete.joint import Joint


@dataclass(frozen=True)
class Posterior:
    """Logits of the clean tokens of a joint, given noisy vectors.

    Raises:
        ValueError: If there is not one vector for each token of the joint.
    """

    joint: Joint
    table: Float[Tensor, "v d"]
    """The vector of each token."""

    def __post_init__(self) -> None:
        if len(self.table) != self.joint.vocabulary:
            raise ValueError(
                f"{len(self.table)} vectors; the distribution has "
                f"{self.joint.vocabulary} tokens"
            )

    def __call__(
        self, z: Float[Tensor, "b n d"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b n v"]:
        """Return `log p(x_i = k | z)`; levels are `()`, `(b,)` or `(b, n)`.

        Raises:
            ValueError: If there are not as many places as the distribution has.
        """
        batch, places, _ = z.shape
        if places != self.joint.places:
            raise ValueError(
                f"{places} places; the distribution has {self.joint.places}"
            )
        distance = (z[:, :, None] - self.table).square().sum(-1)
        level = sigma.to(z).reshape(*sigma.shape, *[1] * (3 - sigma.ndim))
        table = self.joint.log_probability
        for place, row in enumerate((-distance / (2 * level**2)).unbind(1)):
            after = [1] * (places - place - 1)
            table = table + row.reshape(batch, *[1] * place, -1, *after)
        others = [[j + 1 for j in range(places) if j != i] for i in range(places)]
        logs = [table.logsumexp(axes) if axes else table for axes in others]
        return torch.stack(logs, dim=1).log_softmax(-1)
