"""What samples are judged by; none of it knows how they were made."""

from .accuracy import accuracy as accuracy
from .energy import energy_distance as energy_distance
from .floor import floor as floor
from .jackknife import jackknife as jackknife
from .kolmogorov import ks_critical as ks_critical, ks_distance as ks_distance
from .modes import count_modes as count_modes
from .neighbours import (
    coverage as coverage,
    density as density,
    precision as precision,
    recall as recall,
)
from .ngrams import (
    NGrams as NGrams,
    distinct as distinct,
    unigram_entropy as unigram_entropy,
    valid_words as valid_words,
)
from .overlap import bleu as bleu, edit_distance as edit_distance
from .probes import (
    principal_subspace as principal_subspace,
    probe_accuracy as probe_accuracy,
    probe_determination as probe_determination,
    subspace_angle as subspace_angle,
)
from .spectra import (
    frequencies as frequencies,
    power_spectrum as power_spectrum,
    radial_average as radial_average,
    radial_spectrum as radial_spectrum,
    slope as slope,
    windowed as windowed,
)
from .wasserstein import (
    sliced_wasserstein as sliced_wasserstein,
    wasserstein as wasserstein,
)
