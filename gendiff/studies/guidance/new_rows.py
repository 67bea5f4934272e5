"""A denoiser's table of labels with rows that nothing has trained.

What a label means to a network stands in a row of a table. A signal that the network
was never given can be fed in through a new row, and this is all that can be done
without training. What a single row does is chance; of many the mean tells.
"""

import copy

import torch
from torch import nn

from gendiff.nets import UNet
from gendiff.precondition import Preconditioned


def with_rows(
    net: Preconditioned, rows: int, generator: torch.Generator, /
) -> Preconditioned:
    """Return a frozen copy that takes more labels, those after "unknown".

    The new rows are what all rows were before training: normal numbers.

    Raises:
        ValueError: If the network is not a U-Net with one table of labels.
    """
    grown = copy.deepcopy(net)
    if not isinstance(grown.net, UNet) or len(grown.net.embed.tables) != 1:
        raise ValueError("rows are added to the one table of a U-Net with labels")
    weight = grown.net.embed.tables[0].get_parameter("weight")
    new = torch.randn(rows, weight.shape[1], generator=generator).to(weight)
    grown.net.embed.tables[0] = nn.Embedding.from_pretrained(torch.cat([weight, new]))
    return grown
