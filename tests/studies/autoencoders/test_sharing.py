"""Two networks for one: equal sizes, and levels that go to one part only."""

import torch

from gendiff.nets import count_parameters
from gendiff.studies.autoencoders import sharing

X = torch.randn(5, 6, generator=torch.Generator().manual_seed(0))


def test_two_parts_are_as_large_as_one() -> None:
    one, two = sharing.shared(6, 40), sharing.parted(6, 40, 0.0)
    size, parts = count_parameters(one), count_parameters(two)
    assert 0.9 * size < parts <= size


def test_an_error_is_measured_at_each_level() -> None:
    net, eps = sharing.shared(6, 16), X.flip(0)
    found = sharing.error_by_level(net, X, eps, [0.3, 1.0])
    sigma = torch.full((5,), 1.0)
    with torch.no_grad():
        expected = (net(X + eps, sigma) - X).square().mean()
    assert abs(found[1] - float(expected)) < 1e-6


def test_each_part_sees_its_own_side() -> None:
    net = sharing.parted(6, 16, 0.0)  # the edge is the level 1
    for level, sees in ((0.5, 0), (2.0, 1)):
        net.zero_grad()
        net(X, torch.full((5,), level)).sum().backward()
        moved = [
            any(p.grad is not None and bool(p.grad.any()) for p in part.parameters())
            for part in net.get_submodule("net.nets").children()
        ]
        assert moved == [k == sees for k in range(2)]
