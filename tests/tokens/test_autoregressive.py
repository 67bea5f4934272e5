"""The autoregressive model: causality, cache, likelihood, sampling."""

import itertools
import math

import pytest
import torch
from torch import Tensor, nn

from gendiff.tokens import autoregressive
from gendiff.tokens.autoregressive import Autoregressive

V, N = 3, 5


@pytest.fixture
def model() -> Autoregressive:
    torch.manual_seed(0)
    model = Autoregressive(V, N, width=16, depth=2, heads=2)
    for parameter in model.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.3)
    return model


def tokens(n: int = 4, /) -> Tensor:
    return torch.randint(V, (n, N), generator=torch.Generator().manual_seed(1))


def test_a_fresh_network_is_uniform() -> None:
    fresh = Autoregressive(V, N)
    loss = autoregressive.cross_entropy(fresh, (tokens(),), torch.Generator())
    torch.testing.assert_close(loss, torch.full((4,), N * math.log(V)))


def test_a_token_changes_later_logits_only(model: Autoregressive) -> None:
    x = tokens()
    logits = model(x)
    for place in range(N):
        changed = x.clone()
        changed[:, place] = (x[:, place] + 1) % V
        moved = (model(changed) - logits).abs().amax(dim=(0, 2))
        assert not moved[: place + 1].any()
        assert (moved[place + 1 :] > 1e-4).all()


def test_cached_logits_equal_those_of_the_full_pass(model: Autoregressive) -> None:
    x = tokens()
    full = model(x)
    token, cache = torch.full((4,), V), autoregressive.Cache()
    for place in range(N):
        logits, cache = model.extend(token, cache)
        torch.testing.assert_close(logits, full[:, place], atol=1e-5, rtol=0)
        assert cache[0][0].shape[2] == place + 1
        token = x[:, place]
    with pytest.raises(ValueError, match="built for 5"):
        model.extend(token, cache)


def every() -> Tensor:
    return torch.tensor(list(itertools.product(range(V), repeat=N)))


def test_the_likelihood_sums_to_one(model: Autoregressive) -> None:
    loss = autoregressive.cross_entropy(model, (every(),), torch.Generator())
    assert (-loss).exp().sum().item() == pytest.approx(1, abs=1e-4)


def test_sampled_frequencies_are_the_model_s(model: Autoregressive) -> None:
    generator = torch.Generator().manual_seed(0)
    *_, last = autoregressive.sample(model, 40_000, N, generator)
    index = (last.x * V ** torch.arange(N - 1, -1, -1)).sum(1)
    frequency = torch.bincount(index, minlength=V**N) / 40_000
    loss = autoregressive.cross_entropy(model, (every(),), torch.Generator())
    expected = (-loss).exp()
    noise = 0.5 * (expected * (1 - expected) / 40_000).sqrt().sum() * 0.8
    assert (frequency - expected).abs().sum() / 2 < 1.5 * noise


def test_sampling_takes_one_call_a_token_and_yields_each(model: Autoregressive) -> None:
    steps = list(autoregressive.sample(model, 2, 4, torch.Generator().manual_seed(0)))
    assert [step.level for step in steps] == [0.75, 0.5, 0.25, 0]
    assert [int((step.x == V).sum()) for step in steps] == [6, 4, 2, 0]
    assert torch.equal(steps[0].x[:, 0], steps[-1].x[:, 0])
    assert steps[0].denoised.shape == (2, V)
    with pytest.raises(ValueError, match="6 places"):
        next(autoregressive.sample(model, 2, 6, torch.Generator()))


def test_it_learns_a_chain() -> None:
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    flip = torch.tensor([[0.9, 0.1], [0.2, 0.8]])

    def batch(n: int) -> Tensor:
        x = [torch.randint(2, (n,), generator=generator)]
        for _ in range(7):
            x.append(torch.multinomial(flip[x[-1]], 1, generator=generator)[:, 0])
        return torch.stack(x, 1)

    model = Autoregressive(2, 8, width=16, depth=1, heads=2)
    optimiser = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(150):
        loss = autoregressive.cross_entropy(model, (batch(128),), generator).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    x = batch(4000)
    before, after = x[:, :-1], x[:, 1:]
    exact = math.log(2) - flip[before, after].log().sum(1).mean()
    loss = autoregressive.cross_entropy(model, (x,), generator).mean()
    assert 0 < (loss - exact).item() + 0.02 < 0.15
    assert all(p.grad.any() for p in model.parameters())


def test_wrong_sizes_are_refused(model: Autoregressive) -> None:
    with pytest.raises(ValueError, match="width=10"):
        Autoregressive(V, N, width=10, heads=4)
    with pytest.raises(ValueError, match="built for 5"):
        model(torch.zeros(1, 6).long())
