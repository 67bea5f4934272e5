"""Guidance: denoisers made of denoisers, by contrast or by a classifier's gradient."""

from .classifier import (
    BackwardGuidance as BackwardGuidance,
)
from .classifier import (
    ClassifierGuidance as ClassifierGuidance,
)
from .classifier import (
    Labelled as Labelled,
)
from .classifier import (
    NoisyClassifier as NoisyClassifier,
)
from .classifier import (
    Recurrent as Recurrent,
)
from .classifier import (
    UniversalGuidance as UniversalGuidance,
)
from .contrast import (
    Composed as Composed,
)
from .contrast import (
    Contrast as Contrast,
)
from .contrast import (
    Given as Given,
)
from .contrast import (
    Interval as Interval,
)
from .contrast import (
    Tempered as Tempered,
)
from .repairs import (
    Projected as Projected,
)
from .repairs import (
    Rescaled as Rescaled,
)
from .repairs import (
    Thresholded as Thresholded,
)
