"""The autoregressive model: causality, cache, labels; it learns."""

import itertools
import math

import pytest
import torch
from torch import Tensor, nn

from gendiff.record import last
from gendiff.tokens import Autoregressive, Contrast, autoregressive, empty, sample

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
    model = Autoregressive(V, width=16, depth=2, heads=2, **optional)
    for parameter in model.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.3)
    return model


def tokens(n: int = 4, /) -> Tensor:
    return torch.randint(V, (n, N), generator=torch.Generator().manual_seed(1))


def test_a_fresh_network_is_uniform() -> None:
    fresh = Autoregressive(V)
    loss = autoregressive.cross_entropy(fresh, (tokens(),), torch.Generator())
    torch.testing.assert_close(loss, torch.full((4,), N * math.log(V)))


def test_what_is_optional_leaves_the_rest_as_it_was() -> None:
    torch.manual_seed(3)
    plain = Autoregressive(V, width=8)
    assert "labels.weight" not in plain.state_dict()
    torch.manual_seed(3)
    more = Autoregressive(V, width=8, classes=2, reach=5)
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
@pytest.mark.parametrize("sizes", [(0, 1, 1, 1, 1), (3, 1), (2, 2), (1, 3), (4,)])
def test_logits_read_in_parts_equal_those_of_the_full_pass(
    reach: int, label: Tensor | None, sizes: tuple[int, ...]
) -> None:
    model = built(reach=reach, classes=2)
    x = tokens()
    full = model(x, label)
    state, seen = (), 0
    for size in sizes:
        part = x[:, seen : seen + size]
        logits, state = model.read(part, state, label=label)
        seen += size
        torch.testing.assert_close(logits, full[:, seen], atol=1e-5, rtol=0)
        assert state[0][0].shape[2] == seen + 1  # the start token as well


def test_the_convolution_sees_so_many_places_and_the_start_as_nothing() -> None:
    model = built(reach=2)
    assert model.nearby is not None
    read = torch.tensor([[V, 1, 2]])
    h = model.tokens(read)
    before, now = model.nearby.weight.unbind(2)
    near = model.nearby.bias + h @ now.T
    near[:, 1:] += h[:, :-1] @ before.T
    expected = h + near
    expected = model.last(model.body(expected))
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


def test_one_label_is_that_of_all(whole: Autoregressive) -> None:
    both = [whole.read(tokens()[:, :2], (), label=torch.ones(n).long()) for n in (1, 4)]
    assert torch.equal(both[0][0], both[1][0])
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        whole.read(tokens()[:, :2], (), label=torch.ones(3).long())


def test_the_models_of_a_guide_may_differ_in_depth() -> None:
    deep, flat = built(), Autoregressive(V, width=8, depth=1)
    guided = Contrast(deep.read, flat.read, 2.0)
    x = last(sample(guided, empty(3), N - 1, torch.Generator()))
    assert x.max() < V


def test_the_label_is_learnt_and_so_is_its_absence() -> None:
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    model = Autoregressive(2, width=16, depth=1, heads=2, classes=2, reach=2)
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

    model = Autoregressive(2, width=16, depth=1, heads=2)
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


def test_wrong_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="width=10"):
        Autoregressive(V, width=10, heads=4)
    with pytest.raises(ValueError, match=r"shape \(3, 0\) have no place; give one"):
        Autoregressive(V, width=8, heads=4)(torch.zeros(3, 0).long())
