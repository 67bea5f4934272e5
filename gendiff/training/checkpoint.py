"""Checkpoints that survive being killed at any moment.

A checkpoint is a directory of safetensors files and one JSON file,

    folder/step-00000500/{weights,average,optimiser}.safetensors, run.json

It is written as `step-00000500.tmp`, flushed to the disk and only then renamed, which
the file system does at once or not at all: a directory without the ending `.tmp` is
complete. The last two are kept. Nothing in it is executed when it is read. A folder has
one writer at a time: it holds a lock (`claim`) that ends with its process.

Names of weights are those of the network as it was written, whether or not it, or a
part of it, has been through `torch.compile`.
"""

import json
import os
import re
import shutil
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from filelock import BaseFileLock, FileLock, Timeout
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

Tensors = dict[str, Tensor]

KEPT = 2
"""How many checkpoints stay: the newest, and one to fall back on."""


def tensors_of(module: nn.Module, /) -> Tensors:
    """Return parameters and persistent buffers by name, a shared one once."""
    stored = module.state_dict().keys()
    named = chain(module.named_parameters(), module.named_buffers())
    return {_written(name): tensor.detach() for name, tensor in named if name in stored}


@torch.no_grad()
def restore(module: nn.Module, tensors: Mapping[str, Tensor], /) -> None:
    """Copy `tensors` into the parameters and buffers of `module`.

    Raises:
        ValueError: If names or shapes are not those of the module.
    """
    own = tensors_of(module)
    tensors = {_written(name): tensor for name, tensor in tensors.items()}
    if strange := sorted(own.keys() ^ tensors.keys()):
        raise ValueError(
            f"weights of another network: {strange[:3]} are on one side only; "
            "build the network that was saved"
        )
    for name, tensor in own.items():
        if tensor.shape != tensors[name].shape:
            raise ValueError(
                f"weights of another network: {name} has shape {tuple(tensor.shape)}, "
                f"was saved as {tuple(tensors[name].shape)}; build the one saved"
            )
        tensor.copy_(tensors[name])


def optimiser_tensors(optimiser: torch.optim.Optimizer, /) -> Tensors:
    """Return the state of every parameter, named `index.key`."""
    return {
        f"{index}.{key}": value
        for index, parameter in enumerate(_parameters(optimiser))
        for key, value in optimiser.state[parameter].items()
    }


def restore_optimiser(
    optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor], /
) -> None:
    """Give every parameter the state that `optimiser_tensors` returned.

    Raises:
        ValueError: If the state is not that of such parameters.
    """
    parameters = _parameters(optimiser)
    fused = bool(optimiser.defaults.get("fused"))
    for name, tensor in tensors.items():
        index, key = name.split(".")
        parameter = parameters[int(index)] if int(index) < len(parameters) else None
        if parameter is None or tensor.shape not in {parameter.shape, torch.Size([])}:
            raise ValueError(
                f"optimiser state {name} has shape {tuple(tensor.shape)}, which fits "
                "no parameter; resume with the network that was saved"
            )
        if key == "step":
            own = tensor.to(parameter.device) if fused else tensor
        else:
            # Fused kernels walk memory: the layout must be that of the parameter.
            own = torch.empty_like(parameter, requires_grad=False).copy_(tensor)
        optimiser.state[parameter][key] = own


def claim(folder: Path, /) -> BaseFileLock:
    """Keep other processes from writing to `folder` until the lock is released.

    The system ends the lock with the process, however that dies; the file it leaves
    behind blocks nobody. A second claim in this process is granted.

    Raises:
        ValueError: If another process holds the lock.
        OSError: If the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # One lock a process: a run left in the middle must not block the next one here.
    lock = FileLock(folder / "training.lock", is_singleton=True)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise ValueError(
            f"another process is training into {folder}; wait until it ends, or give "
            "another folder"
        ) from error
    return lock


def save(
    folder: Path, step: int, parts: Mapping[str, Tensors], record: Mapping[str, Any], /
) -> Path:
    """Write a checkpoint beside the others, move it into place, drop the oldest.

    Returns:
        The directory of the checkpoint.

    Raises:
        ValueError: If it cannot be written; the checkpoints before it stay.
    """
    final = folder / f"step-{step:08d}"
    aside = folder / f"{final.name}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(_fresh(aside), parts, {"step": step, "parts": sorted(parts), **record})
        if final.exists():
            _remove(final)
        aside.replace(final)
        _flush(folder)
        for old in _complete(folder)[:-KEPT]:
            _remove(old)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise ValueError(
            f"checkpoint {final} cannot be written ({error}); make room or give a "
            "folder that can be written, then go on from the last one"
        ) from error
    return final


def newest(folder: Path, /) -> Path | None:
    """Return the complete checkpoint of the latest step, if there is any."""
    return next(reversed(_complete(folder)), None)


def load(path: Path, /) -> tuple[dict[str, Tensors], dict[str, Any]]:
    """Read a checkpoint: its parts, and what `run.json` says.

    Raises:
        ValueError: If a file cannot be read.
    """
    try:
        record = json.loads((path / "run.json").read_text(encoding="utf-8"))
        files = sorted(path.glob("*.safetensors"))
        parts = {file.stem: load_file(file) for file in files}
        if lost := sorted(set(record.pop("parts", [])) - parts.keys()):
            raise FileNotFoundError(f"{lost[0]}.safetensors is missing")
    except (OSError, ValueError, SafetensorError) as error:
        raise ValueError(
            f"checkpoint {path} cannot be read ({error}); delete this directory to go "
            "on from the one before"
        ) from error
    return parts, record


def load_average(model: nn.Module, folder: Path, /) -> nn.Module:
    """Fill `model` with the newest averaged weights; return it ready to use.

    Raises:
        ValueError: If the folder holds none, or one of another network.
    """
    path = newest(folder)
    if path is None:
        raise ValueError(
            f"no checkpoint in {folder}; train with folder= this one first"
        )
    parts, _ = load(path)
    restore(model, parts["average"])
    return model.eval().requires_grad_(requires_grad=False)


def _parameters(optimiser: torch.optim.Optimizer) -> list[nn.Parameter]:
    return [p for group in optimiser.param_groups for p in group["params"]]


def _complete(folder: Path) -> list[Path]:
    found = folder.glob("step-*") if folder.is_dir() else []
    return sorted(path for path in found if re.fullmatch(r"step-\d{8}", path.name))


def _written(name: str) -> str:
    # `torch.compile` puts a level of its own into names, wherever it was called.
    return ".".join(part for part in name.split(".") if part != "_orig_mod")


def _write(
    folder: Path, parts: Mapping[str, Tensors], record: Mapping[str, Any]
) -> None:
    note = folder / "run.json"
    note.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    for name, tensors in parts.items():
        whole = {key: tensor.contiguous() for key, tensor in tensors.items()}
        file = folder / f"{name}.safetensors"
        save_file(whole, file)
        shutil.copymode(note, file)  # safetensors lets nobody else read
    for path in [*folder.iterdir(), folder]:
        _flush(path)


def _fresh(path: Path) -> Path:
    # Whatever ends in .tmp was left by a process that died.
    for stale in path.parent.glob("step-*.tmp"):
        shutil.rmtree(stale)
    path.mkdir()
    return path


def _remove(path: Path) -> None:
    # Renamed first: a directory half deleted must not look complete.
    shutil.rmtree(path.rename(path.with_name(f"{path.name}.old.tmp")))


def _flush(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open a directory
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
