"""What codes know: known cases of each measurement."""

import numpy as np
import pytest
import torch
from torch import nn

from gendiff.estimate import Estimate
from gendiff.families import autoencoders as ae
from gendiff.studies import codes

G = torch.Generator().manual_seed(0)
LABEL = torch.arange(200) % 2
X = torch.randn(200, 6, generator=G) + 6 * LABEL[:, None]


def test_a_probe_finds_what_is_there_and_only_that() -> None:
    probe = codes.Probe((X[:100], LABEL[:100]), (X[100:], LABEL[100:]))
    found = probe(nn.Identity())
    assert found.value == 1
    assert (found.n, found.of) == (100, "test images")
    assert abs(float(probe(torch.zeros_like).value) - 0.5) < 0.01


def test_a_code_that_copies_lets_class_and_noise_be_read() -> None:
    noise = torch.randn(200, 6, generator=G)
    copy = ae.Autoencoder(nn.Identity(), nn.Identity())
    halves = slice(0, 100), slice(100, 200)
    seen, new = ((noise[half], noise[half]) for half in halves)
    _, of_noise = codes.readable(copy, seen, new, (LABEL[:100], LABEL[100:]))
    assert of_noise > 0.99
    seen, new = ((X[half], noise[half]) for half in halves)
    of_class, of_noise = codes.readable(copy, seen, new, (LABEL[:50], LABEL[100:]))
    assert of_class == 1
    assert of_noise < 0.2


def test_what_is_kept_is_counted_from_chance() -> None:
    wide = np.array([[0.9, 0.5], [0.9, 0.5]])
    slim = np.array([[0.5, 0.1], [0.5, 0.1]])
    found = codes.kept(slim, wide)
    assert found["class"].value == pytest.approx(0.5)
    assert found["noise"].value == pytest.approx(0.2)


def test_errors_of_a_difference_add_in_squares() -> None:
    one, other = (
        Estimate(value, error, 9, "x") for value, error in ((5.0, 3.0), (2.0, 4.0))
    )
    found = codes.gain(one, other)
    assert (found.value, found.error) == (3, 5)


def test_the_mean_image_explains_nothing() -> None:
    assert codes.unexplained(X.mean(dim=0).expand_as(X), X) == pytest.approx(1)
    assert codes.unexplained(X, X) == 0


def test_of_noise_a_copy_removes_nothing_and_a_half_three_quarters() -> None:
    noise = torch.randn(200, 6, generator=G)
    zero = torch.zeros_like(X)
    copy = ae.Autoencoder(nn.Identity(), nn.Identity())
    assert codes.removed(copy, X, noise) == pytest.approx(0, abs=1e-6)
    half = ae.linear(6, 6)
    with torch.no_grad():
        for layer, scale in ((half.encode, 0.5), (half.decode, 1.0)):
            layer.weight.copy_(scale * torch.eye(6))
            layer.bias.zero_()
        assert codes.removed(half, zero, noise) == pytest.approx(0.75)


def test_the_slope_of_a_code_is_its_jacobian() -> None:
    net = ae.sigmoid(6, 4).requires_grad_(requires_grad=False)
    jacobian = torch.func.jacrev(net.encode)(X[0])
    expected = torch.linalg.svdvals(jacobian)
    assert torch.allclose(codes.slope_spectrum(net, X[:1]), expected, atol=1e-6)
