"""Training: one loop for every network, its plans, averages and checkpoints."""

from .ema import (
    Average as Average,
)
from .ema import (
    Exponential as Exponential,
)
from .ema import (
    Power as Power,
)
from .ema import (
    Profile as Profile,
)
from .ema import (
    Snapshot as Snapshot,
)
from .ema import (
    profile_weights as profile_weights,
)
from .ema import (
    synthesise as synthesise,
)
from .loop import (
    Accelerator as Accelerator,
)
from .loop import (
    Batch as Batch,
)
from .loop import (
    Batches as Batches,
)
from .loop import (
    Loss as Loss,
)
from .loop import (
    Progress as Progress,
)
from .loop import (
    fit as fit,
)
from .loop import (
    mean_loss as mean_loss,
)
from .loop import (
    train as train,
)
from .plan import (
    Plan as Plan,
)
from .plan import (
    Precision as Precision,
)
from .plan import (
    adamw as adamw,
)
from .plan import (
    constant as constant,
)
from .plan import (
    cosine as cosine,
)
from .plan import (
    linear as linear,
)
from .precision import choose_precision as choose_precision
