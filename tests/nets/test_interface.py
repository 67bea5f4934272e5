"""Interface networks: what is carried, and that carrying nothing changes nothing."""

from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from gendiff.grids import geometric
from gendiff.levels import log_normal
from gendiff.nets.interface import Attention, Interface
from gendiff.objectives import Objective, edm_weight
from gendiff.precondition import Preconditioned
from gendiff.record import last
from gendiff.solvers import euler
from gendiff.training import Plan, train

NOISE = torch.tensor([-1.0, 0.3, 2.0])


def image(*size: int) -> Tensor:
    return torch.randn(3, *size, generator=torch.Generator().manual_seed(1))


def small(**options: object) -> Interface:
    sizes = {"width": 16, "latents": 5, "latent_width": 24, "depth": 1, "heads": 2}
    torch.manual_seed(0)
    return Interface(2, (8, 12), **{**sizes, **options})


def awake(**options: object) -> Interface:
    net = small(**options)
    for parameter in net.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.1)
    return net.eval()


X = image(2, 8, 12)


def test_the_output_has_the_input_s_shape_and_starts_at_zero() -> None:
    assert torch.equal(small()(X, NOISE), torch.zeros_like(X))
    assert awake()(X, NOISE).shape == X.shape
    assert awake(out=1)(X, NOISE).shape == (3, 1, 8, 12)
    torch.manual_seed(0)
    wave = Interface(1, (40,), patch=4, width=8, latent_width=8, heads=2)
    assert wave(image(1, 40), NOISE).shape == (3, 1, 40)


def test_zeros_carried_are_nothing_carried() -> None:
    net = awake()
    nothing = torch.zeros(3, 5, 24)
    plain, left = net.run(X, NOISE, None, None)
    assert left.shape == nothing.shape
    torch.testing.assert_close(net.run(X, NOISE, None, nothing)[0], plain)
    torch.testing.assert_close(net(X, NOISE), plain)
    assert not torch.allclose(net.run(X, NOISE, None, left)[0], plain)


def test_what_is_carried_is_normalised_and_added_to_the_start() -> None:
    """Without blocks, what is left is what the latents begin with."""
    net, carried = awake(blocks=0), torch.randn(3, 5, 24)
    assert torch.equal(net.run(X, NOISE, None, None)[1], net.start.expand(3, -1, -1))
    recalled = carried + net.recall(carried)
    unit = functional.rms_norm(recalled, (24,), net.gain, eps=1e-6)
    left = net.run(X, NOISE, None, carried)[1]
    torch.testing.assert_close(left, net.start + unit)


def test_a_fresh_network_ignores_what_is_carried() -> None:
    net = awake()
    net.gain.data.zero_()
    plain, left = net.run(X, NOISE, None, None)
    torch.testing.assert_close(net.run(X, NOISE, None, left)[0], plain)


def test_a_sampler_carries_latents_from_step_to_step() -> None:
    net = awake()
    first, left = net.run(X, NOISE, None, None)
    second, after = net.run(X + 1, NOISE - 1, None, left)
    third, _ = net.run(X, NOISE, None, after)
    with net.carrying():
        assert torch.equal(net(X, NOISE), first)
        assert torch.equal(net(X + 1, NOISE - 1), second)
        assert torch.equal(net(X, NOISE), third)
    assert torch.equal(net(X, NOISE), first)
    with net.carrying():
        assert torch.equal(net(X, NOISE), first)


def test_training_carries_from_a_run_without_gradient() -> None:
    net = awake(carry=1.0).train()
    left = net.run(X, NOISE, None, None)[1].detach()
    expected = net.run(X, NOISE, None, left)[0]
    found = net(X, NOISE)
    assert torch.equal(found, expected)
    ours, known = (
        torch.autograd.grad(each.square().sum(), net.start)
        for each in (found, expected)
    )
    torch.testing.assert_close(ours, known)
    never = awake(carry=0.0).train()
    assert torch.equal(never(X, NOISE), never.run(X, NOISE, None, None)[0])


def test_every_parameter_learns() -> None:
    net = awake(classes=4, carry=1.0).train()
    net(X, NOISE, torch.tensor([0, 1, 4])).square().sum().backward()
    unmoved = [name for name, p in net.named_parameters() if not p.grad.any()]
    assert unmoved == []


def test_samples_do_not_see_each_other_and_labels_matter() -> None:
    net = awake(classes=4).double()
    x, noise, label = X.double(), NOISE.double(), torch.tensor([0, 1, 4])
    together = net(x, noise, label)
    alone = [net(*(a[i : i + 1] for a in (x, noise, label))) for i in range(3)]
    torch.testing.assert_close(torch.cat(alone), together)
    torch.testing.assert_close(together[2], net(x, noise)[2])
    assert not torch.allclose(together[0], net(x, noise)[0])
    assert not torch.allclose(net(x, noise), net(x, noise + 0.1))


def test_patches_meet_through_latents_only() -> None:
    """Without writing, a patch's output depends on that patch alone."""
    net = awake(blocks=1)
    moved = X.clone()
    moved[:, :, :4, :4] += 1
    change = (net(moved, NOISE) - net(X, NOISE)).abs().amax((0, 1))
    assert float(change[4:, 8:].min().detach()) > 0
    nn.init.zeros_(net.blocks[0].write.out.weight)
    alone = (net(moved, NOISE) - net(X, NOISE)).abs().amax((0, 1))
    assert float(alone[:4, :4].min().detach()) > 0
    assert not alone[4:].any()
    assert not alone[:, 4:].any()


def test_attention_is_torchs() -> None:
    torch.manual_seed(0)
    ours, known = (
        Attention(8, 8, heads=2),
        nn.MultiheadAttention(8, 2, batch_first=True),
    )
    ours.out = nn.Linear(8, 8)
    nn.init.zeros_(ours.thought[-1].bias)
    weights = torch.cat([ours.query.weight, ours.key_value.weight])
    known.in_proj_weight.data = weights.detach()
    nn.init.zeros_(known.in_proj_bias)
    known.out_proj.load_state_dict(ours.out.state_dict())
    x, source = image(4, 8), image(6, 8)
    read, _ = known(ours.norm(x), *[ours.source_norm(source)] * 2)
    torch.testing.assert_close(ours(x, source), x + read, rtol=1e-4, atol=1e-5)


def test_it_trains_and_samples_like_any_other() -> None:
    torch.manual_seed(0)
    net = Interface(1, (4, 4), patch=2, width=8, latents=3, latent_width=8, heads=1)
    denoiser = Preconditioned(net, data_std=0.5)
    x0 = 0.5 * torch.randn(16, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    loss = Objective(log_normal(-1.0, 1.2), edm_weight(0.5))
    trained = train(denoiser, loss, lambda _: (x0,), Plan(steps=3))
    grid = geometric(3, high=10.0, low=0.1)
    with trained.net.carrying(), torch.no_grad():
        samples = last(euler(trained, 10 * x0, grid))
    assert samples.shape == x0.shape
    assert samples.isfinite().all()


def test_a_patch_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 5"):
        partial(small, patch=5)()
