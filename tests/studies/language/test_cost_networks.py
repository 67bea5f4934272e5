"""Networks of the page on costs: what is reused, what pools, what is handed on."""

import itertools
import math

import pytest
import torch
from torch import Tensor, nn

from gendiff.discrete import joint
from gendiff.levels import Warped
from gendiff.studies.language import latent_reader, pooled, writers
from gendiff.studies.language.latent_reader import Handing, LatentReader
from gendiff.studies.language.pooled import Pooled, Shifted
from gendiff.studies.language.reuse import Reusing
from gendiff.tokens import embedded
from gendiff.tokens.reader import Reader


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def scattered(net: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    for weight in net.parameters():
        nn.init.normal_(weight, std=0.3)
    return net.requires_grad_(requires_grad=False)


@pytest.fixture
def model() -> embedded.Embedded:
    net = Reader(6, width=16, depth=2, classes=2, reach=3, dimensions=4, levels=8)
    table = embedded.fresh(6, 4)
    whole = embedded.Embedded(net, table, Warped(writers.LOG, 0.5, 60.0))
    scattered(whole)
    return whole


LABEL = torch.tensor([0, 1, 1])


def test_a_full_call_is_the_network_itself(model: embedded.Embedded) -> None:
    z, sigma = torch.randn(3, 8, 4, generator=seeded()), torch.tensor(2.0)
    expected = model(z, sigma, LABEL)
    denoise = Reusing(model, LABEL)
    torch.testing.assert_close(denoise.logits(z, sigma), expected)
    # Where nothing has changed, what is reused is right, in either half.
    torch.testing.assert_close(denoise.logits(z, sigma), expected)
    for _ in range(2):
        torch.testing.assert_close(denoise.logits(z, sigma), expected)
    assert denoise.calls == 3
    full = Reusing(model, LABEL, reuse=False)
    for level in (4.0, 2.0):
        torch.testing.assert_close(
            full.logits(z, torch.tensor(level)),
            model(z, torch.tensor(level), LABEL),
        )
    assert full.calls == 2


def test_half_of_the_context_is_old(model: embedded.Embedded) -> None:
    z, other = torch.randn(2, 3, 8, 4, generator=seeded())
    high, low = torch.tensor(4.0), torch.tensor(1.0)
    denoise = Reusing(model, LABEL)
    context = [
        denoise.logits(x, s) - embedded.likelihood(x, s, model.table)
        for x, s in ((z, high), (other, low), (z, high), (other, low))
    ]
    moved = [(now - context[0]).abs().amax((0, 2)) > 1e-4 for now in context]
    even = torch.arange(8) % 2 == 0
    assert torch.equal(moved[1], even)
    assert not moved[2].any()
    assert torch.equal(moved[3], ~even)
    # What is computed anew sees old places, so it isn't what a full call says.
    fresh = model(other, low, LABEL) - embedded.likelihood(other, low, model.table)
    assert float((fresh - context[1])[:, ::2].abs().max()) > 1e-3


def test_temperature_flattens(model: embedded.Embedded) -> None:
    z, sigma = torch.randn(3, 8, 4, generator=seeded()), torch.tensor(2.0)
    logits = model(z, sigma, LABEL)
    found = Reusing(model, LABEL, temperature=2.0)(z, sigma)
    torch.testing.assert_close(found, (logits / 2).softmax(-1) @ model.table)


STAYS = torch.tensor([[0.9, 0.1], [0.1, 0.9]])


def test_a_chain_is_drawn_as_its_table_has_it() -> None:
    (x,) = pooled.chain(STAYS, places=4, size=40_000)(seeded())
    found = torch.zeros(2, 2, 2, 2).double()
    found.index_put_(x.unbind(1), torch.ones(len(x)).double(), accumulate=True)
    half = torch.tensor([0.5, 0.5]).double()
    truth = joint.chain(half, STAYS.double(), 4)
    assert joint.total_variation(joint.normalised(found.log()), truth) < 0.02


def test_pools_let_everybody_see_everything_and_a_mask_does_not() -> None:
    net = scattered(Pooled(3, width=8, levels=2))
    x = torch.randint(3, (1, 8), generator=seeded())
    assert (pooled.influence(net, x, 3) > 1e-6).all()
    shifted = Shifted(net)  # type: ignore[arg-type]
    seen = pooled.influence(shifted, x, 3) > 1e-6
    assert seen[:, :-1].all()
    assert not seen[:, -1].any()  # nobody is given the last token


def test_influence_has_outputs_in_rows() -> None:
    class Before(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            ahead = torch.cat([torch.zeros_like(x[:, :1]), x[:, :-1]], dim=1)
            return ahead[..., None].float()

    seen = pooled.influence(Before(), torch.zeros(1, 4).long(), 3)
    assert seen.tolist() == torch.eye(4).roll(1, 0).tril().tolist()


def test_losses_of_what_knows_nothing_are_a_bit() -> None:
    net = Pooled(2, width=8, levels=2)  # fresh: all logits are zero
    batch = pooled.chain(STAYS, places=8, size=50)(seeded())
    bound = pooled.masked_loss(net, batch, seeded(), vocabulary=2)
    assert bound.tolist() == pytest.approx([1.0] * 50)
    forward = pooled.forward_loss(Shifted(net), batch, seeded())
    assert forward.tolist() == pytest.approx([1.0] * 50)


def reader() -> LatentReader:
    net = LatentReader(4, 8, width=8, latents=3, depth=1)
    scattered(net)
    return net


X = torch.randint(5, (3, 8), generator=seeded())


def test_latents_are_handed_to_the_same_sequence() -> None:
    net = reader()
    first, left = net.read(X, None)
    torch.testing.assert_close(net(X), first)
    torch.testing.assert_close(net.again(X), net.read(X, left)[0])
    assert float((net.again(X) - first).abs().max()) > 1e-3
    torch.testing.assert_close(
        net.astray(X)[0], net.read(X[:1], left[-1:])[0][0]
    )  # fmt: skip
    # A sequence alone is its own neighbour.
    torch.testing.assert_close(net.astray(X[:1]), net.again(X[:1]))


def test_handing_over_is_paid_for() -> None:
    net, clean = reader(), X.clamp(max=3)
    assert Handing(0.0).price == 1
    assert Handing(0.9).price == pytest.approx(1.3)
    for often, fill in ((0.0, net), (1.0, net.again)):
        found = Handing(often)(net, (clean,), seeded(5))
        chance = seeded(5)
        torch.rand((), generator=chance)
        expected = latent_reader.bits(fill, clean, 4, chance)
        torch.testing.assert_close(found, expected)


def test_bits_of_what_knows_nothing() -> None:
    net = LatentReader(4, 8, width=8, latents=3, depth=1)
    found = latent_reader.bits(net, X.clamp(max=3), 4, seeded())
    assert found.tolist() == pytest.approx([math.log2(4)] * 3)
    assert all(a == b for a, b in itertools.pairwise(found.tolist()))
