"""Mean ends of a blend, against sums over a lattice; and where starts arrive."""

import pytest
import torch

from gendiff import level
from gendiff.exact import GaussianMixture, Interpolated
from gendiff.interpolants import LINEAR
from gendiff.metrics import sliced_wasserstein
from gendiff.studies.perspectives.blends import Blend, carried, independent


def cloud(
    *means: tuple[float, float], std: float, first: float = 0.5
) -> GaussianMixture:
    rest = (1 - first) / (len(means) - 1)
    weights = torch.tensor([first, *[rest] * (len(means) - 1)]).double()
    return GaussianMixture.isotropic(weights, torch.tensor(means).double(), std)


START = cloud((-1.0, 0.5), (0.7, -0.2), std=0.6, first=0.3)
END = cloud((0.0, 1.0), (1.0, -1.0), (-1.2, 0.0), std=0.4)


def density(of: GaussianMixture, x: torch.Tensor) -> torch.Tensor:
    return of.log_density(x, level(0.0)).exp()


@pytest.mark.parametrize("time", [0.2, 0.5, 0.8])
def test_means_are_sums_over_a_lattice(time: float) -> None:
    x = torch.tensor([[0.1, 0.3], [-0.5, 0.2]]).double()
    ticks = torch.linspace(-4, 4, 321).double()
    ends = torch.cartesian_prod(ticks, ticks)
    start, end = independent(START, END).means(x, time)
    for k in range(len(x)):
        starts = (x[k] - time * ends) / (1 - time)
        weight = density(END, ends) * density(START, starts)
        mean = (weight[:, None] * ends).sum(0) / weight.sum()
        torch.testing.assert_close(end[k], mean, rtol=0, atol=1e-6)
        mean = (weight[:, None] * starts).sum(0) / weight.sum()
        torch.testing.assert_close(start[k], mean, rtol=0, atol=1e-6)


def test_the_velocity_is_that_of_the_interpolated() -> None:
    x, time = START.sample(50, torch.Generator().manual_seed(2)), level(0.3)
    start, end = independent(START, END).means(x, 0.3)
    known = Interpolated(LINEAR, START, END).velocity(x, time)
    torch.testing.assert_close(end - start, known)


def test_starts_arrive_where_the_ends_are_and_not_by_another_pairing() -> None:
    generator = torch.Generator().manual_seed(0)
    x, real = START.sample(10_000, generator), END.sample(10_000, generator)
    right = independent(START, END)
    wrong = Blend(
        START, END, torch.tensor([[0.3, 0.0, 0.0], [0.2, 0.25, 0.25]]).double()
    )

    def far(y: torch.Tensor) -> float:
        return sliced_wasserstein(y, real, generator=torch.Generator().manual_seed(1))

    floor = far(END.sample(10_000, generator))
    assert far(carried(right, right, x, 60)) < 1.5 * floor
    assert far(carried(right, wrong, x, 60)) > 2 * floor


def test_refusal() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        independent(START, END).means(torch.zeros(1, 2).double(), 1.0)
