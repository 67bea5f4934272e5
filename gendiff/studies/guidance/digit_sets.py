"""Sets of digits beside real ones, in the features of an independent judge.

A `Ruler` is what the judge makes of real images; `Ruler.judged` holds a set of samples
against them. Every measure can be taken of a part of the set, by index, so that each
has a standard error by the jackknife, and so has its difference between two sets that
were drawn from the same noises: that is known better than either.

*Distance* is the energy distance between samples and real images of one class, averaged
over classes. *Precision* and *recall* are those of `gendiff.metrics.neighbours`.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.data.glyphs import Glyphs
from gendiff.estimate import Estimate
from gendiff.metrics import coverage, jackknife, recall
from gendiff.metrics.neighbours import radii
from gendiff.studies.digits import CLASSES, Judge
from gendiff.studies.guidance.trade import Trade

GROUPS = 21
"""Of the jackknife: no multiple of ten, so that each has all classes."""
NEIGHBOUR = 3
ALL = slice(None)
Index = Int[Tensor, " m"] | slice


@dataclass(frozen=True)
class Opinion:
    """What the judge sees on each image."""

    certain: Float[Tensor, "n class"]
    """The probability of each class."""
    face: Float[Tensor, "n face"]
    """The logits of each face."""
    factors: Float[Tensor, "n factor"]
    """Size and place."""
    features: Float[Tensor, "n d"]


@torch.no_grad()
def opinion(judge: Judge, images: Float[Tensor, "n 1 h w"], /) -> Opinion:
    """Return what the judge sees on images, some at a time."""
    device = next(judge.parameters()).device
    parts = [part.to(device) for part in images.split(500)]
    told = zip(*[(*judge(x), judge.features(x)) for x in parts], strict=True)
    label, face, factors, features = (torch.cat(each).cpu() for each in told)
    return Opinion(label.softmax(1), face, factors, features.double())


def mean_gap(x: Float[Tensor, "n d"], /) -> float:
    """Return the mean distance between two different points of a set."""
    return float(torch.cdist(x, x).sum()) / (len(x) * (len(x) - 1))


class Ruler:
    """Real images, as the judge sees them: what sets of samples are held against."""

    def __init__(self, judge: Judge, real: Glyphs) -> None:
        self.judge = judge
        self.labels = real.labels
        seen = opinion(judge, real.images)
        self.factors, self.features = seen.factors, seen.features
        self.reach = radii(self.features, k=NEIGHBOUR)
        """How far each real image is from its third neighbour."""
        self.gaps = [mean_gap(self.features[real.labels == c]) for c in range(CLASSES)]
        """The mean distance between two real images of each class."""

    def judged(
        self,
        images: Float[Tensor, "n 1 h w"],
        labels: Int[Tensor, " n"] | None = None,
        /,
    ) -> "Judged":
        """Return a set beside the real images; labels go in turn, if none are given."""
        if labels is None:
            labels = torch.arange(len(images)) % CLASSES
        return Judged(self, images.cpu(), labels)


Statistic = Callable[["Judged", Int[Tensor, " m"]], float]


@dataclass(frozen=True)
class Judged:
    """A set of digits, what was asked for, and what the judge makes of it."""

    ruler: Ruler
    images: Float[Tensor, "n 1 h w"]
    labels: Int[Tensor, " n"]

    @cached_property
    def seen(self) -> Opinion:
        """What the judge sees on each image."""
        return opinion(self.ruler.judge, self.images)

    @cached_property
    def _to_real(self) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
        """Return whether each is within reach of a real image, and its mean distance.

        The distance is that to the real images of the class asked for.
        """
        away = torch.cdist(self.seen.features, self.ruler.features)
        same = self.labels[:, None] == self.ruler.labels
        inside = (away <= self.ruler.reach).any(1).double()
        return inside, (away * same).sum(1) / same.sum(1)

    @cached_property
    def _apart(self) -> Float[Tensor, "n n"]:
        return torch.cdist(self.seen.features, self.seen.features)

    def adherence(self, i: Index = ALL, /) -> float:
        """Return the mean probability of the class asked for."""
        certain = self.seen.certain.gather(1, self.labels[:, None])[:, 0]
        return float(certain.double()[i].mean())

    def distance(self, i: Index = ALL, /) -> float:
        """Return the energy distance to the real images of a class, averaged."""
        index, (_, to_class) = torch.arange(len(self.images))[i], self._to_real
        parts: list[float] = []
        for c, gap in enumerate(self.ruler.gaps):
            k = index[self.labels[index] == c]
            within = float(self._apart[k][:, k].sum()) / (len(k) * (len(k) - 1))
            parts.append(2 * float(to_class[k].mean()) - within - gap)
        return math.fsum(parts) / CLASSES

    def precision(self, i: Index = ALL, /) -> float:
        """Return the fraction of samples within reach of a real image."""
        return float(self._to_real[0][i].mean())

    def recall(self, i: Index = ALL, /) -> float:
        """Return the fraction of real images within reach of a sample."""
        return recall(self.seen.features[i], self.ruler.features, k=NEIGHBOUR)

    def trade(self, i: Index = ALL, /) -> Trade:
        """Return precision and recall."""
        return Trade(self.precision(i), self.recall(i))

    def coverage(self) -> float:
        """Return the fraction of real images that have a sample within their reach."""
        return coverage(self.seen.features, self.ruler.features)

    def variance_within(self, i: Index = ALL, /) -> float:
        """Return the variance of images within their class, over all pixels."""
        shown = self.images.clamp(-1, 1)  # what lies beyond the range is not seen
        flat, labels = shown.flatten(1).double()[i], self.labels[i]
        parts = [flat[labels == c].var(0).sum() for c in range(CLASSES)]
        return float(torch.stack(parts).mean())

    def saturation(self, i: Index = ALL, /) -> float:
        """Return the fraction of pixels outside the data's range by more than 0.05."""
        return float((self.images[i].abs() > 1.05).double().mean())

    def faces(self) -> float:
        """Return the entropy of the faces that the judge sees, in bits."""
        share = self.seen.face.softmax(1).mean(0).double()
        return float(torch.special.entr(share).sum()) / math.log(2)

    def spreads(self) -> tuple[float, float]:
        """Return the spreads of sizes and of places, as fractions of the real ones'."""
        size, *place = (self.seen.factors.std(0) / self.ruler.factors.std(0)).tolist()
        return size, sum(place) / len(place)

    def estimate(self, statistic: Statistic, /) -> Estimate:
        """Return one of the measures with its standard error."""
        one = partial(statistic, self)
        return jackknife(one, len(self.images), groups=GROUPS, of="noises")

    def change(self, statistic: Statistic, since: "Judged", /) -> Estimate:
        """Return how much it differs from another set drawn from the same noises."""

        def change(i: Int[Tensor, " m"]) -> float:
            return statistic(self, i) - statistic(since, i)

        return jackknife(change, len(self.images), groups=GROUPS, of="noises")


MEASURES = Judged.adherence, Judged.distance, Judged.precision, Judged.recall
HEADER = (
    *("", "adherence", "distance", "precision", "recall", "coverage"),
    *("faces", "sizes", "places"),
)


def row(name: str, found: Judged, /) -> tuple[str, ...]:
    """Return a row of the table of all measures."""
    numbers = [measure(found) for measure in MEASURES]
    numbers += [found.coverage(), found.faces(), *found.spreads()]
    return name, *(f"{number:.2f}" for number in numbers)


def errors(sets: Iterable[Judged], /) -> tuple[str, ...]:
    """Return the row of the largest standard errors."""
    found = [[each.estimate(of).error for of in MEASURES] for each in sets]
    worst = [f"{max(column):.2f}" for column in zip(*found, strict=True)]
    return "standard error, at most", *worst, *4 * ("",)
