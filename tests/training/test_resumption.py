"""Resuming: what a run is told apart by, and what is kept, restored and counted."""

import json
import math
import os
import pickle
import runpy
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from gendiff.training import Plan, Power, checkpoint, cosine, fit, linear, muon, train
from gendiff.training.randomness import global_state_kept, reseed_global
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


def weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def assert_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        assert torch.equal(tensor, other[name]), name


def run_small(steps: int, folder: Path | None = None) -> dict[str, Tensor]:
    plan = program["plan"](steps)
    arguments = program["network"](), program["loss"], program["batches"], plan
    return weights(train(*arguments, accelerator=HOST, folder=folder))


# What a later process must know


def poly(done: float, p: float) -> float:
    return (1 - done) ** p


def other_poly(done: float, p: float) -> float:
    return (1 - done) ** p / p


@dataclass(frozen=True)
class Bend:
    p: float
    after: Callable[[float], float] = linear

    def __call__(self, done: float) -> float:
        return self.after(done) ** self.p

    def halved(self, done: float) -> float:
        return self(done) / 2


def weighed(weight: Tensor, done: float) -> float:
    return float(weight[0]) * (1 - done)


class Named:
    def __call__(self, done: float) -> float:
        return 1 - done


TOLD_APART: list[Callable[[float], float]] = [
    cosine,
    linear,
    poly,  # type: ignore[list-item]
    other_poly,  # type: ignore[list-item]
    partial(poly, p=2.0),
    partial(poly, p=3.0),
    partial(other_poly, p=2.0),
    partial(min, 1.0),
    partial(max, 1.0),
    Bend(2.0),
    Bend(3.0),
    Bend(2.0, cosine),
    Bend(2.0, partial(poly, p=2.0)),
    Bend(2.0).halved,
    Bend(3.0).halved,
    math.sqrt,
]


def test_decays_are_told_apart_by_what_they_are() -> None:
    told = [Plan(steps=5, decay=decay).describe()["decay"] for decay in TOLD_APART]
    again = [
        Plan(steps=5, decay=pickle.loads(pickle.dumps(decay))).describe()["decay"]  # noqa: S301
        for decay in TOLD_APART
    ]
    assert told == again
    assert len(set(told)) == len(told)
    assert not [text for text in told if "0x" in text]


def test_numbers_of_numpy_are_numbers() -> None:
    told = [
        Plan(steps=5, learning_rate=half, decay=partial(poly, p=half)).describe()
        for half in (0.5, np.float64(0.5))
    ]
    assert json.dumps(told[0]) == json.dumps(told[1])


@pytest.mark.parametrize(
    "decay",
    [
        lambda done: 1 - done,
        partial(lambda done, p: p - done, p=1.0),
        Bend(2.0, lambda done: done),
        Named(),
        partial(weighed, torch.ones(2)),
    ],
)
def test_a_decay_without_a_name_is_refused_at_once_with_a_folder(
    tmp_path: Path, decay: Callable[[float], float]
) -> None:
    plan = Plan(steps=2, decay=decay)
    arguments = program["network"](), program["loss"], program["batches"], plan
    with pytest.raises(ValueError, match=r"decay holds .*functools.partial"):
        fit(*arguments, accelerator=HOST, folder=tmp_path)
    train(*arguments, accelerator=HOST)  # nothing to resume, nothing to refuse


def test_a_partial_is_resumed_in_a_new_process(tmp_path: Path) -> None:
    text = """
import functools, sys, torch
from pathlib import Path
from accelerate import Accelerator
from gendiff.training import Plan, fit
def poly(done, p): return (1 - done) ** p
loss = lambda net, batch, g: net(batch[0]).square().mean(1)
batches = lambda g: (torch.randn(8, 4, generator=g),)
plan = Plan(steps=10, save_every=2, decay=functools.partial(poly, p=2.0))
torch.manual_seed(0)
for now in fit(torch.nn.Linear(4, 4), loss, batches, plan,
               accelerator=Accelerator(cpu=True), folder=Path(sys.argv[1])):
    if now.step in (4, 10): print(now.step); break
"""
    command = [sys.executable, "-c", text, str(tmp_path)]
    said = [
        subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=True).stdout
        for _ in range(2)
    ]
    assert said == [b"4\n", b"10\n"]


OTHER = {
    "steps": 7,
    "learning_rate": 0.5,
    "warm_up": 0.5,
    "decay": linear,
    "clip": 2.0,
    "weight_decay": 0.5,
    "average": Power(0.1),
    "seed": 1,
    "precision": "bf16",
    "optimiser": muon,
}


@pytest.mark.parametrize("field", [f.name for f in fields(Plan)])
def test_a_run_is_resumed_with_the_plan_it_was_begun_with(
    tmp_path: Path, field: str
) -> None:
    def begin(plan: Plan) -> Any:
        arguments = program["network"](), program["loss"], program["batches"], plan
        return fit(*arguments, accelerator=HOST, folder=tmp_path)

    run = begin(Plan(steps=6, save_every=1))
    next(run)
    run.close()
    if field == "save_every":  # how often one looks changes nothing
        rest = list(begin(Plan(steps=6, save_every=2)))
        assert [progress.step for progress in rest] == [2, 3, 4, 5, 6]
    elif field == "seconds":
        with pytest.raises(ValueError, match="holds a run with steps=6, seconds=None"):
            begin(Plan(seconds=5.0))
    else:
        changed = {"steps": 6, field: OTHER[field]}
        with pytest.raises(ValueError, match=rf"holds a run with {field}="):
            begin(Plan(**changed))  # type: ignore[arg-type]


def test_the_number_of_processes_belongs_to_a_run(tmp_path: Path) -> None:
    run_small(6, tmp_path)
    path = checkpoint.newest(tmp_path)
    assert path is not None
    note = path / "run.json"
    record = json.loads(note.read_text())
    record["run"]["processes"] = 2
    note.write_text(json.dumps(record))
    with pytest.raises(ValueError, match="run with processes=2, not 1"):
        run_small(6, tmp_path)


def test_seconds_already_used_are_counted(tmp_path: Path) -> None:
    arguments = program["loss"], program["batches"], Plan(seconds=0.2)
    done = list(
        fit(program["network"](), *arguments, accelerator=HOST, folder=tmp_path)
    )
    path = checkpoint.newest(tmp_path)
    assert path is not None
    record = checkpoint.load(path)[1]
    assert (record["step"], record["seconds"]) == (done[-1].step, done[-1].seconds)
    again = fit(program["network"](), *arguments, accelerator=HOST, folder=tmp_path)
    assert not list(again)


def test_a_resumed_run_tells_seconds_and_share_of_the_whole(tmp_path: Path) -> None:
    plan = Plan(steps=4, save_every=2)
    arguments = program["loss"], program["batches"], plan
    run = fit(program["network"](), *arguments, accelerator=HOST, folder=tmp_path)
    next(run)
    before = next(run)
    run.close()  # type: ignore[attr-defined]
    path = checkpoint.newest(tmp_path)
    assert path is not None
    note = path / "run.json"
    record = json.loads(note.read_text())
    assert record["seconds"] == before.seconds
    note.write_text(json.dumps(record | {"seconds": 1000.0}))
    rest = list(
        fit(program["network"](), *arguments, accelerator=HOST, folder=tmp_path)
    )
    assert [progress.done for progress in rest] == [0.75, 1.0]
    assert all(1000 < progress.seconds < 2000 for progress in rest)


def test_checkpoints_lie_at_multiples_and_at_the_end(tmp_path: Path) -> None:
    plan = Plan(steps=7, save_every=3)
    seen: list[str | None] = []
    arguments = program["network"](), program["loss"], program["batches"], plan
    for _ in fit(*arguments, accelerator=HOST, folder=tmp_path):
        path = checkpoint.newest(tmp_path)
        seen.append(path and path.name[-1])  # type: ignore[arg-type]
    assert seen == [None, None, "3", "3", "3", "6", "7"]


def test_a_checkpoint_holds_weights_average_and_optimiser(tmp_path: Path) -> None:
    plan = Plan(steps=3, average=Power(0.2))
    model = program["network"]()
    arguments = model, program["loss"], program["batches"], plan
    average = train(*arguments, accelerator=HOST, folder=tmp_path)
    path = checkpoint.newest(tmp_path)
    assert path is not None
    parts, _ = checkpoint.load(path)
    assert_same(parts["weights"], weights(model))
    assert_same(parts["average"], weights(average))
    assert not torch.equal(parts["weights"]["0.weight"], parts["average"]["0.weight"])
    kinds = {name.partition(".")[2] for name in parts["optimiser"]}
    assert kinds == {"step", "exp_avg", "exp_avg_sq"}
    assert len(parts["optimiser"]) == 3 * 4
    assert float(parts["optimiser"]["0.step"]) == 3


# Randomness


def test_the_global_stream_is_another_than_the_steps() -> None:
    drawn: list[tuple[Tensor, Tensor]] = []

    def loss(model: nn.Module, batch: Batch, generator: torch.Generator) -> Tensor:
        drawn.append((torch.rand(4), torch.rand(4, generator=generator)))
        return program["loss"](model, batch, generator)

    def nothing(generator: torch.Generator) -> Batch:
        return torch.zeros(8, 3), torch.zeros(8, 2)

    plan = Plan(steps=3)
    train(program["network"](), loss, nothing, plan, accelerator=HOST)
    every = [tuple(values.tolist()) for pair in drawn for values in pair]
    assert len(set(every)) == 6  # and every step's are others


def test_the_global_stream_depends_on_seed_step_and_rank() -> None:
    places = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    seen: set[float] = set()
    with global_state_kept(torch.device("cpu")):
        for place in places:
            reseed_global(*place, torch.device("cpu"))
            first = float(torch.rand(1))
            reseed_global(*place, torch.device("cpu"))
            assert float(torch.rand(1)) == first
            seen.add(first)
    assert len(seen) == len(places)
