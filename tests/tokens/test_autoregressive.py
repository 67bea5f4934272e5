"""The autoregressive model: causality, cache, labels, sampling, guidance."""

import itertools
import math
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from gendiff.tokens import autoregressive
from gendiff.tokens.autoregressive import Autoregressive, Sequential
from gendiff.tokens.decoding import temperature, top_k
from gendiff.tokens.guidance import Contrast, Given

V, N = 3, 5


@pytest.fixture
def model() -> Autoregressive:
    return built()


@pytest.fixture
def whole() -> Autoregressive:
    """Return a model with all that is optional."""
    return built(classes=2, reach=3)


def built(**optional: int) -> Autoregressive:
    torch.manual_seed(0)
    model = Autoregressive(V, N, width=16, depth=2, heads=2, **optional)
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


def test_what_is_optional_leaves_the_rest_as_it_was() -> None:
    torch.manual_seed(3)
    plain = Autoregressive(V, N, width=8)
    assert "labels.weight" not in plain.state_dict()
    torch.manual_seed(3)
    more = Autoregressive(V, N, width=8, classes=2, reach=5)
    shared = more.state_dict()
    for name, weight in plain.state_dict().items():
        assert torch.equal(shared[name], weight)


@pytest.mark.parametrize("reach", [0, 1, 3, N + 1])
def test_a_token_changes_later_logits_only(reach: int) -> None:
    model = built(reach=reach)
    x = tokens()
    logits = model(x)
    for place in range(N):
        changed = x.clone()
        changed[:, place] = (x[:, place] + 1) % V
        moved = (model(changed) - logits).abs().amax(dim=(0, 2))
        assert not moved[: place + 1].any()
        assert (moved[place + 1 :] > 1e-4).all()


@pytest.mark.parametrize("reach", [0, 1, 3, N + 1])
@pytest.mark.parametrize("label", [None, torch.tensor([0, 1, 2, 1])])
def test_cached_logits_equal_those_of_the_full_pass(
    reach: int, label: Tensor | None
) -> None:
    model = built(reach=reach, classes=2)
    x = tokens()
    full = model(x, label)
    token, cache = torch.full((4,), V), autoregressive.Cache()
    for place in range(N):
        logits, cache = model.extend(token, cache, label)
        torch.testing.assert_close(logits, full[:, place], atol=1e-5, rtol=0)
        assert cache[0][0].shape[2] == place + 1
        token = x[:, place]
    with pytest.raises(ValueError, match="built for 5"):
        model.extend(token, cache, label)


def test_the_convolution_sees_so_many_places_and_the_start_as_nothing() -> None:
    model = built(reach=2)
    assert model.nearby is not None
    read = torch.tensor([[V, 1, 2]])
    h = model.tokens(read) + model.places(torch.arange(3))
    before, now = model.nearby.weight.unbind(2)
    near = model.nearby.bias + h @ now.T
    near[:, 1:] += h[:, :-1] @ before.T
    expected = h + near
    for layer in model.layers:
        expected, _ = layer(expected)
    expected = model.last(model.norm(expected))
    found = model(torch.tensor([[1, 2, 0]]))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_a_label_matters_and_the_one_after_the_last_is_unknown(
    whole: Autoregressive,
) -> None:
    x = tokens()
    cats, dogs, unknown = (whole(x, torch.full((4,), label)) for label in range(3))
    assert (cats - dogs).abs().min() > 1e-6
    assert torch.equal(whole(x), unknown)
    with pytest.raises(ValueError, match="without classes"):
        built()(x, torch.zeros(4).long())
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        whole(x, torch.zeros(3).long())


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


def frequencies(model: Sequential, n: int, **options: object) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    *_, last = autoregressive.sample(model, n, N, generator, **options)  # type: ignore[arg-type]
    index = (last.x * V ** torch.arange(N - 1, -1, -1)).sum(1)
    return torch.bincount(index, minlength=V**N) / n


def by_conditionals(logits: Tensor) -> Tensor:
    """Return the law of every sequence from the logits of each of its places."""
    share = logits.log_softmax(-1).gather(2, every()[:, :, None])
    return share.sum((1, 2)).exp()


def close(frequency: Tensor, expected: Tensor, n: int) -> bool:
    assert expected.sum().item() == pytest.approx(1, abs=1e-4)
    noise = 0.5 * (expected * (1 - expected) / n).sqrt().sum() * 0.8
    return bool((frequency - expected).abs().sum() / 2 < 1.5 * noise)


def test_a_shape_changes_every_place(whole: Autoregressive) -> None:
    cold = partial(temperature, tau=0.5)
    expected = by_conditionals(2 * whole(every()))
    assert close(frequencies(whole, 40_000, shape=cold), expected, 40_000)
    assert not close(frequencies(whole, 40_000), expected, 40_000)
    greedy = frequencies(whole, 50, shape=partial(top_k, k=1))
    assert greedy.max() == 1


@pytest.mark.parametrize("scale", [0.0, 1.0, 2.5])
def test_guided_logits_are_combined_at_every_place(
    whole: Autoregressive, scale: float
) -> None:
    n = 20_000
    label = torch.ones(n, dtype=torch.int64)
    toward = whole(every(), torch.ones(V**N, dtype=torch.int64)).log_softmax(-1)
    away = whole(every()).log_softmax(-1)
    expected = by_conditionals(away + scale * (toward - away))
    guided = Contrast(Given(whole, label), whole, scale)
    assert close(frequencies(guided, n), expected, n)
    if scale != 1:
        assert not close(frequencies(Given(whole, label), n), expected, n)


def test_the_models_of_a_guide_may_differ_in_depth() -> None:
    deep, flat = built(), Autoregressive(V, N - 1, width=8, depth=1)
    guided = Contrast(deep, flat, 2.0)
    assert isinstance(guided, Sequential)
    assert (guided.length, guided.vocabulary) == (N - 1, V)
    steps = list(autoregressive.sample(guided, 3, N - 1, torch.Generator()))
    assert steps[-1].x.max() < V


def test_the_label_is_learnt_and_so_is_its_absence() -> None:
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    model = Autoregressive(2, 3, width=16, depth=1, heads=2, classes=2, reach=2)
    optimiser = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(150):
        label = torch.randint(2, (128,), generator=generator)
        ones = torch.rand(128, 3, generator=generator) < 0.1 + 0.8 * label[:, None]
        told = torch.where(torch.rand(128, generator=generator) < 0.3, 2, label)
        batch = (ones.long(), told)
        loss = autoregressive.cross_entropy(model, batch, generator).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    first = model(torch.zeros(3, 1).long(), torch.arange(3)).softmax(-1)[:, 0, 1]
    torch.testing.assert_close(first, torch.tensor([0.1, 0.9, 0.5]), atol=0.1, rtol=0)
    assert all(p.grad.any() for p in model.parameters() if p.grad is not None)


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
