"""A small convolutional classifier, also for noisy signals.

Trained on clean signals it judges samples: its logits give an accuracy, the averaged
features before them a space in which to compare sets of samples. Trained on noisy ones,
told how noisy, it can guide a diffusion model.
"""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from gendiff.nets.layers import (
    Block,
    Embedding,
    convolution,
    demand_divisible,
    group_norm,
    halve,
)


class Classifier(nn.Module):
    """Map a signal to the logits of `classes`.

    With `embedding > 0` it also takes a number a sample, such as the noise level, and
    modulates its blocks by an embedding of that width.
    """

    def __init__(
        self,
        channels: int,
        classes: int,
        *,
        widths: Sequence[int] = (32, 64, 128),
        embedding: int = 0,
        ndim: int = 2,
    ) -> None:
        super().__init__()
        self.multiple = 2 ** (len(widths) - 1)
        self.embed = Embedding(embedding) if embedding else None
        self.stem = convolution(channels, widths[0], ndim=ndim)
        self.blocks = nn.ModuleList(
            Block(a, b, embedding=embedding, ndim=ndim)
            for a, b in zip([widths[0], *widths[:-1]], widths, strict=True)
        )
        self.norm = group_norm(widths[-1])
        self.last = nn.Linear(widths[-1], classes)

    def features(
        self, x: Float[Tensor, "b c *s"], noise: Float[Tensor, " b"] | None = None, /
    ) -> Float[Tensor, "b f"]:
        """Return the channels of the last block, averaged over the signal.

        Raises:
            ValueError: If `noise` is given to a classifier built without an embedding,
                or missing from one built with it, or if the size cannot be halved.
        """
        if self.embed is None and noise is not None:
            raise ValueError(
                "noise was given to a classifier of clean signals; build it with "
                "embedding=64 or so"
            )
        if self.embed is not None and noise is None:
            raise ValueError(
                "this classifier was built with an embedding and must be told the noise"
            )
        demand_divisible(x, self.multiple)
        embedding = None if self.embed is None else self.embed(noise)
        h = self.stem(x)
        for index, block in enumerate(self.blocks):
            h = block(halve(h) if index else h, embedding)
        return functional.silu(self.norm(h)).mean(dim=tuple(range(2, h.ndim)))

    def forward(
        self, x: Float[Tensor, "b c *s"], noise: Float[Tensor, " b"] | None = None, /
    ) -> Float[Tensor, "b k"]:
        """Return the logits of each class."""
        return self.last(self.features(x, noise))
