"""Block diffusion: between autoregression and masks, with a cache that is exact."""

import math

import pytest
import torch
from torch import Tensor, nn

from gendiff.discrete import Joint, joint
from gendiff.nets.transformer import Transformer
from gendiff.tokens import masked
from gendiff.tokens.blocks import Blocks, Bound, sight, write

V, N, B = 3, 6, 5


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def built(block: int, reach: int = 0, vocabulary: int = V) -> Blocks:
    torch.manual_seed(0)
    net = Blocks(vocabulary, block, width=16, depth=2, heads=2, reach=reach)
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.3)
    return net.requires_grad_(requires_grad=False)


CLEAN = torch.randint(V, (B, N), generator=seeded(1))
NOISY = CLEAN.where(torch.rand(B, N, generator=seeded(2)) < 0.4, V)


def far(a: Tensor, b: Tensor) -> float:
    return float((a - b).abs().max())


def test_one_block_is_a_network_that_looks_everywhere() -> None:
    net = built(N)
    expected = net.last(net.body(net.tokens(NOISY)))
    assert far(net(NOISY, CLEAN), expected) < 1e-5
    assert far(net(NOISY, CLEAN.flip(0)), expected) < 1e-5
    assert far(net.guess(NOISY, ()), expected) < 1e-5


def test_blocks_of_one_place_are_autoregression() -> None:
    net = built(1)
    causal = Transformer(16, depth=2, heads=2, causal=True)
    causal.load_state_dict(net.body.state_dict())
    causal.requires_grad_(requires_grad=False)
    found = net(torch.full_like(CLEAN, V), CLEAN)
    for place in range(N):
        read = torch.cat([CLEAN[:, :place], torch.full((B, 1), V)], dim=1)
        expected = net.last(causal(net.tokens(read)))[:, -1]
        assert far(found[:, place], expected) < 1e-5


@pytest.mark.parametrize("reach", [0, 3, 5])
@pytest.mark.parametrize("block", [1, 2, 3, 6])
def test_finished_blocks_that_are_kept_change_nothing(block: int, reach: int) -> None:
    net, state = built(block, reach), ()
    full = net(NOISY, CLEAN)
    for start in range(0, N, block):
        part = slice(start, start + block)
        assert far(net.guess(NOISY[:, part], state), full[:, part]) < 1e-5
        state = net.finish(CLEAN[:, part], state)
    # Reading noise in the place of what is finished is another matter.
    if block < N:
        state = net.finish(torch.full((B, block), V), ())
        part = slice(block, 2 * block)
        assert far(net.guess(NOISY[:, part], state), full[:, part]) > 1e-2


@pytest.mark.parametrize("reach", [0, 3, 5])
@pytest.mark.parametrize("block", [1, 2, 3])
def test_no_place_sees_what_is_not_its_own(block: int, reach: int) -> None:
    net = built(block, reach)
    before = net(NOISY, CLEAN)
    for place in range(N):
        own = torch.arange(N) // block == place // block
        later = torch.arange(N) // block > place // block
        other = CLEAN.clone()
        other[:, place] = (other[:, place] + 1) % V
        moved = (net(NOISY, other) - before).abs().amax((0, 2)) > 1e-6
        assert (moved == later).all()
        noise = NOISY.clone()
        noise[:, place] = (noise[:, place] + 1) % (V + 1)
        moved = (net(noise, CLEAN) - before).abs().amax((0, 2)) > 1e-6
        assert (moved == own).all()


def test_who_sees_whom_by_hand() -> None:
    found = sight(4, 2).int().tolist()
    assert found == [
        [1, 1, 0, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0, 0, 0],
        [0, 0, 1, 1, 1, 1, 0, 0],
        [0, 0, 1, 1, 1, 1, 0, 0],
        [0, 0, 0, 0, 1, 1, 0, 0],
        [0, 0, 0, 0, 1, 1, 0, 0],
        [0, 0, 0, 0, 1, 1, 1, 1],
        [0, 0, 0, 0, 1, 1, 1, 1],
    ]


@pytest.mark.parametrize("causal", [True, False])
def test_what_is_told_to_be_seen_is_seen(*, causal: bool) -> None:
    torch.manual_seed(1)
    net = Transformer(16, depth=1, heads=2, causal=causal).double()
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.3).requires_grad_(False)
    h = torch.randn(1, 4, 16, generator=seeded(10)).double()
    sees = torch.rand(4, 4, generator=seeded(11)) < 0.4
    place = torch.tensor([7, 0, 3, 3])
    before, _ = net.attend(h, (), (place, sees))
    for j in range(4):
        changed = h.clone()
        changed[:, j] += 1.0 + torch.arange(16)
        moved = (net.attend(changed, (), (place, sees))[0] - before).abs().amax((0, 2))
        assert ((moved > 1e-9) == (sees[:, j] | (torch.arange(4) == j))).all()
    # Only differences of places count, and which vector stands where.
    later, _ = net.attend(h, (), (place + 5, sees))
    turn = torch.tensor([2, 0, 3, 1])
    turned, _ = net.attend(h[:, turn], (), (place[turn], sees[turn][:, turn]))
    torch.testing.assert_close(later, before)
    torch.testing.assert_close(turned, before[:, turn])


class Exact:
    """What a joint says of noise in a block and clean tokens before."""

    def __init__(self, truth: Joint, block: int) -> None:
        self.truth, self.block = truth, block

    def __call__(self, noisy: Tensor, clean: Tensor) -> Tensor:
        parts: list[Tensor] = []
        for start in range(0, noisy.shape[1], self.block):
            end = start + self.block
            read = torch.full_like(noisy, self.truth.vocabulary)
            read[:, :start], read[:, start:end] = clean[:, :start], noisy[:, start:end]
            parts.append(self.truth.fill(read)[:, start:end])
        return torch.cat(parts, dim=1)


P, Q = joint.random(4, 2, seeded(3)), joint.random(4, 2, seeded(4))


@pytest.mark.parametrize("block", [1, 2, 4])
def test_the_loss_is_the_surprisal_on_average(block: int) -> None:
    tokens = P.sample(20_000, seeded(5))
    for model in (P, Q):
        found = Bound(2, block)(Exact(model, block), (tokens,), seeded(6))
        exact = -model.log_probability[tokens.unbind(1)]
        if block == 1:
            torch.testing.assert_close(found, exact)
        error = float((found - exact).std()) / math.sqrt(len(found))
        assert float((found - exact).mean()) == pytest.approx(0, abs=4 * error + 1e-12)
        assert error < 0.02


def test_one_block_costs_what_masks_do() -> None:
    net, generator = built(N), seeded(7)
    tokens = CLEAN.repeat(400, 1)
    mine = Bound(V, N)(net, (tokens,), generator)
    theirs = masked.Bound(V)(lambda x: net(x, x), (tokens,), generator)
    error = float((mine - theirs).std()) / math.sqrt(len(tokens))
    assert float((mine - theirs).mean()) == pytest.approx(0, abs=4 * error)


@pytest.mark.parametrize("counts", [[2, 1, 0], [2, 0]])
def test_it_writes_the_distribution_of_its_network(counts: list[int]) -> None:
    net = built(2, vocabulary=2)
    every = torch.cartesian_prod(*[torch.arange(2)] * 4)
    chance = torch.ones(len(every))
    for start in (0, 2):
        orders = [(0, 1), (1, 0)]
        sum_of_orders = torch.zeros(len(every))
        for order in orders:
            noisy, each = every.clone(), torch.ones(len(every))
            noisy[:, start : start + 2] = 2
            for place in order:
                table = net(noisy, every).softmax(-1)[:, start + place]
                each = each * table.gather(1, every[:, [start + place]])[:, 0]
                if len(counts) == 3:
                    noisy[:, start + place] = every[:, start + place]
            sum_of_orders += each / len(orders)
        chance = chance * sum_of_orders
    assert float(chance.sum()) == pytest.approx(1, abs=1e-5)
    prompt = torch.zeros(20_000, 0).long()
    steps = list(write(net, prompt, 2, counts, seeded(8)))
    code = (steps[-1].x * torch.tensor([8, 4, 2, 1])).sum(1)
    often = code.bincount(minlength=16) / len(code)
    assert float((often - chance).abs().sum() / 2) < 0.02
    calls = len(counts) - 1
    assert [s.x.shape[1] for s in steps] == [2] * calls + [4] * calls


def test_a_prompt_stays() -> None:
    net = built(2)
    steps = list(write(net, CLEAN[:, :4], 1, [2, 1, 0], seeded(9)))
    assert all((step.x[:, :4] == CLEAN[:, :4]).all() for step in steps)
    assert (steps[-1].x < V).all()
    assert steps[-1].x.shape == (B, 6)


def test_errors_name_the_remedy() -> None:
    with pytest.raises(ValueError, match="multiple of 4"):
        built(4)(NOISY, CLEAN)
    with pytest.raises(ValueError, match="a block of 2"):
        built(2).guess(NOISY, ())
    with pytest.raises(ValueError, match="a block of 4"):
        next(write(built(4), CLEAN, 1, [4, 0], seeded(0)))
    for reach in (1, 4):
        with pytest.raises(ValueError, match="odd number from 3"):
            built(2, reach)
