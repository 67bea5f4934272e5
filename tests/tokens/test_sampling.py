"""Sampling from every kind of model of the next token, against exact distributions."""

from functools import partial

import pytest
import torch
from torch import Tensor, nn

from gendiff.audio import WaveNet
from gendiff.discrete import Joint, joint
from gendiff.record import last
from gendiff.tokens import (
    Autoregressive,
    Contrast,
    NextToken,
    empty,
    sample,
    search,
    uncached,
)
from gendiff.tokens.decoding import Shape, nucleus, temperature, top_k, typical
from gendiff.tokens.sampling import State

V, N, DRAWS = 3, 4, 10_000
SHAPES: list[Shape] = [
    partial(temperature, tau=0.6),
    partial(top_k, k=2),
    partial(nucleus, p=0.7),
    partial(typical, p=0.6),
]


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def every(places: int) -> Tensor:
    return torch.cartesian_prod(*[torch.arange(V)] * places).reshape(-1, places)


def shaken(net: nn.Module) -> nn.Module:
    torch.manual_seed(7)
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.6)
    return net.requires_grad_(requires_grad=False)


def network(**options: int) -> Autoregressive:
    net = Autoregressive(V, width=8, depth=2, heads=2, **options)
    shaken(net)
    return net


def wavenet() -> WaveNet:
    net = WaveNet(V, dilations=(1, 2), width=4, skip=4)
    shaken(net)
    return net


def chain(tokens: Tensor, state: State, /) -> tuple[Tensor, State]:
    """Read with a state of one letter."""
    start = torch.tensor([[0.5, 0.2, 0.3]]).double().log().expand(len(tokens), -1)
    after = torch.tensor([[0.1, 0.6, 0.3], [0.7, 0.2, 0.1], [0.2, 0.2, 0.6]]).double()
    both = torch.cat([*state, tokens], dim=1)[:, -1:]
    return (after.log()[both[:, 0]] if both.shape[1] else start), (both,)


def whole(net: Autoregressive, label: int | None = None) -> NextToken:
    """Return a network without its cache, for one label."""

    def next_logits(x: Tensor, /) -> Tensor:
        longer = torch.cat([x, x.new_zeros(len(x), 1)], dim=1)
        labels = None if label is None else torch.full((len(x),), label)
        return net(longer, labels)[:, -1]

    return uncached(next_logits)


# Each with a prompt, and with the same model another way: through everything it read.
NETWORK, TOLD, WAVENET = network(reach=3), network(classes=2, reach=2), wavenet()
JOINT = joint.random(N, V, seeded(2))
OTHER = torch.tensor([1])
MODELS: dict[str, tuple[NextToken, NextToken, list[int], int]] = {
    "network": (NETWORK.read, whole(NETWORK), [], 4),
    "network after a prompt": (NETWORK.read, whole(NETWORK), [2, 0], 2),
    "told": (partial(TOLD.read, label=OTHER), whole(TOLD, 1), [1], 3),
    "guided": (
        Contrast(partial(TOLD.read, label=OTHER), TOLD.read, 2.5),
        Contrast(whole(TOLD, 1), whole(TOLD), 2.5),
        [1],
        3,
    ),
    "WaveNet": (
        WAVENET.read,
        uncached(lambda x: WAVENET(x)[..., -1]),
        [0, 2, 1, 1, 2],
        3,
    ),
    "joint": (uncached(JOINT.next_logits), uncached(JOINT.next_logits), [1], 3),
    "stopping": (
        search.stopping(NETWORK.read, end=1),
        search.stopping(whole(NETWORK), end=1),
        [2],
        3,
    ),
}


def conditional(model: NextToken, prompt: list[int], places: int) -> Joint:
    """Return the distribution of what follows a prompt, one full pass a prefix."""
    tables: list[Tensor] = []
    for place in range(places):
        prefix = every(place) if place else empty(1)
        given = torch.tensor(prompt, dtype=torch.int64).expand(len(prefix), -1)
        logits, _ = model(torch.cat([given, prefix], dim=1), ())
        tables.append(logits.double().reshape(*[V] * (place + 1)))
    return joint.from_conditionals(tables)


def frequencies(x: Tensor) -> Tensor:
    index = (x * V ** torch.arange(x.shape[1] - 1, -1, -1)).sum(1)
    return torch.bincount(index, minlength=V ** x.shape[1]) / len(x)


def as_drawn(x: Tensor, wanted: Joint) -> bool:
    """Return whether the total variation is what so many draws leave."""
    p = wanted.probability.flatten()
    noise = 0.4 * (p * (1 - p) / len(x)).sqrt().sum()
    return bool((frequencies(x) - p).abs().sum() / 2 < 2.5 * noise)


@pytest.mark.parametrize("name", MODELS)
def test_what_a_state_saves_changes_no_logits(name: str) -> None:
    model, again, prompt, places = MODELS[name]
    x = torch.tensor(prompt, dtype=torch.int64).expand(6, -1)
    for step in sample(model, x, places, seeded(1)):
        before, _ = again(step.x[:, :-1], ())
        torch.testing.assert_close(step.denoised, before, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", MODELS)
def test_samples_have_the_exact_distribution(name: str) -> None:
    model, again, prompt, places = MODELS[name]
    given = torch.tensor(prompt, dtype=torch.int64).expand(DRAWS, -1)
    x = last(sample(model, given, places, seeded(3)))
    assert torch.equal(x[:, : len(prompt)], given)
    assert as_drawn(x[:, len(prompt) :], conditional(again, prompt, places))


@pytest.mark.parametrize("shape", SHAPES)
def test_shaped_samples_have_the_exact_shaped_distribution(shape: Shape) -> None:
    x = last(
        sample(uncached(JOINT.next_logits), empty(DRAWS), N, seeded(3), shape=shape)
    )
    wanted = joint.shaped(JOINT, shape)
    assert as_drawn(x, wanted)
    assert not frequencies(x)[wanted.probability.flatten() == 0].any()
    assert not as_drawn(x, JOINT)


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("name", MODELS)
def test_it_is_all_one_how_much_is_read_at_once(name: str, size: int) -> None:
    model, again, prompt, places = MODELS[name]
    first, most = max(len(prompt), 1), len(prompt) + places - 1
    x = torch.randint(V, (5, most), generator=seeded(4))
    logits, state = model(x[:, :first], ())
    for part in x[:, first:].split(size, dim=1):
        logits, state = model(part, state)
    torch.testing.assert_close(logits, again(x, ())[0], atol=1e-5, rtol=0)


def test_a_state_can_be_less_than_all_that_was_read() -> None:
    start, after = chain(empty(1), ())[0].exp()[0], chain(every(1), ())[0].exp()
    x = last(sample(chain, empty(DRAWS), N, seeded(0)))
    assert as_drawn(x, joint.chain(start, after, N))
    # After a prompt only the last letter counts.
    given = torch.tensor([[1, 0]]).expand(DRAWS, 2)
    x = last(sample(chain, given, 2, seeded(0)))[:, 2:]
    assert as_drawn(x, joint.chain(after[0], after, 2))
    assert not as_drawn(x, joint.chain(after[1], after, 2))


def test_every_sequence_keeps_its_prompt_and_its_label() -> None:
    labels = torch.arange(2).repeat(DRAWS)
    prompts = every(1).repeat_interleave(2 * DRAWS // 3, dim=0)[: 2 * DRAWS]
    labels = labels[: len(prompts)]
    model = partial(TOLD.read, label=labels)
    x = last(sample(model, prompts, 2, seeded(5)))
    for label in range(2):
        for letter in range(V):
            rows = (labels == label) & (prompts[:, 0] == letter)
            wanted = conditional(whole(TOLD, label), [letter], 2)
            other = conditional(whole(TOLD, 1 - label), [letter], 2)
            assert as_drawn(x[rows][:, 1:], wanted)
            assert not as_drawn(x[rows][:, 1:], other)


@pytest.mark.parametrize("scale", [0.0, 1.0, 3.0])
def test_guided_joints_are_guided_by_place(scale: float) -> None:
    free, given = (joint.random(N, V, seeded(k)) for k in range(2))
    model = Contrast(uncached(given.next_logits), uncached(free.next_logits), scale)
    found = conditional(model, [], N)
    assert (
        joint.total_variation(found, joint.guided_by_place(free, given, scale)) < 1e-12
    )


@pytest.mark.parametrize("scale", [-0.5, 0.0, 0.3, 0.7, 1.0, 3.0])
def test_guidance_leaves_the_impossible_impossible(scale: float) -> None:
    tables = torch.tensor([[0.5, 0.3, 0.2, 0.0], [0.2, 0.5, 0.3, 0.0]]).double()
    if scale >= 0:
        tables[1] = torch.tensor([0.4, 0.6, 0.0, 0.0])
    away, toward = (uncached(partial(_always, row.log())) for row in tables)
    found, _ = Contrast(toward, away, scale)(empty(2), ())
    product = tables[0] ** (1 - scale) * tables[1] ** scale
    product[3] = 0.0
    torch.testing.assert_close(
        found.softmax(-1), (product / product.sum()).expand(2, -1)
    )


def test_a_scale_is_finite() -> None:
    with pytest.raises(ValueError, match="guidance scale is nan"):
        Contrast(NETWORK.read, NETWORK.read, float("nan"))


def _always(logits: Tensor, prefix: Tensor) -> Tensor:
    return logits.expand(len(prefix), -1)


def counted(model: NextToken) -> tuple[NextToken, list[int]]:
    calls: list[int] = []

    def told(tokens: Tensor, state: State, /) -> tuple[Tensor, State]:
        calls.append(tokens.shape[1])
        return model(tokens, state)

    return told, calls


def test_a_prompt_is_one_call_and_so_is_every_token() -> None:
    model, calls = counted(NETWORK.read)
    steps = list(sample(model, torch.zeros(2, 1).long(), 3, seeded(0)))
    assert calls == [1, 1, 1]
    assert [step.x.shape[1] for step in steps] == [2, 3, 4]
    assert [step.level for step in steps] == [1 - 1 / 3, 1 - 2 / 3, 0]
    assert torch.equal(steps[0].x, steps[-1].x[:, :2])
    model, calls = counted(NETWORK.read)
    list(sample(model, torch.zeros(2, 3).long(), 1, seeded(0)))
    assert calls == [3]
    # Without guidance the model that is pushed away from is not asked.
    model, calls = counted(NETWORK.read)
    list(sample(Contrast(NETWORK.read, model, 1.0), empty(2), 2, seeded(0)))
    assert not calls


@pytest.mark.parametrize("width", [1, 2, 5, V**N])
@pytest.mark.parametrize("name", MODELS)
def test_beams_take_their_states_along(name: str, width: int) -> None:
    model, again, prompt, places = MODELS[name]
    given = torch.tensor(prompt, dtype=torch.int64)
    found = search.search(model, given, places, width=width)
    expected = search.search(again, given, places, width=width)
    assert torch.equal(found.tokens, expected.tokens)
    torch.testing.assert_close(
        found.log_probability, expected.log_probability, atol=1e-5, rtol=0
    )
    table = conditional(again, prompt, places).log_probability
    assert torch.equal(
        found.tokens[:, : len(prompt)], given.expand(len(found.tokens), -1)
    )
    after = found.tokens[:, len(prompt) :]
    torch.testing.assert_close(
        found.log_probability, table[after.unbind(1)], atol=1e-5, rtol=0
    )
    if width == V**N:
        assert int(table.argmax()) == int(frequencies(after[:1]).argmax())


def test_lengths_that_are_none() -> None:
    with pytest.raises(ValueError, match="length is 0"):
        next(sample(chain, empty(1), 0, seeded(0)))
