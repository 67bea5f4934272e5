"""Shallow autoencoders: weights that are shared, slopes that are paid for."""

import torch

from gendiff.families import autoencoders as ae
from gendiff.studies.autoencoders import shallow

G = torch.Generator().manual_seed(0)
X = torch.randn(3, 8, generator=G)


def test_a_tied_decoder_has_the_encoders_weights() -> None:
    net = shallow.tied(8, 5)
    weight, code = net.get_parameter("encode.0.weight"), net.encode(X)
    assert torch.allclose(net(X), code @ weight, atol=1e-6)
    assert sum(p.numel() for p in net.parameters()) == 8 * 5 + 5 + 8


def test_the_penalty_is_the_norm_of_the_slope() -> None:
    net = shallow.tied(8, 5)
    plain = ae.reconstruction(net, (X,), G)
    found = shallow.Contractive(4.0)(net, (X,), G)
    expected = plain + 4 * ae.jacobian_norm(net.encode, X)
    assert torch.allclose(found, expected, atol=1e-5)


def test_filters_are_shared_by_all_places() -> None:
    net = shallow.convolutional(3)
    x = torch.zeros(1, 1, 16, 16)
    x[..., 6, 6] = 1.0
    moved = torch.roll(x, (2, 2), (2, 3))
    assert net(x.flatten(1)).shape == (1, 256)
    one, other = (net.encode(i.flatten(1)).unflatten(1, (3, 8, 8)) for i in (x, moved))
    assert torch.allclose(one.roll((1, 1), (2, 3)), other, atol=1e-6)


def test_adaptive_noise_is_kept_with_the_weights() -> None:
    sigma = torch.rand(8, generator=G)
    net = shallow.Adaptive(ae.sigmoid(8, 5), sigma)
    assert torch.equal(net.state_dict()["sigma"], sigma)
    assert net.encode(X).shape == (3, 5)


def test_halves_take_half_of_each_code() -> None:
    low, high = ae.sigmoid(8, 4), ae.sigmoid(8, 4)
    code = shallow.Halves(low, high).encode(X)
    assert torch.equal(code[:, :2], low.encode(X)[:, ::2])
    assert torch.equal(code[:, 2:], high.encode(X)[:, ::2])
