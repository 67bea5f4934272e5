"""How large a network is."""

from torch import nn


def count_parameters(net: nn.Module, /) -> int:
    """Return how many numbers the network learns; shared ones count once.

    A network built under `torch.device("meta")` is counted without being filled.
    """
    return sum(weight.numel() for weight in net.parameters())
