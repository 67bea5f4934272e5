"""Diffusion models and their neighbours, with the noise level as the only clock.

What nearly every use needs is here: a frame says what a network predicts, an objective
how it is trained, preconditioning how it becomes a denoiser, and `sample` draws from
it. Solvers, guidance, networks, training, tokens and the rest are packages with a face
of their own.
"""

from .clocks import LOG as LOG
from .estimate import Estimate as Estimate, fraction as fraction, mean as mean
from .frames import DATA as DATA, NOISE as NOISE
from .grids import geometric as geometric, karras as karras
from .noise import seeded as seeded
from .objectives import (
    Objective as Objective,
    clean_weight as clean_weight,
    denoising_error as denoising_error,
    edm_weight as edm_weight,
    noise_weight as noise_weight,
    target_weight as target_weight,
)
from .precondition import Preconditioned as Preconditioned
from .record import Counted as Counted, Trajectory as Trajectory, last as last
from .sampling import sample as sample
from .types import level as level
