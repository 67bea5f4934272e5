"""Two knobs trade precision for recall: which settings of one does the other beat?"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Trade:
    """Precision and recall at one setting of a knob."""

    precision: float
    recall: float


def beaten(trades: Iterable[Trade], by: Iterable[Trade], /) -> list[Trade]:
    """Return those that fall short in recall of another at no less precision."""
    rivals = [*by]
    return [
        trade
        for trade in trades
        if any(
            rival.precision >= trade.precision and rival.recall > trade.recall
            for rival in rivals
        )
    ]
