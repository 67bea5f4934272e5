"""The figures of decoding sound: the mode of codes, and what greedy decoding leaves."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from gendiff.drawing import GREEN, INK, ORANGE, label_lines
from gendiff.studies.typicality.amplitude_codes import Coding, loudest

NOISE = 0.1
"""The scale of the noise whose codes are drawn."""
FAINT = 1e-4
"""Below this, what is left is drawn as if it were this."""


def modes(even: Coding, mu_law: Coding, /) -> Figure:
    """Draw the probability of codes of noise, and how loud the most probable is."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.7))
    for coding, colour, name in ((even, GREEN, "even"), (mu_law, ORANGE, "mu-law")):
        distribution = coding.probability(0.0, NOISE)
        left.plot(
            coding.amplitudes,
            distribution / distribution.max(),
            color=colour,
            label=name,
        )
    left.set_xlim(-0.4, 0.4)
    left.set_xlabel("amplitude of the code")
    left.set_title("probability of codes, noise of 0.1", fontsize=9)
    left.text(-0.38, 0.93, "even", color=GREEN, fontsize=9)
    left.text(-0.38, 0.81, "mu-law", color=ORANGE, fontsize=9)
    scales = np.geomspace(1e-3, 0.3, 30).tolist()
    exact = [loudest(s, levels=mu_law.levels) for s in scales]
    found = [abs(mu_law.likeliest(0.0, s)) for s in scales]
    right.loglog(scales, exact, color=INK, lw=1, label="formula")
    right.loglog(scales, found, "o", ms=3, color=ORANGE, label="mu-law")
    right.set_ylim(2e-4, 0.6)
    right.set_xlabel("scale of the noise")
    right.set_title("amplitude of the likeliest code", fontsize=9)
    label_lines(right, right.get_lines()[:1])
    right.text(
        *(0.05, 0.85, "even codes: the one at zero"),
        color=GREEN,
        fontsize=8,
        transform=right.transAxes,
    )
    return fig


def wavenets(
    left_over: Mapping[str, Float[Tensor, " prompts"]],
    power: Mapping[str, Float[Tensor, " temperatures"]],
    temperatures: Sequence[float],
    /,
) -> Figure:
    """Draw what greedy decoding leaves of the loudness, and the power of hiss.

    Args:
        left_over: By coding, "mu-law" and "even", for each prompt.
        power: By coding, for each temperature, relative to that at 1.
        temperatures: From the highest down.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.7))
    for coding, colour in (("mu-law", ORANGE), ("even", GREEN)):
        shares = left_over[coding].clamp(min=FAINT).sort().values
        left.plot(range(1, len(shares) + 1), shares, "o-", color=colour, label=coding)
        decibels = 10 * power[coding].clamp(min=1e-9).log10()
        right.plot(temperatures, decibels, "o-", color=colour, label=coding)
    left.axhline(0.01, color=INK, lw=1, ls=":")
    left.set_yscale("log")
    left.set_xlabel("prompts, by what is left")
    left.set_title("loudness left by greedy", fontsize=9)
    gaussian = 10 * np.log10(np.asarray(temperatures))
    right.plot(temperatures, gaussian, ":", color=INK, label="Gaussian")
    right.set_xlim(1.05, 0.2)
    right.set_xlabel("temperature")
    right.set_title("power of hiss, decibels", fontsize=9)
    label_lines(right, gap=0.1)
    for height, coding, colour in ((0.9, "mu-law", ORANGE), (0.79, "even", GREEN)):
        left.text(
            *(0.05, height, coding),
            color=colour,
            fontsize=9,
            transform=left.transAxes,
        )
    return fig
