"""What a claim must show: quantities, relations, margins, and what may not be changed.

A part names a quantity that a page measures, and where it must lie:

    {quantity: distance gained at equal calls, above: 0}
    {quantity: KS at 1000 steps, below: 0.01, kind: exact}
    {quantity: exponent, of: 0.5, within: 0.03}

A criterion that is changed once its number is known proves nothing. So every part has a
mark, a hash of all that a verdict depends on; the record keeps the marks that it was
made under, and `standing` compares.
"""

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Relation = Literal["above", "below", "within"]
PartKind = Literal["exact", "experiment", "timing"]


@dataclass(frozen=True, slots=True)
class Part:
    """A quantity and where it must lie.

    Raises:
        ValueError: If not exactly one relation is given, or a margin makes no sense.
    """

    quantity: str
    above: float | None = None
    below: float | None = None
    within: float | None = None
    """The largest distance from `of` that counts as the same."""
    of: float = 0.0
    kind: PartKind | None = None
    """Where it differs from the row's."""

    def __post_init__(self) -> None:
        given = [self.above, self.below, self.within]
        if sum(margin is not None for margin in given) != 1:
            raise ValueError(
                f"part {self.quantity!r} needs exactly one of above, below, within"
            )
        if not self.quantity.strip():
            raise ValueError("a part names a quantity; '' is none")
        numbers = [self.of, *(margin for margin in given if margin is not None)]
        if not all(map(math.isfinite, numbers)):
            raise ValueError(f"part {self.quantity!r}: margins are finite numbers")
        if self.within is not None and self.within <= 0:
            raise ValueError(
                f"part {self.quantity!r}: within {self.within}; sameness needs a "
                "margin above 0"
            )
        if self.within is None and self.of:
            raise ValueError(f"part {self.quantity!r}: of= belongs to within=")

    @property
    def relation(self) -> Relation:
        """How the quantity is to lie to the margin."""
        if self.above is not None:
            return "above"
        return "below" if self.below is not None else "within"

    @property
    def margin(self) -> float:
        """The margin of the relation."""
        found = {"above": self.above, "below": self.below, "within": self.within}
        margin = found[self.relation]
        assert margin is not None, "one of the three is given"
        return margin

    def beyond(self, value: float, /) -> float:
        """Return how far a value lies on the right side; negative on the wrong one."""
        if self.relation == "above":
            return value - self.margin
        if self.relation == "below":
            return self.margin - value
        return self.margin - abs(value - self.of)

    def mark(self, kind: str) -> str:
        """Return the part's hash; `kind` is the row's, for a part that has none."""
        said = [self.relation, self.margin, self.of, self.kind or kind]
        return digest("part", normal(self.quantity), *said)


@dataclass(frozen=True, slots=True)
class Condition:
    """Something a claim takes for granted, or under which it holds: words and parts.

    Raises:
        ValueError: If it says nothing, or nothing measures it.
    """

    says: str
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        if not self.says.strip() or not self.parts:
            raise ValueError(
                f"condition {self.says!r} needs words and at least one part, so that "
                "it can be false"
            )

    def mark(self, kind: str) -> str:
        """Return the condition's hash; `kind` is the row's."""
        parts = sorted(part.mark(kind) for part in self.parts)
        return digest("condition", normal(self.says), *parts)


def normal(words: str, /) -> str:
    r"""Return words without what layout and capitals do to them.

    >>> normal("  Distance, at\\n equal CALLS ")
    'distance, at equal calls'
    """
    return " ".join(words.split()).casefold()


def digest(*parts: object) -> str:
    """Return a short hash of plain values."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def root_seeds(page: str, marks: Iterable[str], count: int, /) -> list[int]:
    """Return the root seeds that criteria are tried on: derived, not chosen.

    They follow from the name of a chapter's first page and the marks of all criteria
    of the chapter, so nobody picks them, and a changed criterion gets fresh ones.

    Raises:
        ValueError: If `count` is below 1.
    """
    if count < 1:
        raise ValueError(f"{count} seeds; give at least 1")
    whole = json.dumps([page, *sorted(marks)])
    return [
        # 31 bits: what every generator takes, and what one can still type
        int.from_bytes(hashlib.sha256(f"{whole}/{k}".encode()).digest()[:4], "big") >> 1
        for k in range(count)
    ]
