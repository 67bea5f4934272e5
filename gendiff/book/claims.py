"""What a page says about a claim: numbers, controls, costs, and no verdict.

A run measures; it does not judge. Which numbers make a claim hold stands in the ledger,
over how many seeds in the record, and the build puts the verdict into the page. So a
page can be run, cached and compared without its outputs depending on earlier results.

A *control* is the same quantity measured where the claim should not hold: on shuffled
labels, untrained weights, another seed of the same setting, the same budget spent
plainly. It must be able to come out otherwise; what can't is refused here, and what
moves with the measurement or not at all by `verdict`, which sees several seeds.
"""

from collections import Counter
from collections.abc import Mapping

from gendiff.book import ledger, show
from gendiff.book.criteria import normal
from gendiff.book.evidence import Measured, Number, numbers, to_json
from gendiff.book.rows import Claim
from gendiff.book.templates import render
from gendiff.estimate import Estimate

Given = Mapping[str, Estimate | float]
"""Numbers by the name of their quantity, as a page has them."""


def measured(
    name: str,
    /,
    given: Given,
    *,
    controls: Mapping[str, Given] | None = None,
    cost: Mapping[str, Mapping[str, float]] | None = None,
    doubled: Given | None = None,
    decides: bool = True,
) -> Measured:
    """Return the record of a claim.

    In a run that `decides` nothing, sets are so small that a control can by chance be
    like what it is held against, and is not looked at.

    Raises:
        ValueError: If the id is unknown or its claim is not one that numbers speak of,
            a quantity that the ledger asks for is missing, a number is not finite, or a
            control cannot come out otherwise.
    """
    fit(ledger.claim(name), set(given), set(cost or {}))
    alike = Counter(map(normal, given))
    if twice := [quantity for quantity, times in alike.items() if times > 1]:
        raise ValueError(f"{name}: {', '.join(twice)} is measured twice")
    found = Measured(
        id=name,
        numbers=numbers(name, given),
        controls={
            title: numbers(f"{name}, control {title!r}", of)
            for title, of in (controls or {}).items()
        },
        cost={what: dict(sides) for what, sides in (cost or {}).items()},
        doubled=numbers(f"{name}, with calls doubled", doubled or {}),
        anchor=show.anchor("claim", name),
    )
    for what, of in (*found.controls.items(), ("doubled", found.doubled)):
        if unknown := set(of) - set(found.numbers):
            raise ValueError(
                f"{name}, {what!r}: {', '.join(sorted(unknown))} is not among what "
                "was measured, so there is nothing to hold it against"
            )
    for title, of in found.controls.items() if decides else ():
        for quantity, number in of.items():
            if fault := theatre(found.numbers[quantity], number):
                raise ValueError(f"{name}, control {title!r}: {quantity} {fault}")
    for what, sides in found.cost.items():
        if len(sides) < 2 or min(sides.values()) <= 0:
            raise ValueError(
                f"{name}: cost of {what} is {sides}; two sides or more, each above 0"
            )
    return found


def fit(row: Claim, given: set[str], cost: set[str], /) -> None:
    """Refuse numbers that are not what a row of the ledger asks for.

    Raises:
        ValueError: If its kind has no numbers, or a quantity or a cost is missing.
    """
    if row.kind == "identity":
        raise ValueError(
            f"{row.id} is an identity, shown by {row.test}; measure nothing for it"
        )
    if not given:
        raise ValueError(f"{row.id} is {row.kind} but nothing is measured")
    if missing := row.quantities() - given:
        raise ValueError(
            f"{row.id}: the ledger asks for {', '.join(sorted(missing))}, and measured "
            f"are {', '.join(sorted(given))}"
        )
    if missing := set(row.equal or ()) - cost:
        raise ValueError(
            f"{row.id}: its sides are compared at equal "
            f"{' and '.join(sorted(missing))}; give cost={{...}} with what each side "
            "spent"
        )


def theatre(measured: Number, control: Number, /) -> str | None:
    """Return why a control could not have come out otherwise, if that shows already."""
    value = control.value
    if value == 0 and not control.error and measured.error:
        return "is exactly 0 without an error: something was held against itself"
    if value == measured.value:
        return "is the measured number itself"
    if value == -measured.value and value != 0:
        return "is the measured number with its sign turned: a mirror image"
    return None


def publish(claim: Measured, /) -> None:
    """Show what was measured, with its record."""
    row = ledger.claim(claim.id)
    page = render("claim.html", row=row, claim=claim, judged=None)
    parts = (
        f"{key} = {show.measured(number.value, number.error)}"
        for key, number in claim.numbers.items()
    )
    bundle = {"text/html": page, "text/plain": f"{claim.id}: {', '.join(parts)}"}
    show.publish(bundle, {"kind": "claim", **to_json(claim)})
