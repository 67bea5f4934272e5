"""What the figures of the ancestors show, in words for those who can't see them.

Each function takes what its figure was drawn from, so that the words have the numbers
of the run.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from gendiff.studies.codes import effective_number

Numbers = Sequence[float] | NDArray[np.float64]
Found = Float[np.ndarray, "runs 2"]


def portraits(agreement: Mapping[str, float], reach: Mapping[str, float], /) -> str:
    """Describe four fields of arrows: their cosine with the score, their length."""
    each = "; ".join(
        f"{cosine:.2f} and {reach[name]:.2f} with {name} in the way"
        for name, cosine in agreement.items()
    )
    return (
        "Four arrow fields over the same two half circles. Cosine with the exact score "
        f"at noisy points, and length relative to it: {each}."
    )


def bottleneck(principal: Mapping[int, float], bent: Mapping[int, float], /) -> str:
    """Describe errors by the size of the code: principal components, and a network."""
    (few, *_, many) = principal
    return (
        "Reconstruction error against code size. Principal components leave "
        f"{principal[few]:.2f} of the variance with {few} numbers and "
        f"{principal[many]:.2f} with {many}; the nonlinear autoencoder {bent[few]:.2f} "
        f"and {bent[many]:.2f}. Squares of the linear autoencoder lie on the line of "
        "principal components. Beside it, six glyphs rebuilt from 32, 8 and 2 numbers, "
        "ever more blurred."
    )


def essence(noisy: Mapping[int, Found], clean: Mapping[int, Found], /) -> str:
    """Describe how well class and noise are read from codes, for two targets."""

    def ends(found: Mapping[int, Found], column: int) -> tuple[str, str]:
        wide, slim = (found[size][:, column].mean() for size in (128, 16))
        return f"{wide:.2f}", f"{slim:.2f}"

    (class_wide, class_slim), (noise_wide, noise_slim) = ends(noisy, 0), ends(noisy, 1)
    return (
        "Two panels against code size. With the noisy target the class probe goes "
        f"from {class_wide} at 128 numbers to {class_slim} at 16, and the readable "
        f"noise from {noise_wide} to {noise_slim}. With the clean target the probe "
        f"goes from {' to '.join(ends(clean, 0))} and the noise from "
        f"{' to '.join(ends(clean, 1))}."
    )


def boltzmann(exact: Mapping[int, Numbers], coins: float, /) -> str:
    """Describe the likelihood that machines reach, and their samples."""
    return (
        f"Exact log-likelihood rises during training, to {exact[1][-1]:.2f} nats with "
        f"one Gibbs step and {exact[10][-1]:.2f} with ten; pixels that know nothing of "
        f"each other reach {coins:.2f}. Beside it, 24 binary shapes and 24 samples of "
        "the machine, blobs of similar size."
    )


def depth(final: Mapping[str, Numbers], /) -> str:
    """Describe where three kinds of deep networks end."""
    scratch, pretrained, modern = (float(np.mean(values)) for values in final.values())
    (count, *_) = map(len, final.values())
    return (
        f"Accuracy against updates for {count} seeds each. Sigmoids from scratch end "
        f"at {scratch:.2f}; after layer-wise pre-training, which takes the first half "
        f"of the updates, at {pretrained:.2f}; rectifiers with scaled weights at "
        f"{modern:.2f}."
    )


def learnt_filters(cycles: Mapping[float, float], /) -> str:
    """Describe filters at several noise levels by their mean frequency."""
    each = ", ".join(
        f"{value:.2f} cycles an image at noise level {sigma:g}"
        for sigma, value in cycles.items()
    )
    return (
        "Three blocks of fifteen filters of 16 by 16 pixels. Their mean spatial "
        f"frequency is {each}; at the two lower levels the filters are grainy patterns "
        "as wide as a glyph, at the highest some are single strokes and arcs."
    )


def spectra(found: Mapping[str, Float[Tensor, " k"]], hidden: int, /) -> str:
    """Describe singular values of the slopes of codes by their effective number."""
    each = ", ".join(
        f"{effective_number(values):.0f} with {price} in the way"
        for price, values in found.items()
    )
    return (
        "Singular values of the slope of the code, on a logarithmic axis. Their "
        f"effective number is {each}, of {hidden} hidden units."
    )


def local_moments(errors: Mapping[str, Mapping[float, Sequence[float]]], /) -> str:
    """Describe errors of a network's score, of its slope, and of the clean score."""
    score, slope, clean = (
        [float(np.mean(each)) for each in found.values()] for found in errors.values()
    )
    (low, *_, high) = next(iter(errors.values()))
    return (
        f"Relative errors against the noise level from {low:g} to {high:g}. The "
        f"trained network is off the score of the noisy density by {min(score):.2f} "
        f"to {max(score):.2f}, its slope off the covariance by {min(slope):.2f} to "
        f"{max(slope):.2f}. The best possible denoiser is off the score of the clean "
        f"density by {clean[0]:.2f} at {low:g} and {clean[-1]:.2f} at {high:g}. On "
        "the right, ellipses of the exact posterior covariance at places around the "
        "moons, and those of a network's slope on top of them."
    )


def dreams(nats: Mapping[str, Float[Tensor, " n"]], /) -> str:
    """Describe two rows of dreams by the log-density they end at."""
    logit, density = (f"{float(found.mean()):.0f}" for found in nats.values())
    (count, *_) = map(len, nats.values())
    return (
        f"Two rows of {count} small images that start from the same noise. In the "
        "upper row, which climbs the logit of a classifier, noise turns into hints "
        f"of digits in stronger, checkered noise, of exact log-density {logit} nats. "
        "In the lower row, which climbs the exact log-density, it turns into clean "
        f"handwritten digits from 0 on, of {density} nats."
    )


def one_level(
    around: Mapping[float, float],
    exact: Mapping[float, float],
    sampler: float,
    floor: float,
    /,
    *,
    steps: int,
) -> str:
    """Describe the distance of chains from the data against their one noise level."""
    best = min(around, key=lambda sigma: around[sigma])
    first, *_, last = around.values()
    return (
        f"Distance after {steps} steps against the noise level. The chain with a "
        f"Gaussian around the mean falls from {first:.2g} to {around[best]:.2g} at "
        f"{best:g} and rises again to {last:.2g}. With the exact posterior it falls to "
        f"{min(exact.values()):.2g}. A diffusion sampler with twenty steps reaches "
        f"{sampler:.2g}; two samples of the data differ by {floor:.2g}."
    )


def distances(apart: Mapping[str, Sequence[float]], floor: float, /) -> str:
    """Say how far samples are from the data, and two samples of these."""
    each = ", ".join(f"{name} {np.mean(found):.3f}" for name, found in apart.items())
    return (
        f"Distance to the data, mean over seeds: {each}; between two samples of the "
        f"data {floor:.4f}."
    )


def rates(found: Mapping[int, float], means: float, /) -> str:
    """Describe errors against bits, and what sixteen codes stand for."""
    each = ", ".join(f"{e:.2f} of the variance with {n} bits" for n, e in found.items())
    return (
        f"Error against bits a patch. The VQ-VAE leaves {each}; k-means with 16 means "
        f"leaves {means:.2f}. A curve below shows the least error possible for "
        "Gaussian patches. Beside it, the sixteen patches that the codes of the "
        "smallest model stand for: smooth ramps and edges in several directions."
    )


def schedules(probed: Mapping[str, Numbers], pixels: float, /) -> str:
    """Describe probes of codes, and the map of adapted noise beside them."""
    each = ", ".join(f"{name} {np.mean(found):.3f}" for name, found in probed.items())
    return (
        f"Linear probes of codes of the same size, a dot a seed: {each}; raw pixels "
        f"{pixels:.3f}. Beside it a map of the noise that the adaptive rule ended "
        "with: high in the middle of the image, low at its borders."
    )


def sharing(levels: Numbers, ratio: Float[np.ndarray, "runs levels"], /) -> str:
    """Describe the error of two networks over that of one, at three levels."""
    mean = ratio.mean(0)
    places = (0, len(levels) // 2, -1)
    low, middle, high = (f"{mean[k]:.2f} at {levels[k]:.1f}" for k in places)
    return (
        "Denoising error of two separate networks over that of one shared network, "
        f"equal parameters, against the noise level: {low}, {middle} and {high}; above "
        "1 the shared one is better."
    )
