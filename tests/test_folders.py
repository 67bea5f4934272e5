"""Folders of checkpoints: who may write, what a full disk leaves, compiled networks."""

import gc
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from filelock import FileLock, Timeout
from safetensors import SafetensorError
from torch import Tensor, nn

from gendiff.training import Plan, checkpoint, fit, train
from gendiff.types import Batch

PROGRAM = Path(__file__).parent / "training" / "training_program.py"
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


# One writer a folder


HOLDS = """
import sys, time, torch
from pathlib import Path
from accelerate import Accelerator
from gendiff.training import Plan, fit
plan = Plan(steps=2, seed=int(sys.argv[2]), save_every=1)
loss = lambda net, batch, g: net(batch[0]).square().mean(1)
for now in fit(torch.nn.Linear(4, 4), loss, lambda g: (torch.randn(8, 4, generator=g),),
               plan, accelerator=Accelerator(cpu=True), folder=Path(sys.argv[1])):
    print(now.step, flush=True)
    sys.stdin.readline()
"""


def test_a_second_process_is_told_at_once(tmp_path: Path) -> None:
    def start(seed: int) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", HOLDS, str(tmp_path), str(seed)]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=ENVIRONMENT
        )

    first = start(1)
    assert first.stdout is not None
    assert first.stdout.readline() == "1\n"
    second = start(2)
    said, error = second.communicate()
    assert second.returncode == 1
    assert said == ""
    last = error.strip().splitlines()[-1]
    assert last.startswith("ValueError: another process is training into")
    assert str(tmp_path) in last
    first.kill()  # the lock of the dead blocks nobody
    first.communicate()
    third = start(1)
    assert third.communicate("\n")[0] == "2\n"
    assert third.returncode == 0


def test_a_run_left_in_the_middle_blocks_none_in_this_process(tmp_path: Path) -> None:
    plan = Plan(steps=4, save_every=1)
    arguments = program["loss"], program["batches"], plan
    left = fit(program["network"](), *arguments, accelerator=HOST, folder=tmp_path)
    next(left)
    rest = fit(program["network"](), *arguments, accelerator=HOST, folder=tmp_path)
    assert [progress.step for progress in rest] == [2, 3, 4]


def test_the_folder_is_free_after_every_end(tmp_path: Path) -> None:
    def free() -> bool:
        lock = FileLock(tmp_path / "training.lock")  # not the one of this process
        with lock.acquire(blocking=False):
            return True

    arguments = program["network"](), program["loss"], program["batches"]
    plan = Plan(steps=4, save_every=1)
    run = fit(*arguments, plan, accelerator=HOST, folder=tmp_path)
    with pytest.raises(Timeout):
        free()
    del run  # never begun
    gc.collect()
    assert free()
    run = fit(*arguments, plan, accelerator=HOST, folder=tmp_path)
    next(run)
    run.close()  # type: ignore[attr-defined]
    assert free()
    with pytest.raises(ValueError, match="holds a run") as refused:
        fit(*arguments, Plan(steps=5), accelerator=HOST, folder=tmp_path)
    assert free()  # even while the traceback holds on to the run
    del refused
    train(*arguments, plan, accelerator=HOST, folder=tmp_path)
    assert free()

    def broken(model: nn.Module, batch: Batch, generator: torch.Generator) -> Tensor:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stopped:
        train(
            program["network"](),
            broken,
            program["batches"],
            Plan(steps=4, save_every=1),
            accelerator=HOST,
            folder=tmp_path / "other",
        )
    with FileLock(tmp_path / "other" / "training.lock").acquire(blocking=False):
        del stopped


def test_a_folder_that_cannot_be_written_is_told_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ValueError, match=r"file/run cannot be written .*give a folder"):
        run_small(6, tmp_path / "file" / "run")
    first = run_small(6, tmp_path / "run")

    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(checkpoint, "claim", refuse)
    # What is finished is only read.
    assert_same(run_small(6, tmp_path / "run"), first)


def test_a_disk_that_fills_up_ends_a_run_at_its_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(steps=6, save_every=2)
    arguments = program["network"](), program["loss"], program["batches"], plan
    run = fit(*arguments, accelerator=HOST, folder=tmp_path)
    next(run)
    next(run)

    def full(tensors: dict[str, Tensor], path: Path) -> None:
        path.write_bytes(b"half")
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(checkpoint, "save_file", full)
    next(run)
    message = r"step-00000004 cannot be written \(I/O error: No space.* make room"
    with pytest.raises(ValueError, match=message):
        next(run)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["step-00000002", "training.lock"]
    monkeypatch.undo()
    model = program["network"]()
    arguments = model, program["loss"], program["batches"], plan
    rest = fit(*arguments, accelerator=HOST, folder=tmp_path)
    assert [progress.step for progress in rest] == [3, 4, 5, 6]


# Compiled networks


@pytest.mark.parametrize("part", ["whole", "inner"])
@pytest.mark.parametrize("compiled", ["first", "then"])
def test_a_compiled_network_is_the_network(
    tmp_path: Path, part: str, compiled: str
) -> None:
    def network(*, compile_it: bool) -> nn.Module:
        net = program["network"]()
        if not compile_it:
            return net
        if part == "whole":
            return torch.compile(net, backend="eager")  # type: ignore[return-value]
        net[0] = torch.compile(net[0], backend="eager")
        return net

    plan = Plan(steps=4, save_every=2)
    arguments = program["loss"], program["batches"], plan
    straight = program["network"]()
    train(straight, *arguments, accelerator=HOST)
    run = fit(
        network(compile_it=compiled == "first"),
        *arguments,
        accelerator=HOST,
        folder=tmp_path,
    )
    next(run)
    next(run)
    run.close()  # type: ignore[attr-defined]
    model = network(compile_it=compiled == "then")
    average = train(model, *arguments, accelerator=HOST, folder=tmp_path)
    assert_same(checkpoint.tensors_of(model), weights(straight))
    for compile_it in (False, True):
        loaded = checkpoint.load_average(network(compile_it=compile_it), tmp_path)
        x = torch.randn(5, 3)
        assert torch.equal(loaded(x), average(x))
