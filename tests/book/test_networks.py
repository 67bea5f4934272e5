"""A network that a run trains once: what it is, when it is trained again."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gendiff.book import networks
from gendiff.book.run import Run, derived
from gendiff.data import stream
from gendiff.training import Plan, train
from gendiff.types import Batch

RUN = Run("chapter", "smoke", 0)
PLAN = Plan(steps=3, learning_rate=0.1)
DATA = torch.arange(8.0)[:, None]
build = partial(nn.Linear, 1, 1)


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GENDIFF_CACHE", str(tmp_path))
    monkeypatch.delenv("GENDIFF_NO_MEMO", raising=False)
    return tmp_path / "memo"


def batches(data: Tensor = DATA) -> Any:
    return partial(_drawn, data)


def _drawn(data: Tensor, generator: torch.Generator) -> Batch:
    return (data[torch.randint(len(data), (4,), generator=generator)],)


def loss(net: nn.Module, batch: Batch, generator: torch.Generator) -> Tensor:
    del generator
    return (net(batch[0]) - 2 * batch[0]).square().mean(1)


def entries(store: Path) -> int:
    return len(list(store.glob("*/value.json")))


def test_it_is_what_training_by_hand_under_its_seed_gives() -> None:
    found = RUN.trained(build, loss, batches(), PLAN)
    seed = derived(0, "trained/0")
    torch.manual_seed(seed)
    by_hand = train(
        build(), loss, batches(), Plan(steps=3, learning_rate=0.1, seed=seed)
    )
    torch.testing.assert_close(found.weight, by_hand.weight, rtol=0, atol=0)
    assert not found.training
    assert not any(p.requires_grad for p in found.parameters())


def test_it_is_trained_once(store: Path) -> None:
    first = RUN.trained(build, loss, batches(), PLAN, label="one")
    again = RUN.trained(build, loss, batches(), PLAN, label="another label")
    assert entries(store) == 1
    torch.testing.assert_close(first.weight, again.weight, rtol=0, atol=0)


def other_loss(net: nn.Module, batch: Batch, generator: torch.Generator) -> Tensor:
    return loss(net, batch, generator) + net(batch[0]).square().mean(1)


@pytest.mark.parametrize(
    "changed",
    [
        {"build": partial(nn.Linear, 1, 1, bias=False)},
        {"loss": other_loss},
        {"batches": batches(DATA + 1)},
        {"plan": Plan(steps=4, learning_rate=0.1)},
        {"plan": Plan(steps=3, learning_rate=0.1, seed=1)},
        {"run": Run("chapter", "smoke", 1)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_another_training_is_another_network(
    store: Path, changed: dict[str, Any]
) -> None:
    usual = {"run": RUN, "build": build, "loss": loss, "batches": batches()}
    usual["plan"] = PLAN
    found: list[Any] = []
    for given in (usual, usual | changed):
        run, *rest = given.values()
        found.append(run.trained(*rest))
    assert entries(store) == 2
    assert not torch.equal(found[0].weight, found[1].weight)


def test_another_device_trains_its_own(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one kind of machine has learnt is not shown as another's."""
    ready = partial(networks.trained, build, loss, batches(), PLAN, seed=0)
    ready(device=torch.device("cpu"))
    monkeypatch.setattr(nn.Linear, "to", lambda self, _: self)
    ready(device=torch.device("meta"))
    assert entries(store) == 2


@dataclass
class Interrupted:
    """A loss that fails once, at the given call."""

    at: int
    calls: int = 0

    def __identity__(self) -> tuple[int]:
        return (self.at,)

    def __call__(
        self, net: nn.Module, batch: Batch, generator: torch.Generator
    ) -> Tensor:
        self.calls += 1
        if self.calls == self.at:
            raise KeyboardInterrupt
        return loss(net, batch, generator)


def test_an_interrupted_training_goes_on_where_it_was(store: Path) -> None:
    plan = Plan(steps=40, learning_rate=0.01, save_every=10)
    broken = Interrupted(at=26)
    with pytest.raises(KeyboardInterrupt):
        RUN.trained(build, broken, batches(), plan)
    assert entries(store) == 0
    found = RUN.trained(build, broken, batches(), plan)
    assert broken.calls == 26 + 20
    straight = RUN.trained(build, Interrupted(at=99), batches(), plan)
    assert torch.equal(found.weight, straight.weight)
    assert not list((store.parent / "unfinished").iterdir())


def test_the_global_generator_is_left_as_it_was(store: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    for _ in range(2):
        torch.manual_seed(5)
        RUN.trained(build, loss, batches(), PLAN)
        torch.testing.assert_close(torch.rand(1), expected, rtol=0, atol=0)


def doubled(net: nn.Linear) -> nn.Linear:
    with torch.no_grad():
        net.weight *= 2
    return net


def test_a_training_of_another_kind_is_kept_too(store: Path) -> None:
    found = [RUN.fitted(build, doubled) for _ in range(2)]
    torch.manual_seed(derived(0, "fitted/0"))
    torch.testing.assert_close(found[1].weight, 2 * build().weight, rtol=0, atol=0)
    assert torch.equal(found[0].weight, found[1].weight)
    assert entries(store) == 1
    other = RUN.fitted(build, doubled, number=1)
    assert not torch.equal(other.weight, found[0].weight)


class Noisy(nn.Module):
    """A network with something random that is no weight."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.directions = torch.randn(3)


def test_what_is_random_and_no_weight_comes_back_too() -> None:
    first, again = (RUN.fitted(Noisy, lambda net: net) for _ in range(2))
    assert torch.equal(first.directions, again.directions)


def test_what_cannot_enter_a_key_is_refused() -> None:
    generator = torch.Generator()
    with pytest.raises(ValueError, match="cannot enter a memo's key"):
        RUN.trained(
            build, loss, lambda _: (torch.rand(4, 1, generator=generator),), PLAN
        )


def test_the_library_s_batches_can_be_trained_on() -> None:
    def points(n: int, generator: torch.Generator) -> Iterator[Tensor] | Tensor:
        return torch.rand(n, 1, generator=generator)

    found = RUN.trained(build, loss, stream(points, size=4), PLAN)
    assert found.weight.isfinite().all()
