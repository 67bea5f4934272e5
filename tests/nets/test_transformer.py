"""The transformer: who sees whom, where places are, and that reading on is exact."""

import math

import pytest
import torch
from torch import Tensor, nn

from gendiff.nets.transformer import Layer, Past, Transformer, rotated

WIDTH, N, B, SIZE = 16, 7, 3, 5


def built(*, causal: bool, condition: int = 0) -> Transformer:
    torch.manual_seed(0)
    net = Transformer(WIDTH, depth=2, heads=2, causal=causal, condition=condition)
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.3)
    return net.double().requires_grad_(requires_grad=False)


def drawn(*shape: int, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("condition", [0, SIZE])
@pytest.mark.parametrize("causal", [True, False])
def test_a_causal_network_looks_back_only(condition: int, *, causal: bool) -> None:
    net, h = built(causal=causal, condition=condition), drawn(B, N, WIDTH)
    vector = drawn(B, condition) if condition else None
    before = net(h, vector)
    for place in range(N):
        changed = h.clone()
        changed[:, place] += drawn(WIDTH, seed=2)
        moved = (net(changed, vector) - before).abs().amax((0, 2)) > 1e-9
        assert moved[place:].all()
        assert bool(moved[:place].any()) == (not causal and place > 0)


@pytest.mark.parametrize("condition", [0, SIZE])
@pytest.mark.parametrize("sizes", [(7,), (1,) * 7, (3, 4), (4, 1, 2)])
def test_what_is_read_in_parts_is_read_as_a_whole(
    sizes: tuple[int, ...], condition: int
) -> None:
    net, h = built(causal=True, condition=condition), drawn(B, N, WIDTH)
    vector = drawn(B, condition) if condition else None
    parts: list[Tensor] = []
    past = Past()
    for part in h.split(sizes, dim=1):
        out, past = net.read(part, past, vector)
        parts.append(out)
    torch.testing.assert_close(torch.cat(parts, 1), net(h, vector), rtol=0, atol=1e-12)
    assert past[0][0].shape == (B, 2, N, WIDTH // 2)


def test_a_rotation_is_a_product_of_complex_numbers() -> None:
    x = drawn(2, N, 6)
    w = 1e4 ** (-torch.arange(3).double() / 3)
    turn = torch.exp(1j * (torch.arange(N) + 4)[:, None] * w)
    expected = torch.complex(x[..., ::2], x[..., 1::2]) * turn
    found = rotated(x, 4)
    found = torch.complex(found[..., ::2], found[..., 1::2])
    torch.testing.assert_close(found, expected)
    half = x.bfloat16()
    assert torch.equal(rotated(half, 4), rotated(half.float(), 4).bfloat16())


def test_rotated_products_know_the_difference_of_places_only() -> None:
    query, key = drawn(1, 8).expand(N, 8), drawn(1, 8, seed=2).expand(N, 8)
    products = rotated(query) @ rotated(key).T
    later = rotated(query, 30) @ rotated(key, 30).T
    torch.testing.assert_close(products, later)
    for shift in range(-N + 1, N):
        diagonal = products.diagonal(shift)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal))
    assert products[0].std() > 0.1


def test_attention_by_hand() -> None:
    layer = built(causal=False).layers[0]
    assert isinstance(layer, Layer)
    h = drawn(1, N, WIDTH)

    def normed(x: Tensor, norm: nn.LayerNorm) -> Tensor:
        x = x - x.mean(-1, keepdim=True)
        return x / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt() * norm.weight

    read = normed(h, layer.before_attention)[0] @ layer.project.weight.T
    mixed = torch.zeros(N, WIDTH).double()
    for head in range(2):
        q, k, v = (
            read[:, part * WIDTH + head * 8 : part * WIDTH + head * 8 + 8]
            for part in range(3)
        )
        weight = (rotated(q) @ rotated(k).T / math.sqrt(8)).softmax(-1)
        mixed[:, head * 8 : head * 8 + 8] = weight @ v
    middle = h[0] + mixed @ layer.merge.weight.T
    hidden = nn.functional.gelu(layer.widen(normed(middle, layer.before_mlp)))
    torch.testing.assert_close(layer(h)[0][0], middle + layer.narrow(hidden))


@pytest.mark.parametrize("condition", [0, SIZE])
def test_fresh_layers_do_nothing(condition: int) -> None:
    torch.manual_seed(0)
    net = Transformer(WIDTH, depth=3, heads=2, causal=False, condition=condition)
    h, vector = (
        torch.randn(B, N, WIDTH),
        torch.randn(B, condition) if condition else None,
    )
    torch.testing.assert_close(net(h, vector), net.norm(h))
    trained = torch.optim.SGD(net.parameters(), 0.1)
    for _ in range(2):  # what scales a branch opens first, then the branch learns
        trained.zero_grad()
        (net(h, vector) - torch.randn(B, N, WIDTH)).square().sum().backward()
        trained.step()
    assert all(p.grad is not None and p.grad.any() for p in net.parameters())


def test_the_vector_scales_shifts_and_gates() -> None:
    layer = built(causal=False, condition=SIZE).layers[0]
    assert isinstance(layer, Layer)
    assert layer.modulate is not None
    h, condition = drawn(1, 1, WIDTH), drawn(1, SIZE)
    a, b, c, d, e, f = layer.modulate(condition).chunk(6, dim=-1)
    # A single place gathers its own value.
    value = layer.project(nn.functional.layer_norm(h, [WIDTH]) * (1 + a) + b)
    middle = h + c * layer.merge(value[..., -WIDTH:])
    hidden = layer.widen(nn.functional.layer_norm(middle, [WIDTH]) * (1 + d) + e)
    expected = middle + f * layer.narrow(nn.functional.gelu(hidden))
    torch.testing.assert_close(layer(h, condition=condition)[0], expected)


def test_user_errors_name_the_remedy() -> None:
    with pytest.raises(ValueError, match="width=18"):
        Transformer(18, depth=1, heads=2, causal=True)
    with pytest.raises(ValueError, match="causal=True"):
        built(causal=False).read(drawn(B, N, WIDTH), ())
    with pytest.raises(ValueError, match="of 5 numbers, and was given none"):
        built(causal=True, condition=SIZE)(drawn(B, N, WIDTH))
    with pytest.raises(ValueError, match="of 0 numbers, and was given one"):
        built(causal=True)(drawn(B, N, WIDTH), drawn(B, SIZE))
