"""The surprisal's distribution against counting all sequences, and samples."""

import itertools
import math

import pytest
import torch
from scipy import stats

from gendiff.discrete import Atoms, HiddenChain, Surprisal, chain_by_types, coin
from gendiff.discrete.joint import chain as table_of_chain
from gendiff.discrete.sources import chain_on_lattice, most_likely, table
from gendiff.discrete.surprisal import BIT, is_typical
from gendiff.typicality import Mirage, Sampled, StandardGaussian

INITIAL = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
TRANSITION = torch.tensor(
    [[0.7, 0.2, 0.1], [0.25, 0.5, 0.25], [0.0, 0.4, 0.6]], dtype=torch.float64
)
EPSILON = torch.linspace(0.05, 6, 60, dtype=torch.float64)


def counted(surprisal: torch.Tensor, epsilon: float) -> tuple[float, float]:
    """Return mass and number of sequences in a typical set, one by one."""
    p = (-surprisal).exp()
    entropy = float(torch.special.entr(p).sum())
    inside = (surprisal - entropy).abs() <= epsilon + 1e-9
    return float(p[inside].sum()), float(inside.sum())


def test_membership_includes_the_edges_and_is_in_nats() -> None:
    surprisal = torch.tensor([1.0, 3.0, 3.1, 5.0], dtype=torch.float64)
    assert is_typical(surprisal, 2.0, 1.0).tolist() == [True, True, False, False]
    half_bit = torch.tensor([1.6 * BIT])
    assert is_typical(half_bit, 1.0 * BIT, 0.7 * BIT).all()
    assert not is_typical(half_bit, 1.0 * BIT, 0.5 * BIT).any()
    with pytest.raises(ValueError, match="epsilon is 0"):
        is_typical(surprisal, 2.0, 0.0)


@pytest.mark.parametrize("tosses", [1, 5, 10])
@pytest.mark.parametrize("heads", [0.75, 0.5, 0.1])
def test_coin_equals_counting_all_sequences(tosses: int, heads: float) -> None:
    distribution = coin(tosses, heads)
    surprisal = torch.tensor(
        [
            -sum(math.log(heads if toss else 1 - heads) for toss in sequence)
            for sequence in itertools.product((0, 1), repeat=tosses)
        ],
        dtype=torch.float64,
    )
    assert distribution.entropy == pytest.approx(
        tosses * stats.bernoulli(heads).entropy(), rel=1e-12
    )
    for epsilon in EPSILON.tolist():
        mass, size = counted(surprisal, epsilon)
        at = torch.tensor(epsilon, dtype=torch.float64)
        assert float(distribution.mass(at)) == pytest.approx(mass, abs=1e-12)
        if size:
            assert float(distribution.size(at).exp()) == pytest.approx(size, rel=1e-9)
    assert distribution.least == pytest.approx(float(surprisal.min()), rel=1e-12)


def test_coin_of_many_tosses_is_the_binomial() -> None:
    distribution = coin(4096, 0.75)
    h = torch.arange(4097)
    wanted = torch.as_tensor(stats.binom(4096, 0.75).logpmf(h))
    ordinary = wanted > -700
    assert torch.allclose(
        distribution.log_probability[ordinary], wanted[ordinary], atol=1e-8, rtol=1e-9
    )
    assert distribution.std == pytest.approx(
        math.log(3) * math.sqrt(4096 * 3 / 16), rel=1e-9
    )


@pytest.mark.parametrize("spacing", [0.01, 0.001])
def test_chain_lies_between_its_bounds(spacing: float) -> None:
    joint = table_of_chain(INITIAL, TRANSITION, 7)
    surprisal = -joint.log_probability.flatten()
    surprisal = surprisal[surprisal < torch.inf]
    distribution = chain_on_lattice(INITIAL, TRANSITION, 7, spacing=spacing)
    assert distribution.error <= 7 * spacing / 2
    assert distribution.entropy == pytest.approx(
        joint.entropy(), abs=distribution.error
    )
    assert distribution.least == pytest.approx(
        float(surprisal.min()), abs=distribution.error
    )
    low, high = distribution.bounds(EPSILON)
    exact = torch.tensor(
        [counted(surprisal, e)[0] for e in EPSILON.tolist()], dtype=torch.float64
    )
    assert (low <= exact + 1e-12).all()
    assert (exact <= high + 1e-12).all()
    assert float((high - low).mean()) < 30 * spacing


def test_bounds_move_by_twice_the_error() -> None:
    """An atom and the entropy may each be wrong by the error."""
    atoms = Atoms(
        torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64),
        torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64).log(),
        error=0.1,
    )  # the entropy is 1.9: distances 0.9, 0.1 and 2.1
    low, high = atoms.bounds(torch.tensor([0.2, 0.31, 0.71, 1.05, 1.11, 1.95]).double())
    assert low.tolist() == pytest.approx([0.0, 0.3, 0.3, 0.3, 0.8, 0.8])
    assert high.tolist() == pytest.approx([0.3, 0.3, 0.8, 0.8, 0.8, 1.0])


def test_an_atom_on_the_entropy_is_no_lower_bound() -> None:
    # On a coarse lattice both tokens cost the same and every sequence seems typical.
    # In truth those with one token of each are 0.02 nats off, and the others 0.2.
    rows = torch.tensor([[0.55, 0.45]] * 2, dtype=torch.float64)
    distribution = chain_on_lattice(rows[0], rows, 2, spacing=0.8)
    assert len(distribution.surprisal) == 1
    epsilon = torch.tensor([0.001, 0.1, 1.0], dtype=torch.float64)
    exact = coin(2, 0.55).mass(epsilon)
    assert exact[0] == 0
    low, high = distribution.bounds(epsilon)
    assert (low <= exact + 1e-12).all()
    assert (exact <= high + 1e-12).all()
    assert low[2] == pytest.approx(1)


@pytest.mark.parametrize("places", [1, 2, 7])
def test_types_equal_counting_all_sequences(places: int) -> None:
    joint = table_of_chain(INITIAL, TRANSITION, places).log_probability.flatten()
    surprisal = -joint[joint > -torch.inf]
    distribution = chain_by_types(INITIAL, TRANSITION, places)
    assert distribution.entropy == pytest.approx(
        float((surprisal * (-surprisal).exp()).sum()), rel=1e-12
    )
    assert float(distribution.log_size.exp().sum()) == pytest.approx(
        len(surprisal), rel=1e-9
    )
    for epsilon in EPSILON.tolist():
        mass, size = counted(surprisal, epsilon)
        at = torch.tensor(epsilon, dtype=torch.float64)
        assert float(distribution.mass(at)) == pytest.approx(mass, abs=1e-12)
        if size:
            assert float(distribution.size(at).exp()) == pytest.approx(size, rel=1e-9)


def test_types_of_a_long_chain_lie_between_the_bounds() -> None:
    rows = torch.tensor([[0.9, 0.1], [0.3, 0.7]], dtype=torch.float64)
    first = torch.tensor([0.75, 0.25], dtype=torch.float64)
    distribution = chain_by_types(first, rows, 100)
    # The chain is stationary: the entropy is that of a token and 99 times the rate.
    rate = 0.75 * stats.bernoulli(0.1).entropy() + 0.25 * stats.bernoulli(0.3).entropy()
    start = stats.bernoulli(0.25).entropy()
    assert distribution.entropy == pytest.approx(start + 99 * rate, rel=1e-12)
    rounded = chain_on_lattice(first, rows, 100, spacing=1e-3)
    low, high = rounded.bounds(EPSILON)
    assert (low <= distribution.mass(EPSILON) + 1e-12).all()
    assert (distribution.mass(EPSILON) <= high + 1e-12).all()
    assert distribution.least == pytest.approx(
        most_likely(first, rows, 100)[1], rel=1e-12
    )
    assert float(distribution.size(torch.tensor(1e3).double())) == pytest.approx(
        100 * math.log(2), rel=1e-9
    )


def test_rounded_rows_make_a_distribution_all_the_same() -> None:
    # In float32 a row sums to 1 + 1e-8, which 2,000 places would make 1 + 1e-5.
    distribution = chain_on_lattice(
        INITIAL.float(), TRANSITION.float(), 2_000, spacing=0.1
    )
    assert float(distribution.log_probability.exp().sum()) == pytest.approx(
        1, abs=1e-10
    )


def test_a_table_is_a_distribution_too() -> None:
    joint = table_of_chain(INITIAL, TRANSITION, 5)
    distribution = table(joint.log_probability)
    assert distribution.entropy == pytest.approx(joint.entropy(), rel=1e-12)
    flat = joint.log_probability.flatten()
    surprisal = -flat[flat > -torch.inf]
    assert len(surprisal) < 3**5  # one transition is impossible
    for epsilon in (0.1, 1.0, 3.0):
        at = torch.tensor(epsilon, dtype=torch.float64)
        mass, size = counted(surprisal, epsilon)
        assert float(distribution.mass(at)) == pytest.approx(mass, abs=1e-12)
        assert float(distribution.size(at).exp()) == pytest.approx(size, rel=1e-9)


@pytest.mark.parametrize("places", [1, 6])
def test_most_likely_sequence_of_a_chain(places: int) -> None:
    for seed in range(10):
        generator = torch.Generator().manual_seed(seed)
        rows = torch.rand(4, 3, generator=generator, dtype=torch.float64)
        rows = rows / rows.sum(1, keepdim=True)
        joint = table_of_chain(rows[0], rows[1:], places).log_probability
        tokens, surprisal = most_likely(rows[0], rows[1:], places)
        assert surprisal == pytest.approx(-float(joint.max()), rel=1e-12)
        assert joint[tuple(tokens)] == pytest.approx(float(joint.max()))


@pytest.mark.parametrize("places", [1, 6])
def test_distribution_of_a_hidden_chain(places: int) -> None:
    emission = torch.tensor([[0.9, 0.1], [0.3, 0.7], [0.5, 0.5]], dtype=torch.float64)
    model = HiddenChain(INITIAL, TRANSITION, emission)
    sequences = torch.tensor(list(itertools.product((0, 1), repeat=places)))
    surprisal = model.surprisal(sequences)
    distribution = model.distribution(places)
    torch.testing.assert_close(
        distribution.surprisal.sort().values,
        surprisal.sort().values,
        rtol=1e-12,
        atol=0,
    )
    for epsilon in (0.1, 0.5, 2.0):
        at = torch.tensor(epsilon, dtype=torch.float64)
        assert float(distribution.mass(at)) == pytest.approx(
            counted(surprisal, epsilon)[0]
        )


def test_a_hidden_chain_that_hides_nothing_is_a_chain() -> None:
    model = HiddenChain(INITIAL, TRANSITION, torch.eye(3))
    distribution, known = (
        model.distribution(7),
        table(table_of_chain(INITIAL, TRANSITION, 7).log_probability),
    )
    torch.testing.assert_close(
        distribution.surprisal.sort().values, known.surprisal.sort().values
    )
    # The third token never comes before the first.
    impossible = torch.tensor([[2, 0, 1], [0, 1, 1]])
    surprisal = model.surprisal(impossible)
    assert float(surprisal[0]) == math.inf
    assert float(surprisal[1]) == pytest.approx(-math.log(0.5 * 0.2 * 0.5))


def test_estimates_of_a_long_hidden_chain_meet_its_distribution() -> None:
    emission = torch.tensor([[0.9, 0.1], [0.3, 0.7], [0.5, 0.5]], dtype=torch.float64)
    model = HiddenChain(INITIAL, TRANSITION, emission)
    distribution, generator = model.distribution(14), torch.Generator().manual_seed(5)
    found = Sampled(model.surprisal(model.sample(20_000, 14, generator)))
    entropy = found.estimated_entropy()
    assert (
        entropy.value
        == found.entropy
        == pytest.approx(distribution.entropy, abs=4 * float(entropy.error))
    )
    epsilon = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)
    mass = found.estimated_mass(epsilon, generator)
    assert torch.equal(torch.as_tensor(mass.value), found.mass(epsilon))
    assert ((mass.value - distribution.mass(epsilon)).abs() < 4 * mass.error).all()


def test_chain_without_rounding_is_a_coin() -> None:
    # A symmetric chain repeats or switches: n - 1 tosses after one fair one.
    stay = 0.8
    rows = torch.tensor([[stay, 1 - stay], [1 - stay, stay]], dtype=torch.float64)
    even = torch.tensor([0.5, 0.5], dtype=torch.float64)
    distribution, tosses = (
        chain_on_lattice(even, rows, 12, spacing=BIT / 1000),
        coin(11, stay),
    )
    # log 4 is no multiple of the spacing from log 5/4, so compare within the error
    assert distribution.entropy == pytest.approx(
        tosses.entropy + BIT, abs=distribution.error
    )
    doubling = torch.tensor([[0.5, 0.5], [0.25, 0.75]], dtype=torch.float64)
    assert chain_on_lattice(even, doubling, 5, spacing=0.1).error > 0
    exact = torch.tensor([[0.5, 0.25, 0.25]] * 3, dtype=torch.float64)
    distribution = chain_on_lattice(exact[0], exact, 6, spacing=BIT)
    assert distribution.error < 1e-12
    assert distribution.entropy == pytest.approx(6 * 1.5 * BIT, rel=1e-12)
    low, high = distribution.bounds(EPSILON)
    assert torch.equal(low, high)


def test_hidden_chain_sums_over_hidden_paths() -> None:
    generator = torch.Generator().manual_seed(3)
    emission = torch.tensor([[0.9, 0.1], [0.3, 0.7], [0.5, 0.5]], dtype=torch.float64)
    model = HiddenChain(INITIAL, TRANSITION, emission)
    sequences = torch.tensor(list(itertools.product((0, 1), repeat=4)))
    paths = list(itertools.product(range(3), repeat=4))
    for x, surprisal in zip(sequences, model.surprisal(sequences), strict=True):
        total = sum(
            float(INITIAL[z[0]])
            * math.prod(float(TRANSITION[a, b]) for a, b in itertools.pairwise(z))
            * math.prod(float(emission[s, t]) for s, t in zip(z, x, strict=True))
            for z in paths
        )
        assert float(surprisal) == pytest.approx(-math.log(total), rel=1e-12)
    drawn = model.sample(20_000, 4, generator)
    code = (drawn * torch.tensor([8, 4, 2, 1])).sum(1).bincount(minlength=16) / 20_000
    wanted = (-model.surprisal(sequences)).exp()
    assert float((code - wanted).abs().max()) < 4 * math.sqrt(0.25 / 20_000)


@pytest.mark.parametrize(
    "distribution", [coin(64, 0.75), StandardGaussian(10), Mirage(10)], ids=repr
)
def test_holding_is_the_smallest_width(distribution: Surprisal) -> None:
    epsilon = distribution.holding(0.9)
    at = torch.tensor([epsilon * (1 + 1e-6), epsilon * (1 - 1e-6)]).double()
    enough, less = distribution.mass(at).tolist()
    assert enough >= 0.9 - 1e-9 > less - 1e-5
    assert less < 0.9


def test_a_width_has_all_sequences_that_are_as_far() -> None:
    # 174 and 210 heads are as far from the entropy: both are in, or neither is.
    distribution = coin(256, 0.75)
    epsilon = distribution.holding(0.99)
    inside = (distribution.surprisal - distribution.entropy).abs() <= epsilon * (
        1 + 1e-9
    )
    assert set(inside.nonzero().flatten().tolist()) == set(range(174, 211))
    mass = float(distribution.log_probability[inside].exp().sum())
    size = float(distribution.log_size[inside].logsumexp(0))
    assert float(
        distribution.mass(torch.tensor(epsilon, dtype=torch.float64))
    ) == pytest.approx(mass)
    assert float(
        distribution.size(torch.tensor(epsilon, dtype=torch.float64))
    ) == pytest.approx(size)
    assert size / math.log(2) - 256 == pytest.approx(-27.72, abs=0.02)


def test_many_tosses_have_a_mass_of_one() -> None:
    total = float(coin(100_000, 0.75).log_probability.exp().sum())
    assert abs(total - 1) < 1e-14


def test_estimates_agree_with_the_truth_within_their_errors() -> None:
    distribution, n = StandardGaussian(20), 4_000
    epsilon = torch.tensor([1.0, 3.0, 5.0], dtype=torch.float64)
    misses, errors = [], []
    for k in range(40):
        generator = torch.Generator().manual_seed(k)
        x = torch.randn(n, 20, generator=generator, dtype=torch.float64)
        found = Sampled(-distribution.log_density(x))
        entropy = found.estimated_entropy()
        misses.append((entropy.value - distribution.entropy) / entropy.error)
        mass = found.estimated_mass(epsilon, generator)
        errors.append((mass.value - distribution.mass(epsilon)) / mass.error)
    # Differences in units of their standard errors have a standard deviation of 1.
    assert torch.tensor(misses).square().mean().sqrt() == pytest.approx(1, abs=0.3)
    assert torch.stack(errors).square().mean(0).sqrt().tolist() == pytest.approx(
        [1, 1, 1], abs=0.3
    )


def test_user_errors_name_the_remedy() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        coin(3, 1.5)
    with pytest.raises(ValueError, match="positive spacing"):
        chain_on_lattice(INITIAL, TRANSITION, 3, spacing=0.0)
    with pytest.raises(ValueError, match="0 places"):
        chain_by_types(INITIAL, TRANSITION, 0)
    with pytest.raises(ValueError, match="which rounds"):
        chain_by_types(INITIAL, TRANSITION, 10_000)
    with pytest.raises(ValueError, match="0 places"):
        most_likely(INITIAL, TRANSITION, 0)
    with pytest.raises(ValueError, match="sum to 1"):
        chain_on_lattice(INITIAL, 2 * TRANSITION, 3, spacing=0.1)
    with pytest.raises(ValueError, match="not to 1"):
        Atoms(torch.zeros(2), torch.zeros(2))
    with pytest.raises(ValueError, match="share is 1"):
        coin(3, 0.5).holding(1.0)
    with pytest.raises(ValueError, match="two finite"):
        Sampled(torch.tensor([1.0, torch.inf]))
    with pytest.raises(ValueError, match="sum to 1"):
        HiddenChain(INITIAL, TRANSITION, 2 * TRANSITION)
    with pytest.raises(ValueError, match="be negative"):
        HiddenChain(torch.tensor([1.5, -0.5, 0.0]), TRANSITION, TRANSITION)
    model = HiddenChain(INITIAL, TRANSITION, TRANSITION)
    with pytest.raises(ValueError, match="at place 14 of 40"):
        model.distribution(40)
    with pytest.raises(ValueError, match="0 places"):
        model.distribution(0)


def test_a_typical_set_has_a_size_however_small_a_share_it_is() -> None:
    # Of 2^20000 sequences some 2^-1800 are typical: less than any float.
    n, epsilon = 20_000, 0.1 * 20_000 * math.log(2)
    distribution, number, total = coin(n, 0.75), 1, 0
    for h in range(n + 1):
        surprisal = n * math.log(4) - h * math.log(3)
        total += number if abs(surprisal - distribution.entropy) <= epsilon else 0
        number = number * (n - h) // (h + 1)
    at = torch.tensor(epsilon, dtype=torch.float64)
    assert float(distribution.size(at)) == pytest.approx(math.log(total), rel=1e-9)
    assert math.log2(total) - n < -1_074
    narrow = torch.tensor([1e-9], dtype=torch.float64)
    assert float(coin(7, 0.75).size(narrow)[0]) == -math.inf
