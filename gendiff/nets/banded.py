"""A network for every band of noise levels: the opposite of sharing one.

Each network sees the samples whose number falls into its band, learns from nothing
else and shares nothing. This is what a composite denoising autoencoder does (Geras and
Sutton 2016), and the control for the claim that sharing is what made diffusion work.
"""

from collections.abc import Iterable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Banded(nn.Module):
    """Send each sample to the network of its band.

    Raises:
        ValueError: If the edges do not rise, or are not one fewer than the networks.
    """

    edges: Tensor

    def __init__(self, nets: Iterable[nn.Module], *, edges: Sequence[float]) -> None:
        super().__init__()
        self.nets = nn.ModuleList(nets)
        if list(edges) != sorted(set(edges)):
            raise ValueError(f"edges {list(edges)} must rise")
        if len(edges) != len(self.nets) - 1:
            raise ValueError(
                f"{len(edges)} edges make {len(edges) + 1} bands, but there are "
                f"{len(self.nets)} networks"
            )
        self.register_buffer("edges", torch.tensor(edges))

    def forward(
        self, x: Float[Tensor, "b *s"], noise: Float[Tensor, " b"], /, *given: Tensor
    ) -> Float[Tensor, "b *s"]:
        """Return the outputs, each sample's from the network of its band."""
        band = torch.bucketize(noise.to(self.edges), self.edges)
        out = torch.zeros_like(x)
        for index, net in enumerate(self.nets):
            rows = (band == index).nonzero()[:, 0]
            if len(rows):
                part = net(x[rows], noise[rows], *[value[rows] for value in given])
                out = out.index_put((rows,), part.to(out))
        return out
