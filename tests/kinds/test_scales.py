"""Gains and scale factors in networks, each by hand.

A network learns around a wrong factor, so that only its depth or its speed tells.
Branches are silenced or made the identity here, until the factor stands alone.
"""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from gendiff.audio import WaveNet
from gendiff.audio.wavenet import Gated
from gendiff.families import GSN, PixelCNN
from gendiff.families.flow import Coupling
from gendiff.nets import MLP
from gendiff.nets.layers import Block, Embedding, fourier_features, zeroed
from gendiff.nets.transformer import Layer, rotated
from gendiff.precondition import NoisyClassifier, Preconditioned
from gendiff.types import level


@pytest.fixture(autouse=True)
def fixed() -> None:
    torch.manual_seed(0)


def one(layer: nn.Module, value: float = 1.0) -> None:
    """Make a layer the same number everywhere: its bias."""
    zeroed(layer)
    nn.init.constant_(layer.bias, value)


def test_a_wavenet_layer_halves_the_power_of_its_sum() -> None:
    layer = Gated(3, 2, dilation=2)
    zeroed(layer.onward)
    h = torch.randn(4, 3, 7)
    onward, _ = layer(h)
    torch.testing.assert_close(onward, h[..., 2:] * math.sqrt(0.5))
    one(layer.onward, 2.0)
    torch.testing.assert_close(layer(h)[0], (h[..., 2:] + 2) * math.sqrt(0.5))


def test_a_wavenet_gates_by_a_hyperbolic_tangent_and_a_sigmoid() -> None:
    layer = Gated(1, 1, dilation=1)
    one(layer.gate)
    layer.gate.bias.data[1] = 0.5
    nn.init.ones_(layer.skip.weight)
    nn.init.zeros_(layer.skip.bias)
    _, skip = layer(torch.zeros(1, 1, 2))
    assert float(skip.detach()) == pytest.approx(math.tanh(1) / (1 + math.exp(-0.5)))


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_a_wavenet_divides_its_skips_by_the_root_of_their_number(depth: int) -> None:
    net = WaveNet(4, dilations=(1,) * depth, width=2, skip=3)
    for layer in net.layers:
        one(layer.skip)
    nn.init.zeros_(net.hidden.bias)
    net.hidden.weight.data = torch.eye(3)[..., None]
    nn.init.ones_(net.last.weight)
    logits = net(torch.zeros(1, depth + 2, dtype=torch.int64))
    torch.testing.assert_close(
        logits, torch.full_like(logits, 3 * depth / math.sqrt(depth))
    )


def test_a_gsn_is_noisy_before_and_after_the_squashing() -> None:
    net = GSN(2, 3, hidden_noise=0.3)
    x = torch.randn(4, 2)
    wanted = (net.lift(x) + 0.3).tanh() + 0.3
    torch.testing.assert_close(net.hidden(x, torch.ones_like), wanted)


def test_a_gsn_generates_with_its_own_spread() -> None:
    net = GSN(2, 3)
    nn.init.constant_(net.log_std, math.log(0.2))
    x = torch.randn(4, 2)
    end = net.generate(x, torch.ones_like, steps=1)
    mean = net.decode(net.hidden(x, torch.ones_like))
    torch.testing.assert_close(end, mean + 0.2)
    second = net.generate(x, torch.ones_like, steps=2)
    again = net.decode(net.hidden(mean + 0.2, torch.ones_like))
    torch.testing.assert_close(second, again + 0.2)


def test_attention_divides_by_the_root_of_the_head_s_width() -> None:
    layer = Layer(8, heads=2, causal=True)
    nn.init.normal_(layer.merge.weight)
    h = torch.randn(1, 1, 5, 8)[0]
    query, key, value = (
        part.unflatten(2, (2, 4)).transpose(1, 2)
        for part in layer.project(layer.before_attention(h)).chunk(3, dim=2)
    )
    score = rotated(query) @ rotated(key).mT / math.sqrt(4)
    later = torch.ones(5, 5).triu(1).bool()
    mixed = score.masked_fill(later, -torch.inf).softmax(-1) @ value
    wanted = h + layer.merge(mixed.transpose(1, 2).flatten(2))
    torch.testing.assert_close(layer(h)[0], wanted)  # the perceptron starts at zero


@pytest.mark.parametrize("into", [4, 8])
def test_a_block_adds_its_branch_at_full_size(into: int) -> None:
    block = Block(into, 8, embedding=3, ndim=1)
    x, told = torch.randn(2, into, 6), torch.randn(2, 3)
    torch.testing.assert_close(block(x, told), block.shortcut(x))
    one(block.second)
    torch.testing.assert_close(block(x, told), block.shortcut(x) + 1)


def test_a_block_modulates_by_one_plus_the_scale() -> None:
    block = Block(4, 4, embedding=3, ndim=1)
    x, told = torch.randn(2, 4, 6), torch.randn(2, 3)
    nn.init.normal_(block.second.weight)
    zeroed(block.modulation)
    block.modulation.bias.data = torch.tensor([0.5] * 4 + [0.25] * 4)
    h = block.second_norm(block.first(functional.silu(block.first_norm(x))))
    wanted = x + block.second(functional.silu(1.5 * h + 0.25))
    torch.testing.assert_close(block(x, told), wanted)


def test_a_perceptron_s_layers_add_to_what_came_before() -> None:
    net = MLP(2, 4, 3)
    for layer in net.hidden:
        one(layer)
    net.last.weight.data = torch.eye(4)[:2]
    x, noise = torch.randn(3, 2), torch.randn(3)
    h = net.first(x) + net.mix(net.embed(noise)) + 3
    torch.testing.assert_close(net(x, noise), functional.silu(h)[:, :2])


def test_a_pixelcnn_sees_its_pixels_from_minus_one_to_one() -> None:
    net, seen = PixelCNN(4, width=2, depth=1), list[Tensor]()
    net.first.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    net(torch.tensor([[[0, 1], [2, 3]]]))
    wanted = torch.tensor([[[[-1, -1 / 3], [1 / 3, 1]]]])
    torch.testing.assert_close(seen[0], wanted)


def test_a_coupling_scales_by_e_squared_at_most() -> None:
    for raw, wanted in ((0.1, 2 * math.tanh(0.05)), (50.0, 2.0), (-50.0, -2.0)):
        net = zeroed(nn.Linear(1, 2)).requires_grad_(requires_grad=False)
        net.bias.copy_(torch.tensor([raw, 3.0]))
        out, log_det = Coupling(net)(torch.ones(1, 2))
        assert float(log_det) == pytest.approx(wanted, rel=1e-5)
        assert float(out[0, 1]) == pytest.approx(math.exp(wanted) + 3, rel=1e-5)


Wrap = Callable[[nn.Module], nn.Module]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda net: Preconditioned(net, data_std=0.5),
        lambda net: NoisyClassifier(net, data_std=0.5),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_network_sees_unit_variance_and_a_quarter_of_the_logarithm(
    wrap: Wrap, dtype: torch.dtype
) -> None:
    seen: list[Tensor] = []

    class Spy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(2))

        def forward(self, x: Tensor, noise: Tensor) -> Tensor:
            seen.extend((x, noise))
            return x * self.weight

    x = torch.ones(3, 2, dtype=dtype)
    out = wrap(Spy())(x, level(1.2))
    # 0.5^2 + 1.2^2 = 1.3^2; and whatever the state is in, the network is in float32.
    torch.testing.assert_close(seen[0], torch.full((3, 2), 1 / 1.3))
    torch.testing.assert_close(seen[1], torch.full((3,), math.log(2.4) / 4))
    assert out.isfinite().all()


def test_a_denoiser_in_float64_around_a_network_in_float32() -> None:
    net = Preconditioned(MLP(2, 8, 1), data_std=0.5)
    nn.init.normal_(net.net.last.weight)
    x = torch.randn(4, 2, dtype=torch.float64)
    found = net(x, level(0.7))
    assert found.dtype == torch.float64
    torch.testing.assert_close(found.float(), net(x.float(), level(0.7)))
    both = net.double()(x.float(), level(0.7))
    assert both.dtype == torch.float32
    torch.testing.assert_close(both, found.float())


def test_features_have_amplitude_one_and_embeddings_add_up() -> None:
    value = torch.randn(5)
    features = fourier_features(value, features=8)
    squares = features[:, :4].square() + features[:, 4:].square()
    torch.testing.assert_close(squares, torch.ones(5, 4))
    embed = Embedding(4, classes=3)
    label = torch.tensor([0, 1, 2, 3, 0])
    whole = embed.linear(fourier_features(value)) + embed.tables[0](label)
    torch.testing.assert_close(embed(value, label), functional.silu(whole))
