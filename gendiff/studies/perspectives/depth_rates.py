"""Learning rates that were tried, once and by hand, for what the page on depth trains.

At the sizes of its cpu preset. The page takes the best of each.
"""

from collections.abc import Mapping

Tried = Mapping[str, tuple[float, ...]]

TRIED: Mapping[str, Tried] = {
    "distance at 8 calls, rates 0.001, 0.003 and 0.01": {
        "one step": (0.0233, 0.0215, 0.0217),
        "unrolled, 2 steps": (0.0463, 0.0450, 0.0452),
        "unrolled, 4 steps": (0.1035, 0.1031, 0.1047),
        "unrolled, 8 steps": (0.1918, 0.1930, 0.2042),
        "samples, 8 steps, rates three times as large": (0.0549, 0.0426, 0.0528),
    },
    "excess in the low half, rates 0.003, 0.01 and 0.03": {
        "shared": (0.0290, 0.0137, 0.1474),
        "two halves": (0.0719, 0.0180, 0.0777),
        "split by chance": (0.1359, 0.0253, 0.0826),
    },
    "bits of the largest, rates 0.001, 0.003 and 0.01": {
        "flow": (-0.1387, -0.2676, -0.2787),
        "diffusion": (-0.0530, -0.1349, -0.0295),
    },
    "updates to the goal, rates 0.003, 0.01 and 0.03, eight steps in the solver": {
        "score": (1_400, 800, 600),
        "through the solver": (150, 75, 125),
        "by the adjoint": (150, 75, 125),
    },
}
"""What each rate reached, by what is measured."""
