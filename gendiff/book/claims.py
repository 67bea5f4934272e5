"""Claims: a number meets the criterion that stood before it was known.

A verdict is computed, never typed. `holds` is the criterion evaluated on what was
measured. A claim that fails as it stands, but holds under a condition which is itself
measured, is `qualified`. A `control` is the same criterion on a case where it must
fail: a test that nothing can fail tests nothing. What a preset is too small to decide
stays `undecided`, with what would decide it.
"""

import math
from collections.abc import Mapping
from html import escape
from typing import Any, Literal, get_args

from gendiff.book import ledger, show
from gendiff.book.evidence import Record

Verdict = Literal["holds", "qualified", "fails", "undecided"]
Preset = Literal["smoke", "cpu", "gpu"]
PRESETS: tuple[Preset, ...] = get_args(Preset)

WORDS: dict[Verdict, tuple[str, str]] = {
    "holds": ("✓", "holds"),
    "qualified": ("◐", "holds with a qualification"),
    "fails": ("✗", "does not hold"),
    "undecided": ("?", "undecided here"),
}
"""How each verdict is shown: a symbol and words, so that colour never stands alone."""


def decide(
    *,
    holds: bool,
    under: tuple[str, bool] | None = None,
    preset: Preset = "cpu",
    needs: Literal["cpu", "gpu"] | None = None,
    undecided: str | None = None,
) -> tuple[Verdict, str | None]:
    """Return the verdict, and its condition or what would decide it.

    Raises:
        ValueError: If `needs` is no preset, or a condition or reason is empty.
    """
    if needs not in (None, *PRESETS[1:]):
        raise ValueError(f"needs={needs!r}; a claim may need 'cpu' or 'gpu'")
    if under is not None and not under[0].strip():
        raise ValueError("under=('', ...): say in words under which condition it holds")
    if undecided is not None and not undecided.strip():
        raise ValueError("undecided='': say what would decide the claim")
    if undecided is not None:
        return "undecided", undecided
    if needs is not None and PRESETS.index(preset) < PRESETS.index(needs):
        return "undecided", f"a run with the {needs} preset"
    if holds:
        return "holds", None
    if under is not None and under[1]:
        return "qualified", under[0]
    return "fails", None


def record(
    name: str,
    /,
    *,
    measured: Mapping[str, Any],
    holds: bool,
    under: tuple[str, bool] | None = None,
    control: bool | None = None,
    preset: Preset = "cpu",
    needs: Literal["cpu", "gpu"] | None = None,
    undecided: str | None = None,
    spread: Mapping[str, Any] | None = None,
    n: int | None = None,
) -> Record:
    """Return the claim's record: ledger row, numbers and verdict.

    Raises:
        ValueError: If the id is unknown, the control passes, or a number is missing,
            not finite or unknown.
    """
    row = ledger.claim(name)
    if control is not None and bool(control):
        raise ValueError(
            f"{name}: the control passes a criterion that it must fail, so the "
            f"criterion cannot tell. Sharpen it or the control: {row.criterion}"
        )
    if not measured and row.kind not in ("opinion", "published"):
        raise ValueError(
            f"{name} is {row.kind} but nothing is measured; give measured="
        )
    unknown = set(spread or {}) - set(measured)
    if unknown:
        raise ValueError(
            f"{name}: spread of {', '.join(sorted(unknown))}, which is not measured"
        )
    if n is not None and n < 1:
        raise ValueError(f"{name}: n={n}; n counts the repetitions, at least 1")
    verdict, reason = decide(
        holds=bool(holds),
        under=under and (under[0], bool(under[1])),
        preset=preset,
        needs=needs,
        undecided=undecided,
    )
    return {
        "kind": "claim",
        "id": name,
        "claim": row.kind,
        "text": row.text,
        "verdict": verdict,
        "measured": {key: _finite(name, key, value) for key, value in measured.items()},
        "spread": {
            key: None
            if (spread or {}).get(key) is None
            else _finite(name, f"spread of {key}", (spread or {})[key])
            for key in measured
        },
        "n": n,
        "criterion": row.criterion,
        "condition": reason if verdict == "qualified" else None,
        "decided_by": reason if verdict == "undecided" else None,
        "control": None if control is None else False,
        "anchor": show.anchor("claim", name),
    }


def _finite(name: str, key: str, value: Any) -> float:  # noqa: ANN401
    plain = value if isinstance(value, int) else float(value)
    if not math.isfinite(plain):
        raise ValueError(
            f"{name}: {key} is {plain}; find out why before it is published "
            "(a diverged run, an empty sample, a division by zero?)"
        )
    return plain


def publish(claim: Record, formats: Mapping[str, str] | None = None, /) -> None:
    """Show a claim's block with its record."""
    shown = values(claim, formats)
    bundle = {"text/html": block(claim, shown), "text/plain": plain(claim, shown)}
    show.publish(bundle, claim)


def values(
    claim: Record, formats: Mapping[str, str] | None = None, /
) -> dict[str, str]:
    """Return what was measured as text: value, spread, unit.

    Without a format an exact value gets six significant digits, others three, and a
    value with a spread as many as the spread allows.

    Raises:
        ValueError: If a format belongs to nothing measured.
    """
    formats = formats or {}
    unknown = set(formats) - set(claim["measured"])
    if unknown:
        raise ValueError(
            f"{claim['id']}: a format for {', '.join(sorted(unknown))}, which is not "
            "measured"
        )
    return {key: _value(claim, key, formats.get(key)) for key in claim["measured"]}


def _value(claim: Record, key: str, spec: str | None) -> str:
    value, spread = claim["measured"][key], claim["spread"][key]
    if spec is not None:
        text = show.formatted(value, spec)
        return text if spread is None else f"{text} ± {show.number(spread, 2)}"
    if spread is not None:
        return show.uncertain(value, spread)
    return show.number(value, 6 if claim["claim"] == "exact" else 3)


def block(claim: Record, shown: Mapping[str, str], /) -> str:
    """Return the HTML block that the reader sees."""
    symbol, words = WORDS[claim["verdict"]]
    n = "" if claim["n"] is None else f' <span class="gd-n">n = {claim["n"]}</span>'
    pairs = "".join(
        f"<div><dt>{show.markup(key)}</dt><dd>{escape(value)}</dd></div>"
        for key, value in shown.items()
    )
    note = ""
    if claim["condition"]:
        note = (
            f"<p><b>Holds under the condition</b> {show.markup(claim['condition'])}</p>"
        )
    if claim["decided_by"]:
        note = f"<p><b>Would decide it:</b> {show.markup(claim['decided_by'])}</p>"
    control = ""
    if claim["control"] is not None:
        control = "<p><b>Control:</b> a case that must fail the criterion fails it.</p>"
    return (
        f'<div class="gd-block gd-claim gd-{claim["verdict"]} tex2jax_process '
        f'mathjax_process" id="{claim["anchor"]}" role="group" '
        f'aria-label="Claim {claim["id"]}: {words}">'
        f'<p class="gd-head"><a href="#{claim["anchor"]}">{claim["id"]}</a> '
        f'<span class="gd-verdict"><span aria-hidden="true">{symbol}</span> {words}'
        "</span> "
        f'<span class="gd-kind">{claim["claim"]}</span>{n}</p>'
        f'<p class="gd-text">{show.markup(claim["text"])}</p>'
        f'<dl class="gd-measured">{pairs}</dl>'
        f"<p><b>Criterion:</b> {show.markup(claim['criterion'])}</p>"
        f"{note}{control}</div>"
    )


def plain(claim: Record, shown: Mapping[str, str], /) -> str:
    """Return the claim as one line for terminals and logs."""
    numbers = ", ".join(f"{key} = {value}" for key, value in shown.items())
    return f"{claim['id']} {WORDS[claim['verdict']][1]}: {numbers}"
