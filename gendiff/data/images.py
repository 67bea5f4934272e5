"""MNIST, Fashion-MNIST and CIFAR-10, read from their original files.

The files come through `gendiff.data.fetch`: set `GENDIFF_DATA` to a directory with
`mnist/train-images-idx3-ubyte.gz` and so on if you have them, or let them be
downloaded. Images are float32 in [-1, 1].
"""

import gzip
import tarfile
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from gendiff.data.fetch import Remote, fetch


@dataclass(frozen=True, slots=True)
class Images:
    """Images and what they show."""

    images: Float[Tensor, "n c h w"]
    """In [-1, 1]."""
    labels: Int[Tensor, " n"]


@dataclass(frozen=True, slots=True)
class Idx:
    """The two files that one part of an MNIST-like set consists of."""

    images: Remote
    labels: Remote

    def read(self) -> Images:
        """Fetch and read both."""
        images, labels = (read_idx(fetch(part)) for part in (self.images, self.labels))
        return Images(_unit(images.unsqueeze(1)), labels.long())


def mnist() -> tuple[Images, Images]:
    """Return the 60,000 training and 10,000 test digits, 28 by 28.

    References:
        LeCun, Cortes and Burges (1998), the MNIST database of handwritten digits.
    """
    return MNIST[0].read(), MNIST[1].read()


def fashion_mnist() -> tuple[Images, Images]:
    """Return the 60,000 training and 10,000 test articles of clothing, 28 by 28.

    References:
        Xiao, Rasul and Vollgraf (2017), arXiv:1708.07747.
    """
    return FASHION_MNIST[0].read(), FASHION_MNIST[1].read()


def cifar10() -> tuple[Images, Images]:
    """Return the 50,000 training and 10,000 test photographs, 32 by 32, in colour.

    References:
        Krizhevsky (2009), Learning multiple layers of features from tiny images.
    """
    path = fetch(CIFAR10)
    train = [f"data_batch_{part}.bin" for part in range(1, 6)]
    return read_cifar(path, train), read_cifar(path, ["test_batch.bin"])


def read_idx(path: Path, /) -> UInt8[Tensor, "..."]:
    """Read a gzipped idx file of bytes: a magic number, the axes, then the values.

    Raises:
        ValueError: If the file is not that.
    """
    data = gzip.decompress(path.read_bytes())
    axes = data[3] if data[:3] == b"\0\0\x08" and len(data) > 3 else 0
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i]) for i in range(axes)]
    start = 4 + 4 * axes
    if not axes or len(data) - start != prod(shape):
        raise ValueError(f"{path} is not an idx file of bytes, or not a whole one")
    values = np.frombuffer(data, np.uint8, offset=start).reshape(shape)
    return torch.from_numpy(values.copy())


def read_cifar(path: Path, members: list[str], /) -> Images:
    """Read batches of CIFAR-10's binary form: a label, then 3072 values, per image.

    Raises:
        ValueError: If the archive lacks one of `members`.
    """
    rows: list[np.ndarray] = []
    with tarfile.open(path) as archive:
        for member in members:
            try:
                file = archive.extractfile(f"cifar-10-batches-bin/{member}")
            except KeyError:
                file = None
            if file is None:
                raise ValueError(f"{path} has no {member}: it is not CIFAR-10's binary")
            rows.append(np.frombuffer(file.read(), np.uint8).reshape(-1, 3073))
    table = torch.from_numpy(np.concatenate(rows))
    images = table[:, 1:].reshape(-1, 3, 32, 32)
    return Images(_unit(images), table[:, 0].long())


def _unit(values: UInt8[Tensor, "*s"]) -> Float[Tensor, "*s"]:
    return values.float().div_(127.5).sub_(1)


def _idx(
    folder: str, hashes: tuple[str, str, str, str], *mirrors: str
) -> tuple[Idx, Idx]:
    names = [
        f"{part}-{kind}-ubyte.gz"
        for part in ("train", "t10k")
        for kind in ("images-idx3", "labels-idx1")
    ]
    files = [
        Remote(
            f"{folder}/{name}", f"sha256:{sha}", tuple(home + name for home in mirrors)
        )
        for name, sha in zip(names, hashes, strict=True)
    ]
    return Idx(files[0], files[1]), Idx(files[2], files[3])


MNIST = _idx(
    "mnist",
    (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
"""Training and test part."""

FASHION_MNIST = _idx(
    "fashion-mnist",
    (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    ),
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
)
"""Training and test part."""

CIFAR10 = Remote(
    "cifar10/cifar-10-binary.tar.gz",
    "md5:c32a1d4ab5d03f1284b67883e8d87530",
    ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
)
