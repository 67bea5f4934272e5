r"""Stacked denoising autoencoders: how deep networks were first trained.

With sigmoid units and plain gradient descent the gradient of a deep network fades on
its way down, and the lower layers stay where chance put them. The remedy of 2006-2010:
train the layers one after the other, each as a denoising autoencoder of the codes from
below, and only then the whole network on its task ("fine-tuning").

The autoencoder of a layer has tied weights, `h = s(W x + b)`, `r = s(W'h + c)`, and is
judged by the cross-entropy of inputs between 0 and 1. It shares its parameters with
the network, so training it trains the network's layer in place.

References:
    Vincent, Larochelle, Lajoie, Bengio and Manzagol (2010), Stacked denoising
    autoencoders, JMLR 11, section 3.
"""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.families.autoencoders import Corruption
from gendiff.nets.layers import perceptron
from gendiff.types import Loss


def deep_sigmoid(widths: Sequence[int], /) -> nn.Sequential:
    """Return a classifier of sigmoid layers, started as one did then.

    Weights uniform within 1 / sqrt(inputs), which is still PyTorch's default.
    """
    return perceptron(widths, activation=nn.Sigmoid)


class Tied(nn.Module):
    """A layer of sigmoids as an autoencoder; calling it gives its input's logits."""

    def __init__(self, layer: nn.Linear, /) -> None:
        super().__init__()
        self.layer = layer
        self.bias = nn.Parameter(torch.zeros(layer.in_features))

    def forward(self, x: Float[Tensor, "b d"], /) -> Float[Tensor, "b d"]:
        """Return the logits of the reconstruction."""
        return functional.linear(
            self.layer(x).sigmoid(), self.layer.weight.T, self.bias
        )


def greedy(net: nn.Sequential, /) -> Iterator[tuple[nn.Sequential, Tied]]:
    """Yield, from the bottom up, a hidden layer's autoencoder and the layers below it.

    What the caller trains before asking for the next one lies below the next one.
    """
    layers = list(net)
    for index, layer in enumerate(layers[:-1]):
        if isinstance(layer, nn.Linear):
            yield nn.Sequential(*layers[:index]), Tied(layer)


def pretrain(
    net: nn.Sequential,
    x: Float[Tensor, "b d"],
    generator: torch.Generator,
    /,
    *,
    corrupt: Corruption,
    steps: int,
    size: int,
    rate: float,
) -> list[list[float]]:
    """Train each hidden layer in turn to undo `corrupt`; return the loss curves.

    Raises:
        ValueError: If the data do not lie between 0 and 1, as the cross-entropy wants.
    """
    if x.min() < 0 or x.max() > 1:
        raise ValueError(
            f"data between {x.min():.3g} and {x.max():.3g}; scale them to [0, 1]"
        )

    def repair(
        model: nn.Module, batch: tuple[Tensor, ...], g: torch.Generator
    ) -> Tensor:
        logits = model(corrupt(batch[0], g))
        return functional.binary_cross_entropy_with_logits(
            logits, batch[0], reduction="none"
        ).sum(dim=1)

    curves: list[list[float]] = []
    for below, layer in greedy(net):
        with torch.no_grad():
            codes = below(x)
        curve = descend(
            layer, repair, (codes,), generator, steps=steps, size=size, rate=rate
        )
        curves.append(list(curve))
    return curves


def classification(
    model: nn.Module, batch: tuple[Tensor, ...], generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the cross-entropy of the labels, `batch[1]`, in nats."""
    del generator  # nothing here is random
    return functional.cross_entropy(model(batch[0]), batch[1], reduction="none")


def descend(
    model: nn.Module,
    loss: Loss,
    data: tuple[Float[Tensor, "b d"] | Int[Tensor, " b"], ...],
    generator: torch.Generator,
    /,
    *,
    steps: int,
    size: int,
    rate: float,
) -> Iterator[float]:
    """Yield the losses of plain stochastic gradient descent: no momentum, no schedule.

    `gendiff.training.loop` trains better; this is what there was.
    """
    optimiser = torch.optim.SGD(model.parameters(), lr=rate)
    for _ in range(steps):
        rows = torch.randint(len(data[0]), (size,), generator=generator)
        batch = tuple(part[rows] for part in data)
        value = loss(model, batch, generator).mean()
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        yield value.item()
