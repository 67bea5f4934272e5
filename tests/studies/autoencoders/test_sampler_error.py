import torch

from gendiff import grids
from gendiff.data import toys
from gendiff.studies.autoencoders.sampler_error import distribution, quantile_error

LINE = toys.two_bumps()


def grid(steps: int) -> list[float]:
    return grids.geometric(steps, low=0.002, high=30.0)


def test_the_distribution_function_counts_samples() -> None:
    x = LINE.sample(20_000, torch.Generator().manual_seed(0))[:, 0]
    at = torch.tensor([-2.0, 0.0, 1.0], dtype=torch.float64)
    share = (x[:, None] <= at).double().mean(0)
    assert torch.allclose(distribution(LINE, at), share, atol=0.015)


def test_the_error_falls_with_the_steps() -> None:
    few, many = (
        quantile_error(LINE, LINE, grid(n), quantiles=2_000) for n in (10, 100)
    )
    assert many < few / 3
    assert many < 0.03


def test_a_wrong_denoiser_stays_wrong() -> None:
    wrong = quantile_error(LINE.moments(), LINE, grid(100), quantiles=2_000)
    assert wrong > 0.1
