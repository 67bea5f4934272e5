"""Counted probabilities: n-grams, what is visible, and without the token itself."""

import math

import pytest
import torch
from torch import nn

from gendiff.metrics import ngrams
from gendiff.tokens import Autoregressive, counts
from gendiff.tokens.reader import Reader

V = 4


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


STREAMS = [torch.randint(V, (n,), generator=generator(n)) for n in (300, 40)]


@pytest.mark.parametrize("order", [1, 2, 4])
def test_before_means_the_n_gram_model(order: int) -> None:
    x = torch.randint(V, (5, 12), generator=generator())
    model = counts.fit(STREAMS, vocabulary=V, contexts=counts.before(order))
    found = model(x).gather(-1, x[..., None])[..., 0]
    expected = ngrams.fit(STREAMS, vocabulary=V, order=order)(x)
    torch.testing.assert_close(
        -found.double() / math.log(2), expected, rtol=1e-5, atol=0
    )
    torch.testing.assert_close(model(x).exp().sum(-1), torch.ones(5, 12))


def test_what_follows_is_predicted_from_all_before() -> None:
    x = torch.randint(V, (5, 12), generator=generator())
    model = counts.fit(STREAMS, vocabulary=V, contexts=counts.before(3))
    torch.testing.assert_close(model.after(x[:, :-1]), model(x)[:, -1])
    torch.testing.assert_close(model.after(x[:, :0]), model(x)[:, 0])


def test_a_neighbour_that_is_hidden_says_nothing() -> None:
    model = counts.fit(STREAMS, vocabulary=V, contexts=counts.BESIDE)
    x = torch.tensor([[1, V, V, 2, V, 0, V]])
    found = model(x).exp()[0]

    def mixed(*contexts: tuple[int, ...]) -> list[float]:
        chosen = counts.fit(STREAMS, vocabulary=V, contexts=((), *contexts))
        return chosen(x).exp()[0, where].tolist()

    for where, contexts in {
        1: [(-1,)],
        2: [(1,)],
        4: [(1,), (-1,), (-1, 1)],
        6: [(-1,)],
    }.items():
        assert found[where].tolist() == pytest.approx(mixed(*contexts))


def test_by_hand_between_two_neighbours() -> None:
    stream = torch.tensor([0, 1, 2, 0, 1, 2, 0, 3, 2])
    model = counts.fit([stream], vocabulary=V, contexts=((), (-1, 1)))
    found = model(torch.tensor([[0, V, 2]])).exp()[0, 1].tolist()
    alone = [(stream.tolist().count(k) + 4 * 0.25) / (9 + 4) for k in range(V)]
    times = [0, 2, 0, 1]
    expected = [(c + 2 * p) / (3 + 2) for c, p in zip(times, alone, strict=True)]
    assert found == pytest.approx(expected)


def test_a_token_is_taken_out_of_every_count() -> None:
    stream = torch.tensor([0, 1, 2, 0, 1, 3, 0, 1, 2])
    model = counts.fit([stream], vocabulary=V, contexts=counts.before(3))
    x = torch.tensor([[0, 1, 3]])  # the only 3, after "0 1"
    found = model(x, x).exp()[0, 2].tolist()
    p = [(c + 3 * 0.25) / (8 + 3) for c in (3, 3, 2, 0)]  # without it
    p = [(c + 1 * q) / (2 + 1) for c, q in zip((0, 0, 2, 0), p, strict=True)]  # "1"
    p = [(c + 1 * q) / (2 + 1) for c, q in zip((0, 0, 2, 0), p, strict=True)]  # "0 1"
    assert found == pytest.approx(p)
    assert sum(found) == pytest.approx(1)


def test_there_must_be_something_to_count() -> None:
    with pytest.raises(ValueError, match="0 texts"):
        counts.fit([], vocabulary=V, contexts=counts.BESIDE)
    with pytest.raises(ValueError, match="0 contexts"):
        counts.fit(STREAMS, vocabulary=V, contexts=())


def test_contexts_must_be_numbered_in_64_bits() -> None:
    stream = torch.randint(50_000, (100,), generator=torch.Generator().manual_seed(0))
    contexts = counts.before(5)  # four tokens and their successor: 3e23
    with pytest.raises(ValueError, match=r"4 of 50000 tokens .* of 3 at most"):
        counts.fit([stream], vocabulary=50_000, contexts=contexts)
    with pytest.raises(ValueError, match="of 62 at most"):
        counts.fit([stream % 2], vocabulary=2, contexts=[tuple(range(-63, 0))])
    counts.fit([stream % 2], vocabulary=2, contexts=[tuple(range(-62, 0))])
    # What was counted is found by tokens of any width.
    table = counts.fit([stream % 400], vocabulary=400, contexts=counts.before(5))
    x = (stream % 400)[None, 8:20]
    assert torch.equal(table(x.int()), table(x))


def network(*, causal: bool) -> nn.Module:
    torch.manual_seed(0)
    net = (
        Autoregressive(V, width=8, depth=1, heads=2, classes=2, reach=3)
        if causal
        else Reader(V, width=8, depth=1, heads=2, classes=2, reach=3)
    )
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.5)
    return net.requires_grad_(requires_grad=False)


LABEL = torch.tensor([0, 1, 2, 1, 0])


def test_a_network_upon_counts_says_what_they_do_not() -> None:
    net = network(causal=True)
    assert isinstance(net, Autoregressive)
    model = counts.fit(STREAMS, vocabulary=V, contexts=counts.before(3))
    x = torch.randint(V, (5, 12), generator=generator())
    whole = counts.Ahead(net, model)
    torch.testing.assert_close(whole.train()(x, LABEL), net(x, LABEL) + model(x, x))
    torch.testing.assert_close(whole.eval()(x, LABEL), net(x, LABEL) + model(x))


@pytest.mark.parametrize("sizes", [(0, 1, 1, 1, 1), (3, 1), (1, 3), (4,)])
def test_logits_read_in_parts_equal_those_of_the_full_pass(
    sizes: tuple[int, ...],
) -> None:
    net = network(causal=True)
    assert isinstance(net, Autoregressive)
    model = counts.fit(STREAMS, vocabulary=V, contexts=counts.before(3))
    whole = counts.Ahead(net, model).eval()
    x = torch.randint(V, (5, 12), generator=generator())
    full = whole(x, LABEL)
    state, seen = (), 0
    for size in sizes:
        part = x[:, seen : seen + size]
        logits, state = whole.read(part, state, label=LABEL)
        seen += size
        torch.testing.assert_close(logits, full[:, seen], atol=1e-5, rtol=0)


def test_hidden_tokens_upon_what_is_visible() -> None:
    net = network(causal=False)
    model = counts.fit(STREAMS, vocabulary=V, contexts=counts.BESIDE)
    x = torch.randint(V + 1, (5, 12), generator=generator())
    expected = net(x, label=LABEL) + model(x)
    torch.testing.assert_close(counts.Around(net, model)(x, LABEL), expected)
