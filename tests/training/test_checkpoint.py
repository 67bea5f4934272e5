"""Checkpoints: complete or absent, whatever moment the process dies at."""

import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from gendiff.training import checkpoint


class DiedError(Exception):
    """The process ended here."""


def put(folder: Path, step: int) -> Path:
    parts = {"weights": {"w": torch.full((3,), float(step))}, "average": {}}
    return checkpoint.save(folder, step, parts, {"note": "hello"})


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    path = put(tmp_path, 7)
    parts, record = checkpoint.load(path)
    assert path == checkpoint.newest(tmp_path)
    assert record == {"step": 7, "note": "hello"}
    assert torch.equal(parts["weights"]["w"], torch.full((3,), 7.0))
    assert parts["average"] == {}


def test_the_last_two_are_kept_and_the_dead_are_swept(tmp_path: Path) -> None:
    (tmp_path / "step-00000001.tmp").mkdir()
    (tmp_path / "step-00000001.tmp" / "weights.safetensors").write_bytes(b"half")
    for step in (5, 10, 15):
        put(tmp_path, step)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["step-00000010", "step-00000015"]


def test_nothing_there_is_no_checkpoint(tmp_path: Path) -> None:
    assert checkpoint.newest(tmp_path / "missing") is None
    (tmp_path / "step-00000009.tmp").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    assert checkpoint.newest(tmp_path) is None


def test_steps_are_ordered_by_number(tmp_path: Path) -> None:
    put(tmp_path, 900)
    assert put(tmp_path, 10_000) == checkpoint.newest(tmp_path)


def test_dying_at_any_moment_leaves_a_complete_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let the n-th operation on the file system, and all after it, never happen."""
    left = 0

    def mortal(act: Callable[..., Any]) -> Callable[..., Any]:
        def perform(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise DiedError
            return act(*args, **kwargs)

        return perform

    monkeypatch.setattr(checkpoint, "save_file", mortal(checkpoint.save_file))
    monkeypatch.setattr(checkpoint, "_flush", mortal(checkpoint._flush))
    monkeypatch.setattr(shutil, "rmtree", mortal(shutil.rmtree))
    for name in ("replace", "rename", "write_text", "mkdir"):
        monkeypatch.setattr(Path, name, mortal(getattr(Path, name)))
    deaths = 0
    for moment in range(40):
        folder = tmp_path / str(moment)
        left = 1000
        for step in (1, 2):
            put(folder, step)
        left = moment
        try:
            put(folder, 3)
        except DiedError:
            deaths += 1
        left = 1000
        path = checkpoint.newest(folder)
        assert path is not None
        parts, record = checkpoint.load(path)
        assert record["step"] in {2, 3}
        assert torch.equal(
            parts["weights"]["w"], torch.full((3,), float(record["step"]))
        )
        put(folder, 4)  # and the next run can go on from there
        assert not list(folder.glob("*.tmp"))
    assert 10 < deaths < 40


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    path = put(tmp_path, 3)
    whole = (path / "weights.safetensors").read_bytes()
    (path / "weights.safetensors").write_bytes(whole[:-4])
    with pytest.raises(ValueError, match=r"step-00000003 cannot be read .* delete"):
        checkpoint.load(path)
    (path / "run.json").write_text("{")
    with pytest.raises(ValueError, match="cannot be read"):
        checkpoint.load(path)


def test_a_part_that_is_lost_is_named(tmp_path: Path) -> None:
    path = put(tmp_path, 3)
    (path / "average.safetensors").unlink()
    with pytest.raises(ValueError, match=r"read \(average.safetensors is missing\)"):
        checkpoint.load_average(nn.Linear(2, 2), tmp_path)


@pytest.mark.parametrize(
    ("mask", "file", "folder"),
    [(0o002, 0o664, 0o775), (0o077, 0o600, 0o700), (0o022, 0o644, 0o755)],
)
def test_files_take_the_mode_that_the_umask_says(
    tmp_path: Path, mask: int, file: int, folder: int
) -> None:
    before = os.umask(mask)
    try:
        path = put(tmp_path / "run", 3)
        lock = checkpoint.claim(tmp_path / "run")
    finally:
        os.umask(before)
    lock.release()
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.iterdir()}
    assert modes == dict.fromkeys(
        ["weights.safetensors", "average.safetensors", "run.json"], file
    )
    assert stat.S_IMODE(path.stat().st_mode) == folder
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == folder
    assert stat.S_IMODE((tmp_path / "run" / "training.lock").stat().st_mode) == file


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(2, 2), nn.Linear(2, 2)
        self.second.weight = self.first.weight
        self.register_buffer("table", torch.arange(3))
        self.register_buffer("constant", torch.ones(2), persistent=False)


def test_shared_weights_are_stored_once_and_come_back_shared(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model, other = Tied(), Tied()
    tensors = checkpoint.tensors_of(model)
    assert set(tensors) == {"first.weight", "first.bias", "second.bias", "table"}
    path = checkpoint.save(tmp_path, 1, {"weights": tensors}, {})
    checkpoint.restore(other, checkpoint.load(path)[0]["weights"])
    assert torch.equal(other.second.weight, model.first.weight)
    assert other.second.weight is other.first.weight


def test_weights_of_another_network_are_refused() -> None:
    saved = checkpoint.tensors_of(nn.Linear(2, 3))
    with pytest.raises(
        ValueError, match=r"weight has shape \(4, 2\).*saved as \(3, 2\)"
    ):
        checkpoint.restore(nn.Linear(2, 4), saved)
    with pytest.raises(ValueError, match=r"\['bias'\] are on one side"):
        checkpoint.restore(nn.Linear(2, 3, bias=False), saved)


def test_optimiser_state_keeps_the_layout_of_its_parameter() -> None:
    torch.manual_seed(0)
    model = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), fused=True)
    model(torch.randn(1, 3, 5, 5)).sum().backward()
    optimiser.step()
    stored = {
        k: v.contiguous() for k, v in checkpoint.optimiser_tensors(optimiser).items()
    }
    fresh = torch.optim.AdamW(model.parameters(), fused=True)
    checkpoint.restore_optimiser(fresh, stored)
    for key, value in optimiser.state[model.weight].items():
        again = fresh.state[model.weight][key]
        assert torch.equal(again, value)
        assert again.stride() == value.stride()
    with pytest.raises(ValueError, match="fits no parameter"):
        checkpoint.restore_optimiser(fresh, {"0.exp_avg": torch.zeros(2)})
    with pytest.raises(ValueError, match="fits no parameter"):
        checkpoint.restore_optimiser(fresh, {"9.exp_avg": torch.zeros(4)})


def test_the_average_is_loaded_ready_to_use(tmp_path: Path) -> None:
    model = nn.Linear(2, 2)
    with pytest.raises(ValueError, match=r"no checkpoint in .*; train with folder="):
        checkpoint.load_average(model, tmp_path)
    source = nn.Linear(2, 2)
    parts = {"average": checkpoint.tensors_of(source), "weights": {}}
    path = checkpoint.save(tmp_path, 2, parts, {})
    assert json.loads((path / "run.json").read_text())["step"] == 2
    loaded = checkpoint.load_average(model, tmp_path)
    assert torch.equal(loaded.weight, source.weight)
    assert not loaded.training
    assert not loaded.weight.requires_grad
