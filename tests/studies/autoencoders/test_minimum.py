import torch
from torch import Tensor

from gendiff.studies.autoencoders.minimum import minimum


def test_a_bowl_has_its_minimum_at_its_centre() -> None:
    centre = torch.tensor([2.0, -1.0], dtype=torch.float64)

    def bowl(place: Tensor) -> Tensor:
        return ((place - centre) ** 4 + (place - centre) ** 2).sum()

    start = torch.zeros(2, dtype=torch.float64)
    assert torch.allclose(minimum(bowl, start), centre, atol=1e-8)
    assert torch.equal(start, torch.zeros(2, dtype=torch.float64))
