"""Images set in a grid: as an array, or on axes."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike, NDArray


def montage(
    images: ArrayLike,
    /,
    *,
    columns: int | None = None,
    padding: int = 2,
    paper: float = 1.0,
) -> NDArray[np.float64]:
    """Return a batch of images, `(n, h, w)` or `(n, h, w, 3)`, set in a grid.

    Values pass through unchanged; gaps and empty places are filled with `paper`.

    Raises:
        ValueError: If the batch is empty or has another shape.
    """
    batch = np.asarray(images, dtype=np.float64)
    if batch.ndim == 4 and batch.shape[1] in (1, 3) and batch.shape[-1] not in (1, 3):
        batch = np.moveaxis(batch, 1, -1)
    if batch.ndim == 4 and batch.shape[-1] == 1:
        batch = batch[..., 0]
    if batch.ndim not in (3, 4) or not len(batch) or batch.shape[3:] not in ((), (3,)):
        raise ValueError(
            f"montage of shape {batch.shape}; give images as (n, h, w), (n, h, w, 3) "
            "or (n, 1 or 3, h, w), at least one"
        )
    n, height, width = batch.shape[:3]
    columns = columns or int(np.ceil(np.sqrt(n)))
    lines = -(-n // columns)
    tall, broad = height + padding, width + padding
    shape = (lines * tall - padding, columns * broad - padding, *batch.shape[3:])
    grid = np.full(shape, paper, dtype=np.float64)
    for k, image in enumerate(batch):
        top, left = k // columns * tall, k % columns * broad
        grid[top : top + height, left : left + width] = image
    return grid


def image_grid(
    ax: Axes,
    images: ArrayLike,
    /,
    *,
    columns: int | None = None,
    low: float = 0.0,
    high: float = 1.0,
    title: str = "",
) -> AxesImage:
    """Show a batch of images on `ax`, values from `low` (black) to `high` (white)."""
    grid = np.clip(
        (montage(images, columns=columns, paper=high) - low) / (high - low), 0, 1
    )
    ax.set_axis_off()
    ax.set_title(title, fontsize=9, fontweight="normal")
    return ax.imshow(grid, vmin=0.0, vmax=1.0, interpolation="nearest")
