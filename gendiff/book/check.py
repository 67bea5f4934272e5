"""Do fresh numbers agree with the recorded ones?

How near is near depends on the kind of a claim. `exact` numbers are the same but for
rounding. `trained` ones spread with the order of summation: their verdict must stand
and they must lie within four spreads or 5 %, whichever is more. `timing` and
`published` are never compared.

Another processor rounds otherwise, and whatever was fitted or trained takes another
way from there. Numbers that were recorded on one are compared all the same, but a
difference is a remark; the verdicts must stand on every machine.
"""

import math
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gendiff.book import results
from gendiff.book.layout import Book
from gendiff.book.results import Results

EXACT = 1e-6
ROUNDING = 1e-9
"""A number below this is rounding, for instance the error of an identity."""
TRAINED = 0.05
SPREADS = 4
UNCOMPARED = {"timing", "published"}


@dataclass(frozen=True)
class Finding:
    """A difference between fresh and recorded results."""

    chapter: str
    text: str
    grave: bool = True
    """Whether it breaks a strict check; the rest are remarks."""

    def __str__(self) -> str:
        """Return one line for the terminal."""
        return f"{'DIFFERS' if self.grave else 'note   '} {self.chapter}: {self.text}"


def strict() -> bool:
    """Tell whether differences are errors here, as they are under CI."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def check(book: Book, chapters: list[str], preset: str) -> list[Finding]:
    """Compare the latest results of some chapters with the recorded ones."""
    found = [
        Finding(chapter, text, grave)
        for chapter in chapters
        for text, grave in compare(
            results.read(book.recorded(chapter, preset)),
            results.read(book.results(chapter, preset)),
        )
    ]
    return found + [
        Finding(chapter, text, grave)
        for chapter in chapters
        for text, grave in coverage(book, chapter, preset)
    ]


def coverage(book: Book, chapter: str, preset: str) -> Iterator[tuple[str, bool]]:
    """Yield the claims of the ledger that a chapter and its sections leave open.

    A claim that two pages judge is grave: two verdicts can contradict each other.
    """
    expected = results.expected(book, chapter)
    if not expected:
        return
    inside = [c for c in book.chapters() if c == chapter or c.startswith(f"{chapter}/")]
    fresh = [results.read(book.results(page, preset)) for page in inside]
    judged = Counter(
        claim["id"] for result in fresh if result for claim in result["claims"]
    )
    if left := [name for name in expected if name not in judged]:
        yield f"claims without a verdict yet: {', '.join(left)}", False
    for name, times in judged.items():
        if times > 1:
            yield f"claim {name} is judged on {times} pages", True


def compare(
    recorded: Results | None, fresh: Results | None
) -> Iterator[tuple[str, bool]]:
    """Yield each difference, and whether it is grave."""
    if fresh is None:
        yield "was not run, there is nothing to compare", True
        return
    if recorded is None:
        if fresh["claims"] and fresh["preset"] != "smoke":  # which decides nothing
            yield "nothing is recorded yet: python -m gendiff.book record", False
        return
    now = {claim["id"]: claim for claim in fresh["claims"]}
    then = {claim["id"]: claim for claim in recorded["claims"]}
    for name in then.keys() - now.keys():
        yield f"claim {name} is recorded and no longer measured", True
    for name in now.keys() - then.keys():
        yield f"claim {name} is not recorded yet", False
    both = sorted(then.keys() & now.keys())
    changed = [text for name in both for text in verdicts(then[name], now[name])]
    moved = [text for name in both for text in differences(then[name], now[name])]
    yield from ((text, True) for text in changed)
    if machine(recorded) == machine(fresh):
        yield from ((text, True) for text in moved)
    else:
        yield from ((f"{text}; on {machine(recorded)}", False) for text in moved)
    if recorded["key"] != fresh["key"] and not changed + moved:
        yield "recorded with an earlier library, the numbers agree", False


def machine(result: Results) -> str:
    """Return what kind of machine made the results."""
    return result["provenance"].get("machine", "an unknown machine")


def verdicts(then: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """Yield whether the verdict on a claim has changed."""
    if then["verdict"] != now["verdict"] and now["kind"] not in UNCOMPARED:
        yield (
            f"claim {now['id']} was recorded as {then['verdict']!r} "
            f"and is {now['verdict']!r} now"
        )


def differences(then: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """Yield what differs between the numbers of two measurements of one claim."""
    name, kind = now["id"], now["kind"]
    if kind in UNCOMPARED:
        return
    for quantity in sorted(then["measured"].keys() ^ now["measured"].keys()):
        yield f"claim {name}: {quantity!r} is measured on one side only"
    for quantity in sorted(then["measured"].keys() & now["measured"].keys()):
        old, new = then["measured"][quantity], now["measured"][quantity]
        spreads = [side["spread"].get(quantity) or 0.0 for side in (then, now)]
        room = tolerance(kind, old, new, max(spreads))
        if not near(old, new, room):
            yield (
                f"claim {name}: {quantity} was recorded as {old:.6g} and is {new:.6g}, "
                f"further apart than {room:.2g} ({kind})"
            )


def tolerance(kind: str, old: float, new: float, spread: float) -> float:
    """Return how far apart two values of one quantity may lie."""
    size = max(abs(old), abs(new))
    if kind == "exact":
        return max(EXACT * size, ROUNDING)
    return max(SPREADS * spread, TRAINED * size, ROUNDING)


def near(old: float, new: float, room: float) -> bool:
    """Tell whether two numbers agree; what is not finite agrees with itself."""
    if math.isfinite(old) and math.isfinite(new):
        return abs(old - new) <= room
    return old == new or (math.isnan(old) and math.isnan(new))
