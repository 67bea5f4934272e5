"""Kernels of tokens against closed forms, products of steps, and Bayes on tables."""

import pytest
import torch
from torch import Tensor

from gendiff.tokens import corruption
from gendiff.tokens.corruption import kernel

V = 5
POINTS = torch.tensor([[0.0], [1.0], [2.1], [3.3], [9.0]])
ABSORBING = corruption.absorbing(V)
UNIFORM = corruption.uniform(V)
BANDED = corruption.banded(V)
NEAREST = corruption.nearest(POINTS, 2)
ALL = [ABSORBING, UNIFORM, BANDED, NEAREST]


@pytest.mark.parametrize("generator", ALL)
def test_rows_are_distributions_and_kernels_compose(generator: Tensor) -> None:
    whole = kernel(generator, 0.1, 0.8)
    assert (whole > -1e-15).all()
    torch.testing.assert_close(whole.sum(1), torch.ones_like(whole[0]))
    steps = kernel(generator, 0.1, 0.4) @ kernel(generator, 0.4, 0.8)
    torch.testing.assert_close(steps, whole, rtol=0, atol=1e-14)


def test_masks_and_multinomial_noise_have_the_closed_form_of_the_papers() -> None:
    mask = torch.eye(V + 1).double() * 0.7
    mask[:, V] += 0.3
    torch.testing.assert_close(kernel(ABSORBING, 0.0, 0.3), mask)
    anew = 0.7 * torch.eye(V).double() + 0.3 / V
    torch.testing.assert_close(kernel(UNIFORM, 0.0, 0.3), anew)


@pytest.mark.parametrize("generator", [UNIFORM, BANDED, NEAREST])
def test_all_tokens_end_up_equally_likely(generator: Tensor) -> None:
    end = kernel(generator, 0.0, 1 - 1e-15)
    # Along the band time must be long: the slowest mode decays at 1 - cos(pi / 5).
    torch.testing.assert_close(end, torch.full_like(end, 1 / V), rtol=0, atol=3e-2)
    torch.testing.assert_close(end.sum(0), torch.ones(V).double())


def test_the_band_steps_by_one_and_loses_steps_at_its_ends() -> None:
    assert BANDED[2].tolist() == [0.0, 0.5, -1.0, 0.5, 0.0]
    assert BANDED[0].tolist() == [-0.5, 0.5, 0.0, 0.0, 0.0]


def test_neighbours_exchange_and_a_neighbour_on_one_side_counts_half() -> None:
    # Of token 4 the nearest are 3 and 2, and it is nobody's nearest.
    assert NEAREST[4].tolist() == [0.0, 0.0, 0.25, 0.25, -0.5]
    assert NEAREST[0, 1] == NEAREST[1, 0] == 0.5


@pytest.mark.parametrize("generator", ALL)
def test_posterior_is_bayes_rule_on_the_table_of_three(generator: Tensor) -> None:
    prior = torch.linspace(1, 2, len(generator)).double()
    before, step = kernel(generator, 0.0, 0.2), kernel(generator, 0.2, 0.5)
    table = torch.einsum("c,cl,lh->chl", prior / prior.sum(), before, step)
    found = corruption.posterior(before, step)
    possible = table.sum(-1) > 1e-12
    bayes = table / table.sum(-1, keepdim=True)
    torch.testing.assert_close(found[possible], bayes[possible])
    # With the exact denoiser the reverse kernel is that of the joint distribution.
    noisy = torch.arange(len(generator))[None]
    high = table.sum((0, 2))
    clean = (table.sum(2) / high).mT[None]
    back = corruption.reverse(clean, noisy, found)
    torch.testing.assert_close(back[0], table.sum(0) / high[:, None])


def test_a_mask_stays_with_the_ratio_of_the_rates() -> None:
    # What is left of the signal falls from 0.7 to 0.6: (1 - 0.7) / (1 - 0.6).
    for low, high, stays in ((0.3, 0.4, 0.75), (0.6, 0.8, 0.75)):
        found = corruption.posterior(
            kernel(ABSORBING, 0.0, low), kernel(ABSORBING, low, high)
        )
        torch.testing.assert_close(
            found[:V, V, V], torch.full((V,), stays, dtype=torch.float64)
        )


def test_corrupt_draws_from_the_row_of_each_token() -> None:
    table = kernel(UNIFORM, 0.0, 0.5)
    tokens = torch.arange(V).repeat(4000, 1)
    drawn = corruption.corrupt(tokens, table, torch.Generator().manual_seed(0))
    often = torch.stack([(drawn == v).double().mean(0) for v in range(V)], dim=1)
    torch.testing.assert_close(often, table, rtol=0, atol=0.03)


def test_errors_name_the_remedy() -> None:
    with pytest.raises(ValueError, match="give 1 to 4"):
        corruption.nearest(POINTS, 5)
    for low, high in ((0.5, 0.4), (0.0, 1.0), (-0.1, 0.5)):
        with pytest.raises(ValueError, match="low <= high < 1"):
            kernel(UNIFORM, low, high)
