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
`AlongPath` makes losses of them. `Drifting` demands less, that the samples of a
one-step generator be where the data are, and knows of no flow.
"""

from .derivatives import lagrangian as lagrangian
from .derivatives import mean_flow as mean_flow
from .drifting import Drifting as Drifting
from .drifting import drift as drift
from .moments import consistency as consistency
from .moments import laplace as laplace
from .moments import moment_matching as moment_matching
from .moments import quadratic as quadratic
from .paths import AlongPath as AlongPath
from .paths import grouped as grouped
from .paths import landing as landing
from .paths import nearer as nearer
from .paths import neighbours as neighbours
from .paths import pairs as pairs
from .sampling import jumps as jumps
from .sampling import renoised as renoised
from .semigroup import progressive as progressive
from .semigroup import shortcut as shortcut
from .two_levels import Jump as Jump
from .two_levels import OneLevel as OneLevel
from .two_levels import TwoLevel as TwoLevel
from .two_levels import TwoLevelDenoiser as TwoLevelDenoiser
from .two_levels import aim as aim
from .two_levels import ddim as ddim
