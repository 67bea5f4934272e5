"""What a page may say about a claim, and what is refused in the run already."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from gendiff.book import claims, ledger
from gendiff.book.evidence import Number, to_json
from gendiff.estimate import Estimate

GAIN = Estimate(0.5, 0.1, 3, "training runs")


@pytest.fixture(autouse=True)
def small_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the ledger have one experiment, one comparison and one identity."""
    folder = tmp_path / "book" / "ledger"
    folder.mkdir(parents=True)
    plain = {"post": "guidance", "text": "A text.", "criterion": "It is a lot."}
    parts = {"parts": [{"quantity": "gain", "above": 0.0}]}
    rows = [
        {"id": "G-C01", "kind": "experiment", "equal": [], **plain, **parts},
        {"id": "G-C02", "kind": "experiment", "equal": ["calls"], **plain, **parts},
        {"id": "G-C03", "kind": "identity", "test": "tests/formulas/t.py::t", **plain},
        {"id": "G-C04", "kind": "opinion", **plain},
    ]
    for name in ledger.CHAPTERS:
        found = {"claims": rows} if name == "guidance" else {}
        (folder / f"{name}.yml").write_text(yaml.safe_dump(found))
    monkeypatch.setenv("GENDIFF_ROOT", str(tmp_path))


def test_a_record_holds_numbers_and_no_verdict() -> None:
    found = claims.measured(
        "G-C01",
        {"gain": GAIN, "steps": 7, "rate": np.float32(0.5), "one": torch.tensor(1.0)},
        controls={"labels shuffled": {"gain": Estimate(0.01, 0.1, 3, "training runs")}},
    )
    assert found.numbers["gain"] == Number(0.5, 0.1, 3, "training runs")
    assert found.numbers["steps"] == Number(7)
    record = to_json(found)
    assert not {"verdict", "holds", "criterion"} & set(record)
    assert record["controls"]["labels shuffled"]["gain"]["value"] == 0.01


@pytest.mark.parametrize(
    ("name", "given", "more", "told"),
    [
        ("G-C99", {"gain": GAIN}, {}, "no claim 'G-C99'"),
        ("G-C03", {"gain": GAIN}, {}, "is an identity, shown by tests/formulas"),
        ("G-C01", {}, {}, "nothing is measured"),
        (
            "G-C01",
            {"loss": GAIN},
            {},
            "the ledger asks for gain, and measured are loss",
        ),
        ("G-C01", {"gain": GAIN, "Gain ": 1.0}, {}, "gain is measured twice"),
        ("G-C01", {"gain": float("nan")}, {}, "find out why"),
        ("G-C01", {"gain": Estimate(1.0, float("inf"), 3, "x")}, {}, "find out why"),
        ("G-C02", {"gain": GAIN}, {}, "compared at equal calls"),
        ("G-C01", {"gain": GAIN}, {"cost": {"calls": {"a": 3.0}}}, "two sides or more"),
        ("G-C01", {"gain": GAIN}, {"cost": {"calls": {"a": 3.0, "b": 0.0}}}, "above 0"),
        ("G-C01", {"gain": GAIN}, {"doubled": {"loss": GAIN}}, "loss is not among"),
        ("G-C01", {"gain": GAIN}, {"controls": {"c": {"loss": GAIN}}}, "loss is not"),
    ],
)
def test_what_is_no_measurement_is_refused(
    name: str, given: dict[str, Any], more: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        claims.measured(name, given, **more)


@pytest.mark.parametrize(
    ("control", "told"),
    [
        (Estimate(0.0, 0.0, 3, "x"), "held against itself"),
        (0.0, "held against itself"),
        (GAIN, "the measured number itself"),
        (Estimate(-0.5, 0.1, 3, "x"), "a mirror image"),
    ],
)
def test_a_control_that_could_not_come_out_otherwise_is_refused(
    control: Any, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        claims.measured("G-C01", {"gain": GAIN}, controls={"c": {"gain": control}})
    controls = {"c": {"gain": control}}
    found = claims.measured("G-C01", {"gain": GAIN}, controls=controls, decides=False)
    assert set(found.controls) == {"c"}


def test_an_opinion_may_have_numbers_for_and_against() -> None:
    assert claims.measured("G-C04", {"anything": 1.0}).id == "G-C04"


def test_the_block_escapes_and_shows_what_was_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = claims.measured(
        "G-C01",
        {"gain": GAIN, "a < b at $x^2$": 0.123456},
        controls={"untrained": {"gain": Estimate(0.0, 0.1, 3, "x")}},
        cost={"calls": {"guided": 48, "plain": 48}},
    )
    page = claims.render(
        "claim.html", row=ledger.claim("G-C01"), claim=found, judged=None
    )
    assert "<dt>a &lt; b at \\(x^2\\)</dt><dd>0.1235</dd>" in page
    assert "<dd>0.50 ± 0.10</dd>" in page
    assert "Control, untrained" in page
    assert "Cost in calls" in page
    assert 'aria-label="Claim G-C01"' in page
    head, _, rest = page.partition("</summary>")
    assert "G-C01" in head
    assert "Criterion" not in head
    assert "Criterion" in rest
    assert page.startswith("<details ")
    assert " open" not in page[: page.index(">")]
    claims.publish(found)
    assert "G-C01: gain = 0.50 ± 0.10" in capsys.readouterr().out
