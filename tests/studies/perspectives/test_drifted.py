"""Without repulsion each sample goes to the data near by; with it, not past them."""

import torch

from gendiff.distillation import drift
from gendiff.nets import MLP
from gendiff.studies.perspectives import drifted


def test_an_untrained_generator_gives_back_its_noise() -> None:
    noise = torch.randn(6, 2)
    assert torch.equal(drifted.Generator(MLP(2, 8, 1))(noise), noise)


def test_a_pull_is_a_drift_away_from_oneself() -> None:
    x, data = torch.randn(5, 2), torch.randn(20, 2)
    found = drifted.pull(x, data, width=0.4)
    alone = [drift(one[None], data, one[None], width=0.4) for one in x]
    torch.testing.assert_close(found, torch.cat(alone))


def test_the_loss_is_the_squared_pull() -> None:
    data, noise = torch.randn(20, 2), torch.Generator().manual_seed(0)
    model = drifted.Generator(MLP(2, 8, 1))
    found = drifted.Pulled(0.4)(model, (data,), noise)
    again = torch.Generator().manual_seed(0)
    at = torch.randn(20, 2, generator=again)
    pull = drifted.pull(at, data, width=0.4)
    torch.testing.assert_close(found, pull.square().mean(1))


def test_samples_like_the_data_hardly_drift() -> None:
    data, noise = torch.randn(4_000, 2), torch.randn(4_000, 2)
    model = drifted.Generator(MLP(2, 8, 1))
    still = drifted.speed(model, noise, data, width=0.5)
    moved = drifted.speed(model, noise, data + 2, width=0.5)
    assert still < 0.1 * moved
