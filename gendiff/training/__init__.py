"""Training: one loop for every network, its plans, averages and checkpoints."""

from .checkpoint import load_average as load_average
from .ema import (
    Average as Average,
    Exponential as Exponential,
    Power as Power,
    Profile as Profile,
    Snapshot as Snapshot,
    profile_weights as profile_weights,
    synthesise as synthesise,
)
from .loop import (
    Accelerator as Accelerator,
    Progress as Progress,
    fit as fit,
    mean_loss as mean_loss,
    train as train,
)
from .muon import muon as muon
from .plan import (
    Plan as Plan,
    Precision as Precision,
    adamw as adamw,
    constant as constant,
    cosine as cosine,
    linear as linear,
)
from .precision import choose_precision as choose_precision
