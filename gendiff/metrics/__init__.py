"""What samples are judged by; none of it knows how they were made."""

from .accuracy import accuracy as accuracy
from .floor import floor as floor
from .jackknife import jackknife as jackknife
from .kernels import (
    energy_distance as energy_distance,
)
from .kernels import (
    median_distance as median_distance,
)
from .kernels import (
    squared_mmd as squared_mmd,
)
from .kolmogorov import (
    ks_between as ks_between,
)
from .kolmogorov import (
    ks_critical as ks_critical,
)
from .kolmogorov import (
    ks_critical_between as ks_critical_between,
)
from .kolmogorov import (
    ks_distance as ks_distance,
)
from .modes import count_modes as count_modes
from .neighbours import (
    coverage as coverage,
)
from .neighbours import (
    density as density,
)
from .neighbours import (
    precision as precision,
)
from .neighbours import (
    recall as recall,
)
from .ngrams import (
    NGrams as NGrams,
)
from .ngrams import (
    distinct as distinct,
)
from .ngrams import (
    unigram_entropy as unigram_entropy,
)
from .ngrams import (
    valid_words as valid_words,
)
from .overlap import bleu as bleu
from .overlap import edit_distance as edit_distance
from .probes import (
    principal_subspace as principal_subspace,
)
from .probes import (
    probe_accuracy as probe_accuracy,
)
from .probes import (
    probe_determination as probe_determination,
)
from .probes import (
    subspace_angle as subspace_angle,
)
from .spectra import (
    frequencies as frequencies,
)
from .spectra import (
    power_spectrum as power_spectrum,
)
from .spectra import (
    radial_average as radial_average,
)
from .spectra import (
    radial_spectrum as radial_spectrum,
)
from .spectra import (
    slope as slope,
)
from .spectra import (
    windowed as windowed,
)
from .wasserstein import (
    sliced_wasserstein as sliced_wasserstein,
)
from .wasserstein import (
    wasserstein as wasserstein,
)
