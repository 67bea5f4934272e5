import math

import pytest
import torch
from torch import Tensor, nn

from gendiff.data import stream
from gendiff.exact import GaussianMixture
from gendiff.families import Flow, image_flow, point_flow
from gendiff.families.flow import Coupling, Mixing, Squeeze, negative_log_density
from gendiff.training import Plan, train

GENERATOR = torch.Generator


def shaken(flow: Flow) -> Flow:
    """Return a flow whose last layers no longer start at zero, in double precision."""
    torch.manual_seed(0)
    for parameter in flow.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return flow.double()


FLOWS = {
    "points": lambda: point_flow(3, depth=3, width=8),
    "images": lambda: image_flow(1, 4, squeezes=2, depth=2, width=8),
}


@pytest.mark.parametrize("name", FLOWS)
def test_inverse_undoes_the_flow(name: str) -> None:
    torch.manual_seed(0)
    flow = shaken(FLOWS[name]())
    x = torch.randn(5, *flow.shape, dtype=torch.float64)
    z, _ = flow(x)
    torch.testing.assert_close(flow.inverse(z), x, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", FLOWS)
def test_log_determinant_is_that_of_the_jacobian(name: str) -> None:
    torch.manual_seed(1)
    flow = shaken(FLOWS[name]())
    x = torch.randn(1, *flow.shape, dtype=torch.float64)

    def latents(flat: Tensor) -> Tensor:
        return flow(flat.reshape(x.shape))[0].flatten()

    jacobian = torch.autograd.functional.jacobian(latents, x.flatten())
    expected = torch.linalg.slogdet(jacobian).logabsdet
    torch.testing.assert_close(flow(x)[1][0], expected, rtol=0, atol=1e-9)


@torch.no_grad()
def test_density_integrates_to_one() -> None:
    torch.manual_seed(2)
    flow = shaken(point_flow(2, depth=2, width=8))
    side = torch.linspace(-15, 15, 601, dtype=torch.float64)
    mass = flow.log_density(torch.cartesian_prod(side, side)).exp().sum() * 0.05**2
    assert float(mass) == pytest.approx(1, abs=1e-3)


@torch.no_grad()
def test_samples_follow_the_density() -> None:
    torch.manual_seed(3)
    flow = shaken(point_flow(2, depth=2, width=8))
    x = flow.generate(4_000, GENERATOR().manual_seed(0))
    surprise = -flow.log_density(x)
    side = torch.linspace(-15, 15, 601, dtype=torch.float64)
    log_p = flow.log_density(torch.cartesian_prod(side, side))
    entropy = float(-(log_p.exp() * log_p).sum() * 0.05**2)
    error = float(surprise.std()) / math.sqrt(len(x))
    assert float(surprise.mean()) == pytest.approx(entropy, abs=4 * error)


def test_training_comes_close_to_the_entropy() -> None:
    means = torch.tensor([[-2.0, 0.0], [2.0, 1.0]], dtype=torch.float64)
    data = GaussianMixture.isotropic(torch.tensor([0.5, 0.5]).double(), means, 0.7)
    torch.manual_seed(0)
    batches = stream(lambda n, g: data.sample(n, g).float(), size=256)
    plan = Plan(steps=400, learning_rate=3e-3)
    flow = train(point_flow(2, depth=4, width=32), negative_log_density, batches, plan)
    x = data.sample(4_000, GENERATOR().manual_seed(1))
    at_zero = torch.zeros((), dtype=torch.float64)
    gap = data.log_density(x, at_zero).mean() - flow.log_density(x.float()).mean()
    assert -0.02 < float(gap) < 0.12


def test_layers_alone() -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 4, 6, 6, dtype=torch.float64)
    mixing = Mixing(4).double()
    y, log_det = mixing(x)
    expected = 36 * torch.linalg.slogdet(mixing.matrix()).logabsdet
    torch.testing.assert_close(log_det, expected.expand(2), rtol=0, atol=1e-9)
    torch.testing.assert_close(mixing.inverse(y), x, rtol=0, atol=1e-9)
    folded, nothing = Squeeze()(x)
    assert folded.shape == (2, 16, 3, 3)
    assert not nothing.any()
    same = Coupling(nn.Conv2d(2, 4, 1).double())
    assert torch.equal(same(x)[0][:, :2], x[:, :2])


@pytest.mark.parametrize(
    ("build", "match"),
    [
        (lambda: point_flow(1), "no halves"),
        (lambda: image_flow(1, 6, squeezes=2), "multiple of 4"),
    ],
)
def test_bad_sizes_are_refused(build, match: str) -> None:  # noqa: ANN001
    with pytest.raises(ValueError, match=match):
        build()
