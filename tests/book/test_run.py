import sys
from typing import Any

import pytest
import torch

from gendiff import book
from gendiff.book import progress, show
from gendiff.book.run import Run
from gendiff.estimate import Estimate

RUN = Run("autoencoders", "cpu", 0)


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], Any, Any]]:
    seen: list[tuple[dict[str, Any], Any, Any]] = []
    monkeypatch.setattr(
        show,
        "publish",
        lambda bundle, record=None, **meta: seen.append((bundle, record, meta)),
    )
    return seen


def test_start_names_the_three_presets() -> None:
    with pytest.raises(ValueError, match=r"'tiny' is unknown.*'smoke'.*'cpu'.*'gpu'"):
        book.start("autoencoders", preset="tiny")


@pytest.mark.parametrize("seed", [-1, 0.5, True, "0"])
def test_start_wants_a_whole_seed(seed: Any) -> None:
    with pytest.raises(ValueError, match="root seed is a whole number"):
        book.start("autoencoders", seed=seed)


def test_start_seeds_the_global_generator() -> None:
    book.start("autoencoders", seed=3)
    first = torch.randn(2)
    book.start("autoencoders", seed=3)
    assert torch.equal(first, torch.randn(2))
    assert torch.get_num_threads() == 1


def test_choose_takes_the_preset_and_demands_the_same_names() -> None:
    sizes: dict[str, Any] = {"smoke": {"n": 1}, "cpu": {"n": 2}, "gpu": {"n": 3}}
    assert RUN.choose(**sizes).n == 2
    sizes["gpu"] = {"n": 3, "m": 1}
    with pytest.raises(ValueError, match="smoke lacks m; cpu lacks m"):
        RUN.choose(**sizes)


def test_generators_depend_on_root_and_purpose_alone() -> None:
    draws = {
        (run.seed, purpose): torch.randn(3, generator=run.generator(purpose))
        for run in (RUN, Run("guidance", "smoke", 1))
        for purpose in ("train", "sample")
    }
    again = torch.randn(3, generator=Run("x", "gpu", 0).generator("train"))
    assert torch.equal(draws[0, "train"], again)
    assert len({tuple(draw.tolist()) for draw in draws.values()}) == 4
    assert (
        RUN.rng("train").random() == RUN.rng("train").random() != RUN.rng("x").random()
    )


def test_device_is_the_cpu_unless_the_preset_is_gpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert RUN.device.type == "cpu"
    assert Run("x", "gpu", 0).device.type == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert Run("x", "gpu", 0).device.type == "cpu"


def test_claim_is_shown_and_recorded(outputs: list[Any]) -> None:
    number = Estimate(0.1, 0.01, 3, "draws")
    RUN.claim("A-C06", {"a quantity": number})
    bundle, record, _ = outputs[-1]
    assert record["numbers"]["a quantity"]["error"] == 0.01
    assert "claim-a-c06" in bundle["text/html"]


def test_asides_are_taken_out_of_the_page(outputs: list[Any]) -> None:
    pytest.importorskip("myst_nb")
    from myst_nb.ext.glue import extract_glue_data_cell  # noqa: PLC0415
    from nbformat.v4 import new_code_cell, new_output  # noqa: PLC0415

    show.aside("<p>caption</p>", "fig-x")
    bundle, _, meta = outputs[0]
    assert bundle == {"text/html": "<p>caption</p>"}
    cell = new_code_cell(outputs=[new_output("display_data", bundle, metadata=meta)])
    extract_glue_data_cell(cell)
    assert cell.outputs == []


def test_table_marks_numbers_and_checks_its_rows(outputs: list[Any]) -> None:
    RUN.table([["a", 1.5]], header=["name", "$x$"], caption="Two < three")
    html = outputs[0][0]["text/html"]
    assert '<td class="gd-number">1.5</td>' in html
    assert "Two &lt; three" in html
    assert r"\(x\)" in html
    with pytest.raises(ValueError, match="has 1 cells under 2 headings"):
        RUN.table([["a"]], header=["a", "b"], caption="x")


def test_series_are_recorded(outputs: list[Any]) -> None:
    RUN.series("loss", {"step": [1, 2], "loss": torch.tensor([0.5, torch.nan])})
    bundle, record, _ = outputs[0]
    assert bundle == {}
    assert record["values"] == {"step": [1.0, 2.0], "loss": [0.5, None]}


@pytest.mark.parametrize(
    ("disable", "session", "watched"),
    [("1", "x", False), ("", "x", True), ("0", "x", True), ("", None, False)],
)
def test_progress_is_for_those_who_watch(
    *,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    disable: str,
    session: str | None,
    watched: bool,
) -> None:
    monkeypatch.setenv("TQDM_DISABLE", disable)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    if session:
        monkeypatch.setenv("JPY_SESSION_NAME", session)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    assert progress.watched() is watched
    monkeypatch.setenv("TQDM_DISABLE", "1")
    assert list(RUN.progress(range(3), "train")) == [0, 1, 2]
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_a_sound_is_shown(outputs: list[Any]) -> None:
    RUN.sounds(
        {"silence": torch.zeros(100)},
        rate=8_000,
        alt="A player of a hundredth of a second of silence.",
        caption="Nothing to hear.",
        name="fig-test-silence",
    )
