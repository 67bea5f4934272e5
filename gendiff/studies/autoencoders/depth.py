"""Five hidden layers under plain gradient descent, with and without a start in layers.

As in 2006: scikit-learn's digits, no momentum, no schedule, no normalisation. Each arm
takes the same number of updates in all, pre-training included.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from gendiff.data import digits
from gendiff.families import stacked
from gendiff.families.autoencoders import Masking
from gendiff.nets.layers import perceptron

WIDTHS = (64, 100, 100, 100, 100, 100, 10)
SIZE = 32
"""Digits a batch."""
POINTS = 40
"""How often the accuracy is measured in as many updates as a training has."""

Build = Callable[[], nn.Sequential]
Curve = Sequence[tuple[int, float]]
"""Updates, those of the pre-training included, and the accuracy after them."""


def sigmoids() -> nn.Sequential:
    """Return the network of then: sigmoids, from small weights."""
    return stacked.deep_sigmoid(WIDTHS)


def rectifiers() -> nn.Sequential:
    """Return the network of a few years later: rectifiers, from scaled weights."""
    net = perceptron(WIDTHS, activation=nn.ReLU)
    for layer in net:
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return net


def learning(
    build: Build,
    /,
    *,
    pretrained: float,
    rate: float,
    steps: int,
    seed: int,
) -> list[tuple[int, float]]:
    """Return the test accuracy as training goes on.

    Args:
        build: Returns a fresh network, from the global generator.
        pretrained: The fraction of the updates that is spent on single layers.
        rate: The learning rate of the whole network.
        steps: Updates in all.
        seed: Of first weights and batches.
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    seen, new = digits()
    x, y = _unit(seen.images), seen.labels
    net, layers = build(), len(WIDTHS) - 2
    each = int(steps * pretrained) // layers
    if each:
        lost = Masking(0.25)
        stacked.pretrain(
            net, x, generator, corrupt=lost, steps=each, size=SIZE, rate=0.1
        )
    before = layers * each
    training = stacked.descend(
        net,
        stacked.classification,
        (x, y),
        generator,
        steps=steps - before,
        size=SIZE,
        rate=rate,
    )
    curve: list[tuple[int, float]] = []
    for step, _ in enumerate(training, start=1):
        if step % (steps // POINTS) == 0:
            with torch.no_grad():
                guess = net(_unit(new.images)).argmax(dim=1)
            hit = (guess == new.labels).double().mean()
            curve.append((before + step, float(hit)))
    return curve


def best(tried: Sequence[Sequence[Curve]], /) -> NDArray[np.float64]:
    """Return the curves of the learning rate whose trainings end best on average.

    Args:
        tried: For each rate, the curves of its trainings.
    """
    return np.array(max(tried, key=lambda runs: np.mean([run[-1][1] for run in runs])))


def _unit(images: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n d"]:
    """Return ink between 0 and 1."""
    return (images.flatten(1) + 1) / 2
