"""Photographs that ship with scikit-learn, scikit-image and matplotlib.

A handful of real images without a download: enough for their statistics, for patches
to denoise, and for one picture to drown in noise. Every one carries the credit that a
figure showing it must print.
"""

import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor
from torch.nn.functional import avg_pool2d

_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601: how bright each primary looks


@dataclass(frozen=True, slots=True)
class Photograph:
    """A file inside an installed package, and whom to thank for it."""

    package: str
    file: str
    credit: str

    def path(self) -> Path:
        """Return where the file lies.

        Raises:
            FileNotFoundError: If this installation left the package's data out.
        """
        spec = importlib.util.find_spec(self.package)
        home = Path(spec.origin).parent if spec and spec.origin else Path()
        path = home / self.file
        if not path.is_file():
            raise FileNotFoundError(
                f"{path} is missing: this installation of {self.package} came without "
                "its sample data; install it from PyPI or conda-forge"
            )
        return path

    def colour(self) -> Float[Tensor, "3 h w"]:
        """Return the photograph in red, green and blue, in [-1, 1]."""
        return _read(self.path()).clone()

    def grey(self) -> Float[Tensor, "1 h w"]:
        """Return its luma, in [-1, 1]."""
        return torch.einsum("c,chw->hw", torch.tensor(_LUMA), self.colour())[None]


CHINA = Photograph(
    *("sklearn", "datasets/images/china.jpg"),
    "Temple of Buddhist Incense, danielbuechele, CC BY 2.0, with scikit-learn",
)
"""A temple on a hill before a bright sky: an outline that survives a lot of noise."""
FLOWER = Photograph(
    *("sklearn", "datasets/images/flower.jpg"),
    "Dahlia, vultilion, CC BY 2.0, with scikit-learn",
)
HOPPER = Photograph(
    *("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
    "Grace Hopper, James S. Davis, US Navy, public domain, with matplotlib",
)
ASTRONAUT = Photograph(
    *("skimage", "data/astronaut.png"),
    "Eileen Collins, NASA, public domain, with scikit-image",
)
CAMERA = Photograph(
    "skimage", "data/camera.png", "Cameraman, Lav Varshney, CC0, with scikit-image"
)
COFFEE = Photograph(
    "skimage", "data/coffee.png", "Coffee, Rachel Michetti, CC0, with scikit-image"
)
CHELSEA = Photograph(
    "skimage",
    "data/chelsea.png",
    "Chelsea the cat, Stefan van der Walt, CC0, with scikit-image",
)
ROCKET = Photograph(
    "skimage", "data/rocket.jpg", "Falcon 9, SpaceX, public domain, with scikit-image"
)
BRICK = Photograph("skimage", "data/brick.png", "CC0Textures, CC0, with scikit-image")
GRASS = Photograph("skimage", "data/grass.png", "linolafett, CC0, with scikit-image")
GRAVEL = Photograph("skimage", "data/gravel.png", "CC0Textures, CC0, with scikit-image")

SCENES = (CHINA, FLOWER, HOPPER, ASTRONAUT, CAMERA, COFFEE, CHELSEA, ROCKET)
"""Photographs of things and places."""
TEXTURES = (BRICK, GRASS, GRAVEL)
"""Photographs of surfaces, the same all over."""


def patches(
    n: int,
    /,
    *,
    size: int,
    generator: torch.Generator,
    photographs: tuple[Photograph, ...] = SCENES,
    shrink: int = 1,
) -> Float[Tensor, "n 1 {size} {size}"]:
    """Cut grey squares from random places of random photographs, half of them mirrored.

    Args:
        n: How many.
        size: Side in pixels.
        generator: Where the places come from.
        photographs: What to cut from. Patches to test on want photographs of their own.
        shrink: Photographs are made this many times smaller first, so that a patch
            shows more of a scene.

    Raises:
        ValueError: If a photograph is smaller than a patch.
    """
    greys = [avg_pool2d(photograph.grey(), shrink) for photograph in photographs]
    smallest = min(side for grey in greys for side in grey.shape[1:])
    if size > smallest:
        raise ValueError(
            f"a patch of {size} pixels is larger than a photograph ({smallest} after "
            "shrinking); ask for a smaller size or shrink less"
        )
    which = torch.randint(len(greys), (n,), generator=generator)
    corner = torch.rand(n, 2, generator=generator)
    mirrored = torch.rand(n, generator=generator) < 0.5
    cut: list[Tensor] = []
    for photograph, (row, column), mirror in zip(
        which.tolist(), corner.tolist(), mirrored.tolist(), strict=True
    ):
        grey = greys[photograph]
        top = int(row * (grey.shape[1] - size + 1))
        left = int(column * (grey.shape[2] - size + 1))
        patch = grey[:, top : top + size, left : left + size]
        cut.append(patch.flip(-1) if mirror else patch)
    return torch.stack(cut)


@lru_cache(maxsize=len(SCENES) + len(TEXTURES))
def _read(path: Path, /) -> Float[Tensor, "3 h w"]:
    with Image.open(path) as image:
        pixels = np.array(image.convert("RGB"))
    return torch.from_numpy(pixels).movedim(-1, 0).float() / 127.5 - 1
