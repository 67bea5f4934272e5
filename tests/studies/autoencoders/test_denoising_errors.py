import torch

from gendiff.studies.autoencoders.denoising_errors import by_level

X = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
EPS = torch.randn(6, 3, generator=torch.Generator().manual_seed(1))


def test_doing_nothing_errs_by_the_noise() -> None:
    found = by_level(lambda x, _: x, X, EPS, [0.5, 2.0])
    expected = EPS.square().mean(1).double()
    assert found.shape == (2, 6)
    assert torch.allclose(
        found, torch.stack([0.25 * expected, 4 * expected]), atol=1e-5
    )


def test_each_level_is_told() -> None:
    found = by_level(lambda x, sigma: x * 0 + sigma[:, None], X * 0, EPS, [0.5, 2.0])
    assert found.mean(1).tolist() == [0.25, 4.0]
