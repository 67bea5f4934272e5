"""Networks: shapes, conditioning, starts, and the errors that users meet."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from gendiff.nets import MLP, Banded, Classifier, UNet, layers
from gendiff.nets.autoencoder import Hourglass

Size = tuple[int, ...]
Build = Callable[[], nn.Module]


def wake(net: nn.Module, /) -> nn.Module:
    """Fill what starts at zero, so that everything matters."""
    torch.manual_seed(0)
    for parameter in net.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.1)
    return net


def count(net: nn.Module, /) -> int:
    return sum(parameter.numel() for parameter in net.parameters())


def small(**options: object) -> UNet:
    return UNet(1, **{"widths": (8, 16), **options})


NOISE = torch.tensor([-1.0, 0.3, 2.0])


def image(*size: int) -> Tensor:
    return torch.randn(3, *size, generator=torch.Generator().manual_seed(1))


def test_fourier_features_are_cosines_and_sines_of_the_frequencies() -> None:
    features = layers.fourier_features(torch.tensor([0.0, 0.5]), features=6)
    frequencies = [1.0, 8.0, 64.0]
    expected = [math.cos(f / 2) for f in frequencies]
    expected += [math.sin(f / 2) for f in frequencies]
    torch.testing.assert_close(features[1], torch.tensor(expected))
    assert features[0].tolist() == [1, 1, 1, 0, 0, 0]


def test_fourier_features_stay_exact_for_a_half_precision_input() -> None:
    value = torch.tensor([1.25], dtype=torch.bfloat16)  # a bfloat16 number
    exact = layers.fourier_features(value.double())
    half = layers.fourier_features(value)
    assert half.dtype == torch.float32
    torch.testing.assert_close(half.double(), exact, atol=1e-5, rtol=0)
    with pytest.raises(ValueError, match="even"):
        layers.fourier_features(value, features=5)


@pytest.mark.parametrize(("size", "patch"), [((12,), 2), ((12,), 3), ((6, 9), 3)])
def test_patches_hold_neighbours_and_come_back(size: Size, patch: int) -> None:
    x = image(2, *size)
    folded = layers.patchify(x, patch)
    assert folded.shape[1] == 2 * patch ** len(size)
    assert torch.equal(layers.unpatchify(folded, patch), x)
    corner = x[:, :, :patch] if len(size) == 1 else x[:, :, :patch, :patch]
    first = folded.flatten(2)[:, :, 0]
    assert torch.equal(first.sort().values, corner.flatten(1).sort().values)


def test_halving_averages_and_doubling_repeats() -> None:
    x = torch.arange(4.0).reshape(1, 1, 4)
    assert layers.halve(x).tolist() == [[[0.5, 2.5]]]
    assert layers.double(layers.halve(x)).tolist() == [[[0.5, 0.5, 2.5, 2.5]]]


NETS = [
    ("mlp", lambda: MLP(2, 32, 2, classes=4), (2,)),
    ("unet 28", lambda: small(patch=2, classes=4), (1, 28, 28)),
    ("unet 12x20", lambda: small(blocks=2, classes=4), (1, 12, 20)),
    ("unet 1-D", lambda: small(ndim=1, patch=4, classes=4), (1, 40)),
    (
        "hourglass",
        lambda: Hourglass(1, bottleneck=2, widths=(8, 16), classes=4),
        (1, 12, 12),
    ),
    (
        "hourglass 1-D",
        lambda: Hourglass(1, bottleneck=2, widths=(8, 16), classes=4, ndim=1),
        (1, 16),
    ),
]
EVERY = pytest.mark.parametrize(
    ("build", "size"), [n[1:] for n in NETS], ids=[n[0] for n in NETS]
)


@EVERY
def test_the_output_has_the_input_s_shape_and_starts_at_zero(
    build: Build, size: Size
) -> None:
    x = image(*size)
    assert torch.equal(build()(x, NOISE), torch.zeros_like(x))
    assert wake(build())(x, NOISE).shape == x.shape


@EVERY
def test_every_parameter_learns(build: Build, size: Size) -> None:
    net = wake(build())
    net(image(*size), NOISE, torch.tensor([0, 1, 4])).pow(2).sum().backward()
    unmoved = [name for name, p in net.named_parameters() if not p.grad.any()]
    assert unmoved == []


@EVERY
def test_no_label_is_the_extra_label(build: Build, size: Size) -> None:
    net, x = wake(build()), image(*size)
    free = net(x, NOISE)
    assert torch.equal(net(x, NOISE, torch.full((3,), 4)), free)
    assert not torch.allclose(net(x, NOISE, torch.full((3,), 1)), free)


@EVERY
def test_samples_do_not_see_each_other(build: Build, size: Size) -> None:
    net, x = wake(build()).double(), image(*size).double()
    together = net(x, NOISE.double())
    alone = [net(x[i : i + 1], NOISE[i : i + 1].double()) for i in range(3)]
    torch.testing.assert_close(torch.cat(alone), together)
    assert together.dtype == torch.float64


@EVERY
def test_noise_matters(build: Build, size: Size) -> None:
    net, x = wake(build()), image(*size)
    assert not torch.allclose(net(x, NOISE), net(x, NOISE + 0.1))


@EVERY
def test_bfloat16_runs_under_autocast(build: Build, size: Size) -> None:
    net, x = wake(build()), image(*size)
    with torch.autocast("cpu", torch.bfloat16):
        half = net(x, NOISE)
    whole = net(x, NOISE)
    assert (half.float() - whole).norm() < 0.1 * whole.norm()


@EVERY
def test_a_bfloat16_network_takes_a_float32_noise_level(
    build: Build, size: Size
) -> None:
    net, x = wake(build()), image(*size)
    whole = net(x, NOISE)
    half = net.bfloat16()(x.bfloat16(), NOISE)
    assert half.dtype == torch.bfloat16
    assert (half.float() - whole).norm() < 0.1 * whole.norm()


def test_channels_last_changes_the_layout_only() -> None:
    net, x = wake(small(patch=2)), image(1, 28, 28)
    expected = net(x, NOISE)
    net.to(memory_format=torch.channels_last)
    torch.testing.assert_close(net(x, NOISE), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("ndim", [1, 2])
def test_a_shift_by_whole_coarse_cells_commutes_with_the_unet(ndim: int) -> None:
    net = wake(small(ndim=ndim)).double()
    x = torch.zeros(1, 1, *[64] * ndim, dtype=torch.float64)
    x[(0, 0, *[slice(28, 36)] * ndim)] = image(*[8] * ndim)[0].double()
    axes = tuple(range(2, 2 + ndim))
    moved = net(x.roll([4] * ndim, axes), NOISE[:1].double())
    expected = net(x, NOISE[:1].double()).roll([4] * ndim, axes)
    inner = (..., *[slice(24, 44)] * ndim)  # padding shows near the border only
    error = (moved - expected)[inner].abs().max()
    assert error < 0.02 * expected[inner].abs().max()
    wrong = net(x, NOISE[:1].double()).roll([3] * ndim, axes)
    assert (moved - wrong)[inner].abs().max() > 5 * error


def test_the_hourglass_output_depends_on_the_signal_through_its_code_only() -> None:
    net = wake(Hourglass(1, bottleneck=1, widths=(8, 16))).double()
    x = image(1, 8, 8).double()
    noise = NOISE.double()
    jacobian = torch.autograd.functional.jacobian(
        lambda x: net(x, noise[:1]).flatten(), x[:1]
    ).reshape(64, 64)
    assert torch.linalg.matrix_rank(jacobian, rtol=1e-9) == 16  # 1 x 4 x 4 numbers
    whole = wake(small()).double()
    jacobian = torch.autograd.functional.jacobian(
        lambda x: whole(x, noise[:1]).flatten(), x[:1]
    ).reshape(64, 64)
    assert torch.linalg.matrix_rank(jacobian, rtol=1e-9) > 48


def test_sizes_that_cannot_be_halved_are_refused_with_a_remedy() -> None:
    with pytest.raises(ValueError, match=r"multiple of 4; pad it to \(32, 28\)"):
        small(patch=2)(image(1, 30, 28), NOISE)
    with pytest.raises(ValueError, match="multiple of 2"):
        Hourglass(1, bottleneck=2, widths=(8, 8))(image(1, 7, 8), NOISE)
    with pytest.raises(ValueError, match="ndim=3"):
        UNet(1, ndim=3)
    with pytest.raises(ValueError, match="classes"):
        small()(image(1, 8, 8), NOISE, torch.zeros(3).long())


def test_parameter_counts() -> None:
    assert count(MLP(2, 96, 4)) == 97 * 96 * 5 + 65 * 96 + 3 * 96 + 97 * 2
    assert 1.2e6 < count(UNet(1, patch=2, blocks=2)) < 2e6
    # The hourglass is the U-Net less its bridges (wider convolutions, norms and
    # shortcuts), with a squeeze to the code and back.
    bridges = 9 * (128 * 64 + 64 * 64) + 2 * (128 + 64) + 128 * 64 + (128 * 64 + 64)
    code = 128 * 16 + 16 + 16 * 128 + 128
    hourglass = Hourglass(1, bottleneck=16)
    assert count(UNet(1)) - count(hourglass) == bridges - code


def test_perceptron_takes_its_activation() -> None:
    net = layers.perceptron([3, 5, 5, 2], activation=nn.Sigmoid)
    assert [type(layer) for layer in net] == [
        nn.Linear, nn.Sigmoid, nn.Linear, nn.Sigmoid, nn.Linear,
    ]  # fmt: skip


@pytest.mark.parametrize(("ndim", "size"), [(1, (20,)), (2, (12, 12))])
def test_classifier_learns_from_clean_and_from_noisy_signals(
    ndim: int, size: Size
) -> None:
    torch.manual_seed(0)
    x = torch.randn(64, 1, *size)
    label = (x.flatten(1).mean(1) > 0).long()
    x = x + 2 * label.reshape(-1, *[1] * (ndim + 1))
    for embedding in (0, 32):
        net = Classifier(1, 2, widths=(8, 16, 16), embedding=embedding, ndim=ndim)
        given = (torch.linspace(-1, 1, 64),) if embedding else ()
        optimiser = torch.optim.Adam(net.parameters(), 1e-2)
        for _ in range(15):
            loss = nn.functional.cross_entropy(net(x, *given), label)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        assert (net(x, *given).argmax(1) == label).float().mean() > 0.95
        assert net.features(x, *given).shape == (64, 16)
        assert all(p.grad.any() for p in net.parameters())


def test_classifier_says_what_it_wants_to_be_told() -> None:
    x = image(1, 8, 8)
    with pytest.raises(ValueError, match="embedding=64"):
        Classifier(1, 2)(x, NOISE)
    with pytest.raises(ValueError, match="must be told"):
        Classifier(1, 2, embedding=16)(x)
    with pytest.raises(ValueError, match="multiple of 4"):
        Classifier(1, 2)(image(1, 10, 8))


def test_each_band_has_its_own_network() -> None:
    nets = [wake(MLP(2, 8, 1, classes=2)) for _ in range(3)]
    for net in nets:
        nn.init.normal_(net.last.weight)
    banded = Banded(nets, edges=[0.0, 1.0])
    x, noise = torch.randn(5, 2), torch.tensor([0.5, -3.0, 7.0, 0.2, -0.1])
    label = torch.tensor([0, 1, 2, 0, 1])
    out = banded(x, noise, label)
    for row, index in enumerate([1, 0, 2, 1, 0]):
        one = slice(row, row + 1)
        torch.testing.assert_close(
            out[one], nets[index](x[one], noise[one], label[one])
        )
    out[1].sum().backward()
    touched = [
        net.last.weight.grad is not None and net.last.weight.grad.any() for net in nets
    ]
    assert [bool(t) for t in touched] == [True, False, False]
    with pytest.raises(ValueError, match="1 edges make 2 bands"):
        Banded(nets, edges=[0.0])
    with pytest.raises(ValueError, match="must rise"):
        Banded(nets, edges=[1.0, 0.0])


def test_an_embedding_adds_up_its_labels() -> None:
    torch.manual_seed(0)
    net = layers.Embedding(8, classes=(3, 5))
    one, other = torch.tensor([0, 2, 1]), torch.tensor([4, 0, 3])
    found = net(NOISE, torch.stack([one, other], 1))
    both = net.tables[0](one) + net.tables[1](other)
    bare = net.linear(layers.fourier_features(NOISE))
    torch.testing.assert_close(found, nn.functional.silu(bare + both))
    unknown = torch.tensor([[3, 5]]).expand(3, 2)
    torch.testing.assert_close(net(NOISE), net(NOISE, unknown))


def test_one_label_comes_as_a_row_or_as_a_column() -> None:
    torch.manual_seed(0)
    net = layers.Embedding(8, classes=4)
    label = torch.tensor([3, 0, 4])
    torch.testing.assert_close(net(NOISE, label), net(NOISE, label[:, None]))
    assert [len(t.weight) for t in layers.Embedding(8, classes=[2, 0]).tables] == [3]


@pytest.mark.parametrize(
    ("classes", "shape", "wanted"),
    [
        (0, (3,), "without classes"),
        (4, (3, 2), r"shape \(3,\)"),
        ((4, 2), (3,), r"shape \(3, 2\)"),
        ((4, 2), (3, 3), r"shape \(3, 2\)"),
    ],
)
def test_labels_that_do_not_fit_are_refused(
    classes: int | tuple[int, ...], shape: Size, wanted: str
) -> None:
    net = layers.Embedding(8, classes=classes)
    with pytest.raises(ValueError, match=wanted):
        net(NOISE, torch.zeros(shape).long())


def test_too_few_labels_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(2,\) for a batch of 3.*shape \(3,\)"):
        layers.told(torch.zeros(2).long(), [4], 3, torch.device("cpu"))


def test_one_label_is_that_of_all_and_none_is_unknown() -> None:
    host = torch.device("cpu")
    one = layers.told(torch.tensor([[1, 0]]), [4, 2], 3, host)
    assert [kind.tolist() for kind in one] == [[1, 1, 1], [0, 0, 0]]
    none = layers.told(None, [4, 2], 3, host)
    assert [kind.tolist() for kind in none] == [[4, 4, 4], [2, 2, 2]]
    assert layers.told(None, [], 3, host) == ()
    net = layers.Embedding(8, classes=(4, 2))
    same = net(NOISE, torch.tensor([[1, 0]]).expand(len(NOISE), 2))
    assert torch.equal(net(NOISE, torch.tensor([[1, 0]])), same)


def test_a_unet_takes_several_labels() -> None:
    net = wake(small(classes=(3, 2)))
    x, labels = image(1, 8, 8), torch.tensor([[0, 1], [2, 0], [1, 1]])
    for column in (0, 1):
        other = labels.clone()
        other[:, column] = 0
        assert not torch.equal(net(x, NOISE, labels), net(x, NOISE, other))
