import itertools
import json
import math
from typing import Any

import numpy as np
import pytest
import torch

from gendiff.book import claims, ledger

TRUTH = [True, False]


def expected(
    *,
    holds: bool,
    under: bool | None,
    preset: str,
    needs: str | None,
    undecided: str | None,
) -> str:
    order = ["smoke", "cpu", "gpu"]
    if undecided or (needs and order.index(preset) < order.index(needs)):
        return "undecided"
    if holds:
        return "holds"
    return "qualified" if under else "fails"


@pytest.mark.parametrize(
    ("holds", "under", "preset", "needs", "undecided"),
    list(
        itertools.product(
            TRUTH,
            [None, *TRUTH],
            claims.PRESETS,
            [None, "cpu", "gpu"],
            [None, "more data"],
        )
    ),
)
def test_every_verdict(
    *,
    holds: bool,
    under: bool | None,
    preset: Any,
    needs: Any,
    undecided: str | None,
) -> None:
    condition = None if under is None else ("small steps", under)
    verdict, reason = claims.decide(
        holds=holds, under=condition, preset=preset, needs=needs, undecided=undecided
    )
    assert verdict == expected(
        holds=holds, under=under, preset=preset, needs=needs, undecided=undecided
    )
    assert (reason is None) == (verdict in ("holds", "fails"))
    if verdict == "qualified":
        assert reason == "small steps"
    if verdict == "undecided" and undecided:
        assert reason == "more data"


def test_record_carries_the_schema_as_json() -> None:
    record = claims.record(
        "A-C02",
        measured={"KS": np.float64(0.25), "n": 3, "t": torch.tensor(0.5)},
        holds=np.bool_(True),
        control=torch.tensor(False),
        spread={"KS": 0.01},
        n=3,
    )
    assert json.loads(json.dumps(record)) == record
    assert record["verdict"] == "holds"
    assert record["measured"] == {"KS": 0.25, "n": 3, "t": 0.5}
    assert record["spread"] == {"KS": 0.01, "n": None, "t": None}
    assert record["claim"] == "exact"
    assert record["anchor"] == "claim-a-c02"
    assert record["criterion"] == ledger.claim("A-C02").criterion
    assert record["condition"] is None
    assert record["control"] is False


def test_condition_is_told_only_when_it_decides() -> None:
    given = {"measured": {"r": 4.0}, "under": ("$\\lambda=1$", True)}
    assert claims.record("A-C05", holds=True, **given)["condition"] is None
    assert claims.record("A-C05", holds=False, **given)["condition"] == "$\\lambda=1$"


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, torch.tensor(math.nan)])
def test_a_number_that_is_none_is_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match=r"A-C02: KS is .*find out why"):
        claims.record("A-C02", measured={"KS": bad}, holds=True)
    with pytest.raises(ValueError, match=r"A-C02: spread of KS is"):
        claims.record("A-C02", measured={"KS": 1.0}, holds=True, spread={"KS": bad})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"control": True}, "control passes a criterion that it must fail"),
        ({"measured": {}}, "exact but nothing is measured"),
        ({"spread": {"other": 0.1}}, "spread of other, which is not measured"),
        ({"n": 0}, "n=0; n counts"),
        ({"needs": "smoke"}, "needs='smoke'; a claim may need 'cpu' or 'gpu'"),
        ({"under": (" ", True)}, "under which condition"),
        ({"undecided": ""}, "what would decide"),
    ],
)
def test_failures_say_what_to_do(changes: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"measured": {"KS": 0.1}, "holds": True} | changes
    with pytest.raises(ValueError, match=message):
        claims.record("A-C02", **given)


def test_control_that_passes_is_refused_even_when_undecided() -> None:
    with pytest.raises(ValueError, match="control"):
        claims.record(
            "A-C02", measured={"KS": 1.0}, holds=True, control=True, undecided="more"
        )


def test_unknown_id_names_its_neighbours() -> None:
    with pytest.raises(ValueError, match=r"no claim 'A-C99'; nearest: .*A-C"):
        claims.record("A-C99", measured={"x": 1.0}, holds=True)


def test_digits_follow_kind_spread_and_format() -> None:
    exact = claims.record("A-C02", measured={"v": 0.123456789}, holds=True)
    trained = claims.record("A-C04", measured={"v": 0.123456789}, holds=True)
    spread = claims.record(
        "A-C04", measured={"v": 0.123456789}, spread={"v": 0.00456}, holds=True
    )
    assert claims.values(exact) == {"v": "0.123457"}
    assert claims.values(trained) == {"v": "0.123"}
    assert claims.values(spread) == {"v": "0.1235 ± 0.0046"}
    assert claims.values(trained, {"v": "{:.1f} nats"}) == {"v": "0.1 nats"}
    with pytest.raises(ValueError, match="format for w, which is not measured"):
        claims.values(trained, {"w": ".1f"})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"holds": True}, "holds"),
        ({"holds": False}, "does not hold"),
        ({"holds": False, "under": ("c & d", True)}, "holds with a qualification"),
        ({"holds": True, "undecided": "more <data>"}, "undecided here"),
    ],
)
def test_block_says_its_verdict_in_words(given: dict[str, Any], words: str) -> None:
    record = claims.record("A-C05", measured={"a < b": 0.1}, **given)
    block = claims.block(record, claims.values(record))
    assert f"</span> {words}</span>" in block
    assert 'id="claim-a-c05"' in block
    assert "a &lt; b" in block
    assert "<data>" not in block
    assert "\\(\\lambda(t)" in block
    assert "$" not in block
    assert claims.plain(record, claims.values(record)) == f"A-C05 {words}: a < b = 0.1"
