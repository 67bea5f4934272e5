"""Guidance: denoisers made of denoisers, by contrast or by a classifier's gradient."""

from .classifier import (
    BackwardGuidance as BackwardGuidance,
    ClassifierGuidance as ClassifierGuidance,
    Labelled as Labelled,
    UniversalGuidance as UniversalGuidance,
)
from .contrast import (
    Composed as Composed,
    Contrast as Contrast,
    Given as Given,
    Interval as Interval,
    Tempered as Tempered,
)
from .repairs import (
    Projected as Projected,
    Rescaled as Rescaled,
    Thresholded as Thresholded,
)
