"""Readers of MNIST-like and CIFAR files, on files made here; real ones if there."""

import gzip
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from gendiff.data import fashion_mnist, mnist
from gendiff.data.images import (
    CIFAR10,
    FASHION_MNIST,
    MNIST,
    Images,
    read_cifar,
    read_idx,
)


def write_idx(path: Path, values: np.ndarray, kind: int = 8) -> Path:
    header = bytes([0, 0, kind, values.ndim])
    header += b"".join(side.to_bytes(4, "big") for side in values.shape)
    path.write_bytes(gzip.compress(header + values.tobytes()))
    return path


def test_idx_is_read_back(tmp_path: Path) -> None:
    values = np.arange(2 * 3 * 300, dtype=np.int64).astype(np.uint8).reshape(2, 3, 300)
    read = read_idx(write_idx(tmp_path / "a.gz", values))
    assert read.dtype == torch.uint8
    assert np.array_equal(read.numpy(), values)


def test_what_is_not_idx_is_refused(tmp_path: Path) -> None:
    path = write_idx(tmp_path / "a.gz", np.zeros(5, np.uint8), kind=13)
    with pytest.raises(ValueError, match="not an idx file"):
        read_idx(path)
    path.write_bytes(gzip.compress(b"\0\0\x08\x01\0\0\0\x05abc"))
    with pytest.raises(ValueError, match="not a whole one"):
        read_idx(path)
    path.write_bytes(gzip.compress(b"\0\0\x08"))
    with pytest.raises(ValueError, match="not an idx file"):
        read_idx(path)


def test_cifar_is_read_back(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).integers(0, 256, (4, 3073), dtype=np.uint8)
    rows[:, 0] = [3, 0, 9, 1]
    path = tmp_path / "cifar.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, part in [("a.bin", rows[:3]), ("b.bin", rows[3:])]:
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = part.nbytes
            archive.addfile(info, io.BytesIO(part.tobytes()))
    read = read_cifar(path, ["a.bin", "b.bin"])
    assert read.labels.tolist() == [3, 0, 9, 1]
    assert read.images.shape == (4, 3, 32, 32)
    # Red first, then rows: byte 1 + 1024 * channel + 32 * row + column.
    assert read.images[2, 1, 5, 7].item() == pytest.approx(
        rows[2, 1 + 1024 + 32 * 5 + 7] / 127.5 - 1, abs=1e-6
    )
    with pytest.raises(ValueError, match=r"has no c\.bin"):
        read_cifar(path, ["c.bin"])


def test_the_files_are_the_published_ones() -> None:
    files = [
        remote
        for part in (*MNIST, *FASHION_MNIST)
        for remote in (part.images, part.labels)
    ]
    assert len({remote.name for remote in files}) == 8
    assert files[2].name == "mnist/t10k-images-idx3-ubyte.gz"
    for remote in (*files, CIFAR10):
        name = remote.name.split("/")[1]
        assert remote.addresses
        assert all(address.endswith(f"/{name}") for address in remote.addresses)


@pytest.mark.slow
@pytest.mark.skipif("GENDIFF_DATA" not in os.environ, reason="needs the data sets")
@pytest.mark.parametrize(
    ("read", "mean", "std"),
    [(mnist, 0.1307, 0.3081), (fashion_mnist, 0.2860, 0.3530)],
    ids=["mnist", "fashion"],
)
def test_real_sets_have_their_known_moments(
    read: Callable[[], tuple[Images, Images]], mean: float, std: float
) -> None:
    train, test = read()
    assert train.images.shape == (60_000, 1, 28, 28)
    assert test.images.shape == (10_000, 1, 28, 28)
    assert test.labels.bincount().sum() == 10_000
    assert len(train.labels.bincount()) == 10
    assert ((train.images.mean() + 1) / 2).item() == pytest.approx(mean, abs=1e-4)
    assert (train.images.std() / 2).item() == pytest.approx(std, abs=1e-4)
