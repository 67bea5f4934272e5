"""Sets of images beside real ones, in the features of an independent judge.

A `Ruler` is what the judge makes of real images; `Ruler.judged` holds a set of samples
against them. Every measure can be taken of a part of the set, by index, so that each
has a standard error by the jackknife, and so has its difference between two sets that
were drawn from the same noises: that is known better than either.

*Adherence* is the mean probability that the judge gives to the class asked for.
*Distance* is the energy distance between samples and real images of one class, averaged
over classes. *Precision*, *recall* and *coverage* are those of
`gendiff.metrics.neighbours`; recall is hardly worth reading, since a sample far from
all others reaches far: half of a set may be white noise and recall stays. *Diversity*
is the mean distance between two samples of a class, over that of real images.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from gendiff.estimate import Estimate
from gendiff.guidance import Contrast, Given
from gendiff.metrics import jackknife
from gendiff.metrics.neighbours import radii
from gendiff.studies.digits import images
from gendiff.studies.guidance.digit_samples import Guide, drawn
from gendiff.studies.running import Running

GROUPS = 21
"""Of the jackknife: it shares no factor with ten classes, so that each has them all."""
NEIGHBOUR = 3
ALL = slice(None)
Index = Int[Tensor, " m"] | slice


@runtime_checkable
class Seer(Protocol):
    """A network that names and describes images."""

    def label(self, x: Float[Tensor, "b *s"], /) -> Float[Tensor, "b class"]:
        """Return the logits of the class."""
        ...

    def features(self, x: Float[Tensor, "b *s"], /) -> Float[Tensor, "b d"]:
        """Return the features in which images are compared."""
        ...

    def parameters(self) -> Iterator[nn.Parameter]:
        """Return its weights."""
        ...


@runtime_checkable
class Known(Protocol):
    """Real images and their classes, counted from 0."""

    @property
    def images(self) -> Float[Tensor, "n *s"]:
        """The images."""
        ...

    @property
    def labels(self) -> Int[Tensor, " n"]:
        """The class of each."""
        ...


@dataclass(frozen=True)
class Opinion:
    """What the judge sees on each image."""

    certain: Float[Tensor, "n class"]
    """The probability of each class."""
    features: Float[Tensor, "n d"]


@torch.no_grad()
def opinion(judge: Seer, images: Float[Tensor, "n *s"], /) -> Opinion:
    """Return what the judge sees on images, some at a time."""
    device = next(judge.parameters()).device
    parts = [part.to(device) for part in images.split(500)]
    logits = torch.cat([judge.label(x).cpu() for x in parts])
    features = torch.cat([judge.features(x).cpu() for x in parts])
    return Opinion(logits.softmax(1), features.double())


def mean_gap(x: Float[Tensor, "n d"], /) -> float:
    """Return the mean distance between two different points of a set."""
    return float(torch.cdist(x, x).sum()) / (len(x) * (len(x) - 1))


class Ruler:
    """Real images, as the judge sees them: what sets of samples are held against."""

    def __init__(self, judge: Seer, real: Known) -> None:
        self.judge = judge
        self.labels = real.labels
        self.classes = int(real.labels.max()) + 1
        self.features = opinion(judge, real.images).features
        self.reach = radii(self.features, k=NEIGHBOUR)
        """How far each real image is from its third neighbour."""
        parts = [self.features[real.labels == c] for c in range(self.classes)]
        self.gaps = [mean_gap(part) for part in parts]
        """The mean distance between two real images of each class."""

    def judged(
        self,
        images: Float[Tensor, "n *s"],
        labels: Int[Tensor, " n"] | None = None,
        /,
    ) -> "Judged":
        """Return a set beside the real images; labels go in turn, if none are given."""
        if labels is None:
            labels = torch.arange(len(images)) % self.classes
        return Judged(self, images.cpu(), labels)


Statistic = Callable[["Judged", Int[Tensor, " m"]], float]


@dataclass(frozen=True)
class Judged:
    """A set of images, what was asked for, and what the judge makes of it."""

    ruler: Ruler
    images: Float[Tensor, "n *s"]
    labels: Int[Tensor, " n"]

    def next_class(self) -> "Judged":
        """Return the same images, as if the class after each had been asked for."""
        return replace(self, labels=(self.labels + 1) % self.ruler.classes)

    @cached_property
    def seen(self) -> Opinion:
        """What the judge sees on each image."""
        return opinion(self.ruler.judge, self.images)

    @cached_property
    def _away(self) -> Float[Tensor, "n m"]:
        return torch.cdist(self.seen.features, self.ruler.features)

    @cached_property
    def _to_real(self) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
        """Return whether each is within reach of a real image, and its mean distance.

        The distance is that to the real images of the class asked for.
        """
        same = self.labels[:, None] == self.ruler.labels
        inside = (self._away <= self.ruler.reach).any(1).double()
        return inside, (self._away * same).sum(1) / same.sum(1)

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
        return math.fsum(parts) / self.ruler.classes

    def precision(self, i: Index = ALL, /) -> float:
        """Return the fraction of samples within reach of a real image."""
        return float(self._to_real[0][i].mean())

    def recall(self, i: Index = ALL, /) -> float:
        """Return the fraction of real images within reach of a sample."""
        own = self._apart[i][:, i].topk(NEIGHBOUR + 1, largest=False).values[:, -1]
        return float((self._away[i] <= own[:, None]).any(0).double().mean())

    def coverage(self, i: Index = ALL, /) -> float:
        """Return the fraction of real images with a sample within their reach."""
        near = self._away[i] <= self.ruler.reach
        return float(near.any(0).double().mean())

    def diversity(self, i: Index = ALL, /) -> float:
        """Return how far samples of a class are apart, over how far real ones are."""
        index = torch.arange(len(self.images))[i]
        parts: list[float] = []
        for c, gap in enumerate(self.ruler.gaps):
            k = index[self.labels[index] == c]
            within = float(self._apart[k][:, k].sum()) / (len(k) * (len(k) - 1))
            parts.append(within / gap)
        return math.fsum(parts) / self.ruler.classes

    def saturation(self, i: Index = ALL, /) -> float:
        """Return the fraction of pixels at an end of the range, beyond 0.95 of it."""
        return float((self.images[i].abs() > 0.95).double().mean())

    def estimate(self, statistic: Statistic, /) -> Estimate:
        """Return one of the measures with its standard error."""
        one = partial(statistic, self)
        return jackknife(one, len(self.images), groups=GROUPS, of="noises")

    def change(self, statistic: Statistic, since: "Judged", /) -> Estimate:
        """Return how much it differs from another set drawn from the same noises."""

        def change(i: Int[Tensor, " m"]) -> float:
            return statistic(self, i) - statistic(since, i)

        return jackknife(change, len(self.images), groups=GROUPS, of="noises")

    def over(self, statistic: Statistic, other: "Judged", /) -> Estimate:
        """Return the ratio of one of the measures to that of another set."""

        def ratio(i: Int[Tensor, " m"]) -> float:
            return statistic(self, i) / statistic(other, i)

        return jackknife(ratio, len(self.images), groups=GROUPS, of="noises")


MEASURES = (
    *(Judged.adherence, Judged.distance),
    *(Judged.precision, Judged.coverage, Judged.diversity),
)
HEADER = "", *(measure.__name__ for measure in MEASURES)


def row(name: str, found: Judged, /) -> tuple[str, ...]:
    """Return a row of the table of all measures."""
    return name, *(f"{measure(found):.2f}" for measure in MEASURES)


def errors(sets: Iterable[Judged], /) -> tuple[str, ...]:
    """Return the row of the largest standard errors."""
    found = [[each.estimate(of).error for of in MEASURES] for each in sets]
    worst = [f"{max(column):.2f}" for column in zip(*found, strict=True)]
    return "standard error, at most", *worst


def plain(net: Callable[..., Tensor], /) -> Guide:
    """Return the conditional model by itself, as a guide of scale 1."""
    return lambda labels, scale: Contrast(Given(net, labels), Given(net), scale)


def drawn_well(
    run: Running, ruler: Ruler, net: Callable[..., Tensor], n: int, steps: int, /
) -> dict[str, Estimate]:
    """Return precision, recall, coverage without guidance, over those of real digits.

    What every claim about the shared model takes for granted, by the names that the
    ledger has for it. The samples are those of scale 1 that pages draw anyway.

    Args:
        run: The run of the page.
        ruler: Real digits.
        net: The model.
        n: How many samples, and as many fresh images.
        steps: So many that the solver has converged.
    """
    samples = ruler.judged(drawn(run, plain(net), 1.0, n, steps=steps))
    fresh = images(run, n, "fresh")
    real = ruler.judged(fresh.images, fresh.labels)
    return {
        f"{of.__name__} without guidance, over that of real images": samples.over(
            of, real
        )
        for of in (Judged.precision, Judged.recall, Judged.coverage)
    }


def best_scale(
    run: Running,
    ruler: Ruler,
    guide: Guide,
    scales: Sequence[float],
    n: int,
    steps: int,
    /,
) -> float:
    """Return the scale with the least distance, on noises of its own ("selection")."""
    found = {
        scale: ruler.judged(
            drawn(run, guide, scale, n, steps=steps, purpose="selection")
        ).distance()
        for scale in scales
    }
    return min(found, key=found.__getitem__)
