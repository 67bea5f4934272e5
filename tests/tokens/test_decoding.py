"""Shapes of the next-token distribution: definitions, and effects on sequences."""

import math
from functools import partial

import pytest
import torch
from hypothesis import given, strategies as st
from torch import Tensor

from gendiff.discrete import joint
from gendiff.tokens import decoding, sampling, search
from gendiff.tokens.decoding import Shape, nucleus, temperature, top_k, typical

DISTRIBUTION = torch.tensor([[0.1, 0.4, 0.2, 0.3]]).double().log()
SHAPES: list[Shape] = [
    partial(temperature, tau=0.6),
    partial(top_k, k=2),
    partial(nucleus, p=0.7),
    partial(typical, p=0.6),
]
rows = st.lists(st.floats(-8, 8), min_size=2, max_size=9).map(
    lambda row: torch.tensor([row], dtype=torch.float64)
)
shares = st.floats(0.01, 1.0)


def kept(logits: Tensor) -> list[int]:
    return (logits[0] > -torch.inf).nonzero()[:, 0].tolist()


def test_by_hand() -> None:
    assert kept(top_k(DISTRIBUTION, k=2)) == [1, 3]
    assert kept(top_k(DISTRIBUTION, k=9)) == [0, 1, 2, 3]
    assert kept(nucleus(DISTRIBUTION, p=0.39)) == [1]
    assert kept(nucleus(DISTRIBUTION, p=0.41)) == [1, 3]  # the one that crosses stays
    assert kept(nucleus(DISTRIBUTION, p=1.0)) == [0, 1, 2, 3]
    sharper = temperature(DISTRIBUTION, tau=0.5).softmax(-1)
    wanted = torch.tensor([[0.01, 0.16, 0.04, 0.09]]).double() / 0.3
    torch.testing.assert_close(sharper, wanted)


def test_typical_can_drop_the_most_probable_token() -> None:
    # One token with 0.3, seventy with 0.01: H = 3.58, the surprisal of the first is
    # 1.20, of the others 4.61, nearer to H.
    distribution = torch.tensor([[0.3, *[0.01] * 70]]).double().log()
    assert 0 not in kept(typical(distribution, p=0.5))
    assert kept(nucleus(distribution, p=0.3)) == [0]


def test_ties_are_kept_in_order_and_not_all() -> None:
    even = torch.zeros(1, 5)
    assert kept(top_k(even, k=2)) == [0, 1]
    assert kept(nucleus(even, p=0.5)) == [0, 1, 2]


@given(logits=rows, share=shares)
def test_nucleus_is_the_smallest_set_of_the_most_probable(
    logits: Tensor, share: float
) -> None:
    p, inside = logits.softmax(-1)[0], kept(nucleus(logits, p=share))
    outside = [i for i in range(len(p)) if i not in inside]
    assert p[inside].sum() >= share - 1e-12
    assert p[inside].sum() - p[inside].min() < share + 1e-12
    assert not outside or p[inside].min() >= p[outside].max()


@given(logits=rows, share=shares)
def test_typical_is_the_smallest_set_nearest_to_the_entropy(
    logits: Tensor, share: float
) -> None:
    p, inside = logits.softmax(-1)[0].tolist(), kept(typical(logits, p=share))
    entropy = -sum(q * math.log(q) for q in p)
    away = [abs(-math.log(q) - entropy) for q in p]
    mass = sum(p[i] for i in inside)
    assert mass >= share - 1e-12
    farthest = max(away[i] for i in inside)
    assert all(away[i] >= farthest - 1e-9 for i in range(len(p)) if i not in inside)
    assert mass - max(p[i] for i in inside if away[i] > farthest - 1e-9) < share + 1e-9


@given(logits=rows, index=st.integers(0, 3))
def test_a_shape_keeps_ratios_or_raises_them_to_a_power(
    logits: Tensor, index: int
) -> None:
    shaped = SHAPES[index](logits)
    inside = kept(shaped)
    assert inside
    power = 1 / 0.6 if index == 0 else 1.0
    torch.testing.assert_close(shaped[0, inside], power * logits[0, inside])


@given(constant=st.floats(-50, 50), index=st.integers(0, 3))
def test_adding_a_constant_changes_nothing(constant: float, index: int) -> None:
    shape = SHAPES[index]
    torch.testing.assert_close(
        shape(DISTRIBUTION + constant).softmax(-1), shape(DISTRIBUTION).softmax(-1)
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_was_cut_stays_cut(dtype: torch.dtype) -> None:
    logits = torch.tensor([[0.0, -torch.inf, 1.0, -torch.inf]], dtype=dtype)
    for shape in (*SHAPES, partial(top_k, k=4), partial(typical, p=1.0)):
        assert set(kept(shape(logits))) <= {0, 2}
        assert shape(logits).dtype == dtype


def test_rows_are_shaped_on_their_own() -> None:
    both = torch.cat([DISTRIBUTION, DISTRIBUTION.flip(-1)])
    for shape in SHAPES:
        torch.testing.assert_close(
            shape(both), torch.cat([shape(DISTRIBUTION), shape(DISTRIBUTION.flip(-1))])
        )


def test_composition_is_from_left_to_right() -> None:
    sharp, two = partial(temperature, tau=0.25), partial(nucleus, p=0.6)
    assert kept(decoding.composed(sharp, two)(DISTRIBUTION)) == [1]
    assert kept(decoding.composed(two, sharp)(DISTRIBUTION)) == [1, 3]
    assert decoding.composed()(DISTRIBUTION) is DISTRIBUTION


def test_temperature_by_place_is_the_tempered_product() -> None:
    distribution = joint.random(3, 3, torch.Generator().manual_seed(4))
    shaped = joint.shaped(distribution, partial(temperature, tau=0.5))
    assert (
        joint.total_variation(shaped, joint.tempered_by_place(distribution, 2.0))
        < 1e-14
    )


BROKEN = {
    "NaN": torch.tensor([[0.0, math.nan, 1.0]]),
    "inf": torch.tensor([[0.0, math.inf, 1.0]]),
    "-inf": torch.tensor([[0.0, 1.0, 2.0], [-math.inf] * 3]),
}


def always(logits: Tensor, /) -> sampling.NextToken:
    return sampling.uncached(lambda _: logits)


@pytest.mark.parametrize("what", BROKEN)
def test_logits_that_are_no_distribution_are_refused(what: str) -> None:
    logits = BROKEN[what]
    rng = seeded(0)
    for use in (
        *SHAPES,
        lambda x: sampling.categorical(x, rng),
        lambda x: list(sampling.sample(always(x), sampling.empty(len(x)), 2, rng)),
        lambda x: search.search(always(x[-1:]), sampling.empty(1)[0], 1, width=3),
    ):
        with pytest.raises(ValueError, match=what):
            use(logits)


@pytest.mark.parametrize("tau", [0.0, -1.0, math.nan, math.inf])
def test_temperatures_that_are_none(tau: float) -> None:
    with pytest.raises(ValueError, match="temperature is"):
        temperature(DISTRIBUTION, tau=tau)


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1, math.nan])
def test_shares_that_are_none(share: float) -> None:
    for shape in (nucleus, typical):
        with pytest.raises(ValueError, match="p is"):
            shape(DISTRIBUTION, p=share)


def test_counts_that_are_none() -> None:
    with pytest.raises(ValueError, match="k is 0"):
        top_k(DISTRIBUTION, k=0)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
