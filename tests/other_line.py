"""A mixture on a line with nothing special about it, beside the one that is pinned."""

import torch

from gendiff.exact import GaussianMixture

OTHER = GaussianMixture(
    torch.tensor([0.5, 0.2, 0.3], dtype=torch.float64),
    torch.tensor([[-1.5], [0.4], [3.0]], dtype=torch.float64),
    torch.tensor([[[0.1]], [[0.8]], [[0.3]]], dtype=torch.float64),
)
