"""New rows are other labels, and change nothing for the known ones."""

import pytest
import torch

from gendiff.nets import MLP
from gendiff.precondition import Preconditioned
from gendiff.studies.digits import CLASSES, denoiser
from gendiff.studies.guidance.new_rows import with_rows
from gendiff.types import level

X = torch.randn(6, 1, 16, 16, generator=torch.Generator())


def trained() -> Preconditioned:
    torch.manual_seed(0)
    net = denoiser((8, 16), 0.5)
    for weight in net.parameters():  # the last layer starts at zero
        torch.nn.init.normal_(weight, std=0.1)
    return net.eval().requires_grad_(requires_grad=False)


def test_known_labels_mean_what_they_did() -> None:
    net, known = trained(), torch.arange(6)
    grown = with_rows(net, 3, torch.Generator())
    assert torch.equal(grown(X, level(0.5), known), net(X, level(0.5), known))
    assert torch.equal(grown(X, level(0.5)), net(X, level(0.5)))


def test_the_new_one_means_something_else() -> None:
    net, new = trained(), torch.full((6,), CLASSES + 1)
    one, other = (
        with_rows(net, 1, torch.Generator().manual_seed(seed))(X, level(0.5), new)
        for seed in (1, 2)
    )
    assert not torch.allclose(one, net(X, level(0.5)))
    assert not torch.allclose(one, other)
    with pytest.raises(IndexError):
        net(X, level(0.5), new)


def test_each_row_means_something_of_its_own() -> None:
    grown = with_rows(trained(), 2, torch.Generator().manual_seed(1))
    first, second = (torch.full((6,), CLASSES + k) for k in (1, 2))
    by_first, by_second = (grown(X, level(0.5), new) for new in (first, second))
    assert not torch.allclose(by_first, by_second)
    mixed = grown(X, level(0.5), torch.cat([first[:3], second[3:]]))
    assert torch.allclose(mixed, torch.cat([by_first[:3], by_second[3:]]), atol=1e-5)


def test_a_network_without_a_table_has_no_place_for_it() -> None:
    with pytest.raises(ValueError, match="one table"):
        with_rows(Preconditioned(MLP(2, 8, 1), data_std=1.0), 1, torch.Generator())
