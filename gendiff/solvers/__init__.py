"""Solvers: generators that walk a state down a grid of noise levels.

A solver on a grid has the type `Solver`: `(denoise, x, grid) -> Iterator[Step]`, with
options by keyword (`langevin` stays at one level, and `integrate` solves any equation).
What a multistep method must remember lives in the local variables of its generator, so
there is no step index and nothing to reset. Coefficients are computed in float64 on the
host; tensors keep the dtype and device of `x`.

Gradients flow through a solver wherever the caller lets them: `gendiff.record.last` and
`record` switch them off, a bare loop over steps needs `torch.no_grad()`, or it keeps
the graph of every evaluation.

Evaluations a run: one a step, except `heun` (two, and one where a step ends at 0),
`adaptive` (as its tolerance asks), Langevin dynamics (one for each of its own steps)
and `Recurrent` (one for each try).
"""

from .adaptive import adaptive as adaptive, integrate as integrate
from .langevin import (
    annealed_langevin as annealed_langevin,
    langevin as langevin,
    predictor_corrector as predictor_corrector,
)
from .multistep import multistep as multistep, unipc as unipc
from .ode import euler as euler, heun as heun
from .recurrent import Recurrent as Recurrent
from .sde import ancestral as ancestral
