"""Few steps: losses whose minimiser carries a signal from one noise level to another.

A denoiser says which way to go; a *flow map* says where one arrives. The probability
flow carries `x` at level `sigma` to one point at level `to`, and each method here
learns that map by demanding what holds of it alone:

======================  =====================================  ======================
demand                  error                                  who is asked
======================  =====================================  ======================
two steps equal one     `progressive`, `shortcut`              a teacher, or the net
two starts meet         `consistency`, `moment_matching`       a teacher, or the data
the end flows           `lagrangian`                           a teacher, or the net
the end stays           `mean_flow`                            the data
======================  =====================================  ======================

These are functions of a network (a `TwoLevel`), clean signals, noise and levels, and
`AlongPath` makes losses of them; `gendiff.flow_maps` says how far a map is from its
equations. `Drifting` demands less, that the samples of a one-step generator be where
the data are, and knows of no flow.
"""

from .derivatives import lagrangian as lagrangian, mean_flow as mean_flow
from .drifting import Drifting as Drifting, drift as drift
from .moments import (
    consistency as consistency,
    laplace as laplace,
    moment_matching as moment_matching,
    quadratic as quadratic,
)
from .paths import (
    AlongPath as AlongPath,
    grouped as grouped,
    landing as landing,
    nearer as nearer,
    neighbours as neighbours,
    pairs as pairs,
)
from .sampling import jumps as jumps, renoised as renoised
from .semigroup import progressive as progressive, shortcut as shortcut
from .two_levels import (
    Jump as Jump,
    OneLevel as OneLevel,
    TwoLevel as TwoLevel,
    TwoLevelDenoiser as TwoLevelDenoiser,
    aim as aim,
    ddim as ddim,
)
