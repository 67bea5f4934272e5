"""The parts that several networks share.

A network that serves all noise levels must be told which one it faces. One scalar among
hundreds of inputs is easily overlooked, so it is spread over sines and cosines of
geometrically spaced frequencies, `Fourier features`, from which a linear layer can read
coarse and fine differences alike. The resulting embedding modulates every normalised
layer by a scale and a shift (FiLM, adaptive group norm).

Convolutional parts come for signals with one or two axes, `ndim` in the code.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

Layer = TypeVar("Layer", bound=nn.Module)

FEATURES = 64
"""Fourier features of a scalar: enough for a smooth function of it."""

TOP_FREQUENCY = 64.0
"""In radians a unit: the finest difference of log(sigma) / 4 that is worth telling."""


def fourier_features(
    value: Float[Tensor, " b"], /, *, features: int = FEATURES
) -> Float[Tensor, "b {features}"]:
    """Return the cosines and sines of `value` at frequencies from 1 to 64.

    Computed in float32 at least: at the top frequency the 8 bits of a bfloat16 would
    leave nothing of the phase.

    Raises:
        ValueError: If `features` is not even.

    References:
        Tancik et al. (2020), arXiv:2006.10739, section 5.
    """
    if features % 2:
        raise ValueError(f"features={features}: cosines and sines need an even number")
    value = value.to(torch.promote_types(value.dtype, torch.float32))
    octaves = torch.linspace(
        0,
        math.log(TOP_FREQUENCY),
        features // 2,
        dtype=value.dtype,
        device=value.device,
    )
    angle = torch.outer(value, octaves.exp())
    return torch.cat([angle.cos(), angle.sin()], dim=1)


class Embedding(nn.Module):
    """Embed a scalar and, where there are classes, one label or several.

    `classes` counts the values of the label, or of each label. The value after the
    last one means "unknown"; leaving the labels out means just that of all of them.
    """

    def __init__(self, width: int, *, classes: int | Sequence[int] = 0) -> None:
        super().__init__()
        counts = (classes,) if isinstance(classes, int) else tuple(classes)
        self.classes = tuple(count for count in counts if count)
        self.linear = nn.Linear(FEATURES, width)
        self.tables = nn.ModuleList(
            nn.Embedding(count + 1, width) for count in self.classes
        )

    def forward(
        self,
        value: Float[Tensor, " b"],
        label: Int[Tensor, "n *labels"] | None = None,
        /,
    ) -> Float[Tensor, "b e"]:
        """Return an embedding, ready to enter linear layers.

        Raises:
            ValueError: If there are more or fewer labels than the network was built
                for, or not as many as signals.
        """
        features = fourier_features(value).to(self.linear.weight.dtype)
        embedding = self.linear(features)
        labels = told(label, self.classes, len(value), value.device)
        for table, which in zip(self.tables, labels, strict=True):
            embedding = embedding + table(which)
        return functional.silu(embedding)


def told(
    label: Int[Tensor, "n *labels"] | None,
    classes: Sequence[int],
    b: int,
    device: torch.device,
    /,
) -> tuple[Int[Tensor, " {b}"], ...]:
    """Return the labels of `b` signals, a tensor for each kind.

    `classes` counts the values of each kind. A single label is that of all signals, and
    none means "unknown", the value after the last.

    Raises:
        ValueError: If there is not a label of every kind for each signal.
    """
    if label is None:
        return tuple(torch.full((b,), unknown, device=device) for unknown in classes)
    if len(label) == 1:
        label = label.expand(b, *label.shape[1:])
    kinds = len(classes)
    if not kinds:
        raise ValueError(
            "a label was given to a network without classes; build it with "
            "classes=the number of classes"
        )
    if label.shape not in {(b,), (b, kinds)} or (label.ndim == 1 and kinds > 1):
        wanted = f"({b},)" if kinds == 1 else f"({b}, {kinds})"
        raise ValueError(
            f"labels of shape {tuple(label.shape)} for a batch of {b}; give one of "
            f"each kind a sample, shape {wanted}"
        )
    return label.reshape(b, kinds).unbind(1)


def perceptron(
    widths: Sequence[int], /, *, activation: type[nn.Module] = nn.SiLU
) -> nn.Sequential:
    """Return linear layers between `widths`, with the activation between them.

    >>> [type(layer).__name__ for layer in perceptron([2, 8, 1])]
    ['Linear', 'SiLU', 'Linear']
    """
    layers: list[nn.Module] = []
    for width, following in pairwise(widths):
        layers += [nn.Linear(width, following), activation()]
    return nn.Sequential(*layers[:-1])


def zeroed(layer: Layer, /) -> Layer:
    """Return the layer with its weights and bias set to zero.

    A residual branch that ends in one starts as the identity, a network as zero.
    """
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


def convolution(
    into: int, out: int, /, *, ndim: int, size: int = 3
) -> nn.Conv1d | nn.Conv2d:
    """Return a convolution over `ndim` axes that keeps the size.

    Raises:
        ValueError: If `ndim` is neither 1 nor 2.
    """
    if ndim == 1:
        return nn.Conv1d(into, out, size, padding=size // 2)
    if ndim == 2:
        return nn.Conv2d(into, out, size, padding=size // 2)
    raise ValueError(f"ndim={ndim}: signals here have 1 or 2 axes")


def group_norm(channels: int, /, *, affine: bool = True) -> nn.GroupNorm:
    """Return a group norm of 8 groups, or fewer where 8 does not divide `channels`."""
    return nn.GroupNorm(math.gcd(8, channels), channels, affine=affine)


def halve(x: Float[Tensor, "b c *s"], /) -> Float[Tensor, "b c *half"]:
    """Average pairs of neighbours along every signal axis."""
    pool = functional.avg_pool1d if x.ndim == 3 else functional.avg_pool2d
    return pool(x, 2)


def double(x: Float[Tensor, "b c *s"], /) -> Float[Tensor, "b c *double"]:
    """Repeat every value along every signal axis."""
    return functional.interpolate(x, scale_factor=2.0)


def patchify(x: Float[Tensor, "b c *s"], patch: int, /) -> Float[Tensor, "b cp *sp"]:
    """Fold patches of the signal into channels: nothing is lost, the axes shrink."""
    if patch == 1:
        return x
    if x.ndim == 4:
        return functional.pixel_unshuffle(x, patch)
    return x.unflatten(2, (-1, patch)).transpose(2, 3).flatten(1, 2)


def unpatchify(x: Float[Tensor, "b cp *sp"], patch: int, /) -> Float[Tensor, "b c *s"]:
    """Undo `patchify`."""
    if patch == 1:
        return x
    if x.ndim == 4:
        return functional.pixel_shuffle(x, patch)
    return x.unflatten(1, (-1, patch)).transpose(2, 3).flatten(2, 3)


def demand_divisible(x: Float[Tensor, "b c *s"], multiple: int, /) -> None:
    """Check that every signal axis can be patched and halved.

    Raises:
        ValueError: If an axis is no multiple of `multiple`.
    """
    size = tuple(x.shape[2:])
    if any(length % multiple for length in size):
        padded = tuple(-(-length // multiple) * multiple for length in size)
        raise ValueError(
            f"a signal of size {size} cannot be halved down to the lowest level: every "
            f"axis must be a multiple of {multiple}; pad it to {padded}, or build the "
            "network with fewer widths or a smaller patch"
        )


class Block(nn.Module):
    """A residual block: norm, convolution, modulated norm, convolution.

    With an embedding the second norm takes its scale and shift from it; without one
    (`embedding=0`) it learns its own. The last convolution starts at zero.

    References:
        He et al. (2016), arXiv:1603.05027, figure 1b.
        Dhariwal and Nichol (2021), arXiv:2105.05233, section 3.1.
    """

    def __init__(self, into: int, out: int, *, embedding: int, ndim: int) -> None:
        super().__init__()
        self.first_norm = group_norm(into)
        self.first = convolution(into, out, ndim=ndim)
        self.second_norm = group_norm(out, affine=not embedding)
        self.modulation = nn.Linear(embedding, 2 * out) if embedding else None
        self.second = zeroed(convolution(out, out, ndim=ndim))
        self.shortcut = (
            nn.Identity() if into == out else convolution(into, out, ndim=ndim, size=1)
        )

    def forward(
        self,
        x: Float[Tensor, "b c *s"],
        embedding: Float[Tensor, "b e"] | None = None,
        /,
    ) -> Float[Tensor, "b k *s"]:
        """Return the block's output, of the size of its input."""
        h = self.second_norm(self.first(functional.silu(self.first_norm(x))))
        if self.modulation is not None:
            shape = (len(x), -1, *[1] * (x.ndim - 2))
            scale, shift = self.modulation(embedding).reshape(shape).chunk(2, dim=1)
            h = torch.addcmul(shift, h, 1 + scale)  # one pass over memory, not two
        return self.shortcut(x) + self.second(functional.silu(h))
