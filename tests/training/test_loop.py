"""Training: resuming, dying, sharing the work, and refusing what makes no sense."""

import itertools
import json
import math
import os
import runpy
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import jaxtyping
import numpy as np
import pytest
import torch
from accelerate import Accelerator
from accelerate.utils import DistributedType
from safetensors.torch import load_file
from torch import Tensor, nn

from gendiff.levels import log_normal, stratified
from gendiff.objectives import Objective, edm_weight
from gendiff.training import (
    Plan,
    Power,
    Progress,
    checkpoint,
    choose_precision,
    constant,
    fit,
    linear,
    precision,
    train,
)
from gendiff.training.randomness import step_generator
from gendiff.types import Batch

PROGRAM = Path(__file__).with_name("training_program.py")
program = runpy.run_path(str(PROGRAM))
HOST = Accelerator(cpu=True)
ENVIRONMENT = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "PYTHONPATH": str(Path(__file__).parents[1]),
    "CUDA_VISIBLE_DEVICES": "",
}


class Awkward(nn.Module):
    """All that makes resuming hard: dropout, running statistics, channels last."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.SiLU(),
            nn.Dropout(0.3),
            nn.Conv2d(4, 3, 3, padding=1),
        ).to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def awkward() -> nn.Module:
    torch.manual_seed(5)
    return Awkward()


def pictures(generator: torch.Generator) -> Batch:
    return (torch.randn(4, 3, 6, 6, generator=generator),)


def restoration(model: nn.Module, batch: Batch, generator: torch.Generator) -> Tensor:
    (x0,) = batch
    x = x0 + torch.randn(x0.shape, generator=generator)
    return (model(x) - x0).square().flatten(1).mean(1)


def weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def assert_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        assert torch.equal(tensor, other[name]), name


def run_small(steps: int, folder: Path | None = None) -> dict[str, Tensor]:
    average = train(
        program["network"](),
        program["loss"],
        program["batches"],
        program["plan"](steps),
        accelerator=HOST,
        folder=folder,
    )
    return weights(average)


# Resuming


@pytest.mark.parametrize("stop", [1, 4, 6, 9])
def test_a_resumed_run_equals_one_that_never_stopped(tmp_path: Path, stop: int) -> None:
    plan = Plan(steps=11, save_every=3, average=Power(0.1), seed=2)
    whole = awkward()
    straight = list(fit(whole, restoration, pictures, plan, accelerator=HOST))

    first = fit(
        awkward(), restoration, pictures, plan, accelerator=HOST, folder=tmp_path
    )
    for progress in first:
        if progress.step == stop:
            break
    first.close()  # type: ignore[attr-defined]
    torch.randn(99)  # whatever happens in between
    model = awkward()
    rest = list(
        fit(model, restoration, pictures, plan, accelerator=HOST, folder=tmp_path)
    )

    assert rest[0].step == stop // 3 * 3 + 1
    assert_same(weights(model), weights(whole))
    assert_same(weights(rest[-1].ema), weights(straight[-1].ema))
    for again, once in zip(rest, straight[-len(rest) :], strict=True):
        assert torch.equal(again.losses, once.losses)
        assert (again.step, again.learning_rate) == (once.step, once.learning_rate)


def test_a_finished_run_is_loaded_and_not_repeated(tmp_path: Path) -> None:
    first = run_small(7, tmp_path)
    plan = program["plan"](7)
    arguments = program["loss"], program["batches"], plan
    model = program["network"]()
    assert not list(fit(model, *arguments, accelerator=HOST, folder=tmp_path))
    assert_same(run_small(7, tmp_path), first)
    loaded = checkpoint.load_average(program["network"](), tmp_path)
    assert_same(weights(loaded), first)


def test_a_run_needs_no_accelerator_to_be_given() -> None:
    arguments = program["loss"], program["batches"], program["plan"](3)
    given = list(fit(program["network"](), *arguments, accelerator=HOST))
    taken = list(fit(program["network"](), *arguments))
    assert [each.loss for each in taken] == pytest.approx([each.loss for each in given])


def test_the_record_says_what_was_run(tmp_path: Path) -> None:
    run_small(6, tmp_path)
    path = checkpoint.newest(tmp_path)
    assert path is not None
    record = json.loads((path / "run.json").read_text())
    assert record["step"] == 6
    assert record["run"]["average"] == "Exponential(rate=0.999)"
    assert record["run"]["decay"] == "cosine"
    assert record["run"]["processes"] == 1
    assert record["versions"]["torch"] == torch.__version__


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_run_loses_at_most_an_interval(tmp_path: Path, how: int) -> None:
    steps, every = 40, program["EVERY"]
    command = [sys.executable, str(PROGRAM), str(tmp_path), str(steps), "0.05"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
        # Shells start background jobs deaf to Ctrl-C, and a child inherits that.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) == 18:
            process.send_signal(how)
            break
    reached = max([18, *(int(line) for line in process.stdout)])
    process.stdout.close()
    assert process.wait() != 0
    path = checkpoint.newest(tmp_path)
    assert path is not None
    saved = checkpoint.load(path)[1]["step"]
    assert reached - every <= saved < steps
    assert_same(run_small(steps, tmp_path), run_small(steps))


# Sharing the work


def test_two_processes_equal_one_on_the_combined_batch(tmp_path: Path) -> None:
    steps = 12
    command = [sys.executable, "-m", "torch.distributed.run"]  # known as torchrun
    command += ["--standalone", "--nproc_per_node", "2", str(PROGRAM), str(tmp_path)]
    command += [str(steps), "0"]
    done = subprocess.run(
        command,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"two gloo processes failed:\n{done.stderr[-3000:]}"
    counter = itertools.count()

    def both(generator: torch.Generator) -> Batch:
        step = next(counter)
        halves = [
            program["batches"](step_generator(program["SEED"], step, rank))
            for rank in (0, 1)
        ]
        return tuple(torch.cat(pair) for pair in zip(*halves, strict=True))

    plan = program["plan"](steps)
    alone = train(program["network"](), program["loss"], both, plan, accelerator=HOST)
    together = load_file(tmp_path / "result.safetensors")
    start = program["network"]().state_dict()
    for name, tensor in alone.state_dict().items():
        torch.testing.assert_close(together[name], tensor, rtol=0, atol=1e-5)
        assert (tensor - start[name]).abs().max() > 1e-3


def test_seed_step_and_rank_each_give_other_draws() -> None:
    places = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (11, 1, 0), (1, 11, 0)]
    draws = {float(torch.rand(1, generator=step_generator(*p))) for p in places}
    assert len(draws) == len(places)
    again = torch.rand(1, generator=step_generator(0, 1, 0))
    assert float(again) in draws


# What a step does


def test_a_step_is_adamw_with_clipping_and_an_average() -> None:
    """Against the loop that one would write by hand."""
    plan = Plan(steps=20, learning_rate=0.05, warm_up=0.2, clip=0.1, decay=linear)
    model = program["network"]()
    for progress in fit(
        model, program["loss"], program["batches"], plan, accelerator=HOST
    ):
        ema = progress.ema

    hand = program["network"]()
    average = [p.detach().clone() for p in hand.parameters()]
    adam = torch.optim.AdamW(hand.parameters(), betas=(0.9, 0.99), weight_decay=0)
    for i in range(20):
        generator = step_generator(0, i, 0)
        middle = (i + 0.5) / 20
        adam.param_groups[0]["lr"] = 0.05 * min(1, middle / 0.2) * (1 - middle)
        adam.zero_grad()
        program["loss"](
            hand, program["batches"](generator), generator
        ).mean().backward()
        norm = sum(float(p.grad.square().sum()) for p in hand.parameters()) ** 0.5
        for p in hand.parameters():
            p.grad *= min(1, 0.1 / norm)
        adam.step()
        keep = min(0.999, (1 + i) / (10 + i))
        for a, p in zip(average, hand.parameters(), strict=True):
            a.mul_(keep).add_(p.detach(), alpha=1 - keep)
    for p, q in zip(model.parameters(), hand.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=1e-4, atol=1e-6)
    for p, a in zip(ema.parameters(), average, strict=True):
        torch.testing.assert_close(p, a, rtol=1e-4, atol=1e-6)


def test_weight_decay_spares_biases() -> None:
    def zero(model: nn.Module, batch: Batch, generator: torch.Generator) -> Tensor:
        return model(batch[0]).sum(1) * 0

    model = program["network"]()
    start = weights(model)
    plan = Plan(steps=10, learning_rate=0.1, weight_decay=1.0, decay=constant)
    train(model, zero, program["batches"], plan, accelerator=HOST)
    for name, tensor in model.state_dict().items():
        shrunk = bool((tensor.abs() < start[name].abs()).all())
        assert shrunk == name.endswith("weight"), name


def test_frozen_parameters_stay() -> None:
    model = program["network"]()
    model[0].requires_grad_(requires_grad=False)
    start = weights(model)
    train(model, program["loss"], program["batches"], Plan(steps=5), accelerator=HOST)
    assert torch.equal(model[0].weight, start["0.weight"])
    assert not torch.equal(model[2].weight, start["2.weight"])
    model.requires_grad_(requires_grad=False)
    with pytest.raises(ValueError, match="unfreeze"):
        train(model, program["loss"], program["batches"], Plan(steps=5))


class Wiener(nn.Module):
    """`gain x + (1 - gain) mean`: the denoisers of Gaussians, with three unknowns."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(2))
        self.line = nn.Linear(1, 1)

    def forward(self, x: Tensor, sigma: Tensor) -> Tensor:
        gain = self.line(sigma.log()[:, None]).sigmoid()
        return gain * x + (1 - gain) * self.mean


def test_it_learns_the_denoiser_of_a_gaussian() -> None:
    std, mean = 0.5, torch.tensor([1.0, -1.0])

    def batches(generator: torch.Generator) -> Batch:
        return (mean + std * torch.randn(256, 2, generator=generator),)

    torch.manual_seed(0)
    objective = Objective(stratified(log_normal(-1.0, 1.2)), edm_weight(std))
    plan = Plan(steps=400, learning_rate=5e-2, average=Power(0.1))
    net = train(Wiener(), objective, batches, plan, accelerator=HOST)
    # gain = 1 / (1 + (sigma / std)^2) = sigmoid(2 log std - 2 log sigma)
    line = net.get_submodule("line").state_dict()
    assert float(line["weight"]) == pytest.approx(-2, abs=0.1)
    assert float(line["bias"]) == pytest.approx(2 * math.log(std), abs=0.1)
    torch.testing.assert_close(net.get_parameter("mean"), mean, rtol=0, atol=0.05)


def test_the_learning_rate_rises_and_falls_with_the_budget() -> None:
    plan = Plan(steps=200, learning_rate=2.0, warm_up=0.1)
    rates = [
        p.learning_rate
        for p in fit(
            program["network"](),
            program["loss"],
            program["batches"],
            plan,
            accelerator=HOST,
        )
    ]
    assert rates[0] == pytest.approx(2 * 0.025, rel=1e-3)
    assert max(rates) == pytest.approx(2 * (1 + math.cos(math.pi * 0.1)) / 2, rel=0.01)
    assert rates[99] == pytest.approx(1, rel=0.02)
    assert 0 < rates[-1] < 1e-3


def test_a_budget_of_seconds_ends_in_time() -> None:
    plan = Plan(seconds=0.3)
    steps = list(
        fit(
            program["network"](),
            program["loss"],
            program["batches"],
            plan,
            accelerator=HOST,
        )
    )
    shares = [p.done for p in steps]
    assert len(shares) > 3
    assert all(0 <= p.learning_rate <= plan.learning_rate for p in steps)
    assert steps[0].learning_rate > 0
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_progress_tells_losses_and_the_network_to_use() -> None:
    seen: list[Progress] = []

    def watch(steps: Any) -> Any:
        for progress in steps:
            seen.append(progress)
            yield progress

    net = train(
        awkward(),
        restoration,
        pictures,
        Plan(steps=4),
        accelerator=HOST,
        progress=watch,
    )
    assert [p.step for p in seen] == [1, 2, 3, 4]
    assert [p.done for p in seen] == [0.25, 0.5, 0.75, 1.0]
    assert seen[0].losses.shape == (4,)
    assert not seen[0].losses.requires_grad
    assert seen[0].loss == pytest.approx(float(seen[0].losses.mean()))
    assert seen[-1].ema is net
    assert not net.training
    assert not any(p.requires_grad for p in net.parameters())


def test_global_randomness_is_given_back() -> None:
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    model = awkward()
    torch.manual_seed(11)
    train(model, restoration, pictures, Plan(steps=2), accelerator=HOST)
    assert torch.equal(torch.rand(3), expected)


def test_a_consumer_may_look_at_the_network() -> None:
    plan = Plan(steps=5, seed=1)
    looked, left = awkward(), awkward()
    for _ in fit(looked, restoration, pictures, plan, accelerator=HOST):
        looked.eval()
    train(left, restoration, pictures, plan, accelerator=HOST)
    assert_same(weights(looked), weights(left))


def test_bf16_trains_float32_weights() -> None:
    plan = Plan(steps=3, precision="bf16")
    types: set[torch.dtype] = set()

    def loss(model: nn.Module, batch: Batch, generator: torch.Generator) -> Tensor:
        out = model(batch[0])
        types.add(out.dtype)
        return (out - batch[1]).square().mean(1)

    net = train(program["network"](), loss, program["batches"], plan, accelerator=HOST)
    assert types == {torch.bfloat16}
    assert net(torch.zeros(1, 3)).dtype == torch.float32


# What makes no sense


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "steps=None, seconds=None: give exactly one"),
        ({"steps": 5, "seconds": 1.0}, r"steps=5, seconds=1\.0: give exactly one"),
        ({"steps": 0}, "steps is 0; give a whole number, at least 1"),
        ({"seconds": -1.0}, r"seconds is -1\.0; give a positive"),
        ({"seconds": math.inf}, "seconds is inf"),
        ({"steps": 5, "learning_rate": -1e-3}, r"learning_rate is -0\.001; give such"),
        ({"steps": 5, "learning_rate": math.nan}, "learning_rate is nan"),
        ({"steps": 5, "warm_up": 100.0}, r"warm_up is 100\.0; give a fraction"),
        ({"steps": 5, "clip": 0.0}, r"clip is 0\.0"),
        ({"steps": 5, "weight_decay": -1.0}, r"weight_decay is -1\.0"),
        ({"steps": 5, "save_every": 0}, "save_every is 0"),
    ],
)
def test_a_plan_that_makes_no_sense(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Plan(**arguments)


@pytest.mark.parametrize("name", ["steps", "save_every"])
def test_steps_are_counted(name: str) -> None:
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)  # as outside of the tests
    try:
        with pytest.raises(ValueError, match=rf"{name} is 1\.5; give a whole number"):
            Plan(**({"steps": 5} | {name: 1.5}))  # pyright: ignore[reportArgumentType]
        other = Plan(steps=np.int64(5))  # pyright: ignore[reportArgumentType]
        assert other.used(5, 0.0) == 1.0
    finally:
        jaxtyping.config.update("jaxtyping_disable", before)


def test_a_precision_that_is_not_one() -> None:
    plan = Plan(steps=5)
    object.__setattr__(plan, "precision", "fp16")
    with pytest.raises(ValueError, match="precision is 'fp16'; give 'no' or 'bf16'"):
        plan.__post_init__()


def test_a_folder_of_another_plan(tmp_path: Path) -> None:
    run_small(6, tmp_path)
    with pytest.raises(ValueError, match=r"run with steps=6, not 8; give another"):
        run_small(8, tmp_path)
    with pytest.raises(ValueError, match=r"learning_rate=0\.001, average='Expo"):
        fit(
            program["network"](),
            program["loss"],
            program["batches"],
            Plan(
                steps=6,
                seed=3,
                weight_decay=0.01,
                learning_rate=1.0,
                average=Power(0.1),
            ),
            accelerator=HOST,
            folder=tmp_path,
        )


def test_a_folder_of_another_network(tmp_path: Path) -> None:
    run_small(6, tmp_path)
    arguments = program["loss"], program["batches"], program["plan"](6)
    with pytest.raises(ValueError, match="weights of another network"):
        train(nn.Linear(3, 2), *arguments, accelerator=HOST, folder=tmp_path)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite(tmp_path: Path, value: float) -> None:
    def loss(model: nn.Module, batch: Batch, generator: torch.Generator) -> Tensor:
        losses = program["loss"](model, batch, generator)
        return losses * value if len(seen) == 7 else losses

    seen: list[int] = []
    model = program["network"]()
    run = fit(
        model,
        loss,
        program["batches"],
        program["plan"](20),
        accelerator=HOST,
        folder=tmp_path,
    )
    with pytest.raises(ValueError, match=r"not finite at step 7 .*learning rate"):
        seen.extend(progress.step for progress in run)
    assert all(p.isfinite().all() for p in model.parameters())
    path = checkpoint.newest(tmp_path)
    assert path is not None
    assert path.name == "step-00000005"


def test_a_loss_that_is_one_number() -> None:
    def loss(model: nn.Module, batch: Batch, generator: torch.Generator) -> Tensor:
        return model(batch[0]).mean()

    with pytest.raises(ValueError, match=r"shape \(\); return one number a sample"):
        train(program["network"](), loss, program["batches"], Plan(steps=1))


# Whole numbers


def test_images_of_bytes_are_refused_with_a_remedy() -> None:
    objective = Objective(log_normal(-1.0, 1.0), edm_weight(0.5))

    def images(generator: torch.Generator) -> Batch:
        return (torch.randint(256, (4, 2), generator=generator, dtype=torch.uint8),)

    with pytest.raises(ValueError, match=r"the data are torch.uint8; convert .* 127.5"):
        train(Wiener(), objective, images, Plan(steps=2), accelerator=HOST)


@pytest.mark.parametrize("dtype", [torch.float32, torch.int64])
def test_a_loss_without_a_gradient_is_refused(dtype: torch.dtype) -> None:
    def loss(model: nn.Module, batch: Batch, generator: torch.Generator) -> Tensor:
        return model(batch[0]).detach().sum(1).to(dtype)

    arguments = program["network"](), loss, program["batches"]
    with pytest.raises(ValueError, match=rf"type {dtype}, has no gradient"):
        train(*arguments, Plan(steps=1), accelerator=HOST)
    with pytest.raises(ValueError, match="has no gradient"):
        choose_precision(*arguments, seconds=0.0)


# Precision


def test_the_faster_precision_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    def choose(plain: float, short: float) -> str:
        times: dict[str, float] = {"no": plain, "bf16": short}

        def took(*args: Any) -> float:
            return times[args[3]]

        monkeypatch.setattr(precision, "_step_time", took)
        return choose_precision(
            program["network"](), program["loss"], program["batches"], seconds=0.0
        )

    assert choose(1.0, 0.5) == "bf16"
    assert choose(1.0, 0.95) == "no"
    assert choose(1.0, 10.0) == "no"


def test_the_probe_leaves_the_network_alone() -> None:
    model = awkward()
    start, state = weights(model), torch.random.get_rng_state()
    assert choose_precision(model, restoration, pictures, seconds=0.01) in {
        "no",
        "bf16",
    }
    assert_same(weights(model), start)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(p.grad is None for p in model.parameters())


class Asking(Accelerator):
    """An accelerator that was launched for something else."""

    def __init__(self, kind: DistributedType, precision: str) -> None:
        self.kind, self.asked = kind, precision

    @property
    def distributed_type(self) -> DistributedType:
        return self.kind

    @property
    def mixed_precision(self) -> str:
        return self.asked


@pytest.mark.parametrize(
    ("kind", "precision", "message"),
    [
        (DistributedType.NO, "fp16", "mixed precision fp16"),
        (DistributedType.FSDP, "no", "of type FSDP"),
    ],
)
def test_an_accelerator_that_asks_for_more(
    kind: DistributedType, precision: str, message: str
) -> None:
    arguments = program["loss"], program["batches"], Plan(steps=1)
    with pytest.raises(ValueError, match=message):
        fit(program["network"](), *arguments, accelerator=Asking(kind, precision))
