"""The device is apart from the preset, and resolved before anything runs."""

import pytest

from gendiff.book import device
from gendiff.book.run import device as of_run


@pytest.fixture(params=["cpu", "cuda", "mps"])
def there(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the best device of a machine that we pretend to be on."""
    monkeypatch.setattr(device, "available", lambda: request.param)
    return request.param


def test_the_processor_is_the_default_and_always_there(there: str) -> None:
    assert device.resolve(None, "smoke") == device.resolve("cpu", "gpu") == "cpu"
    assert device.resolve("auto", "smoke") == there


def test_the_gpu_preset_takes_what_there_is_and_refuses_nothing_at_all(
    there: str,
) -> None:
    if there == "cpu":
        with pytest.raises(ValueError, match="take --preset cpu, or insist"):
            device.resolve(None, "gpu")
    else:
        assert device.resolve(None, "gpu") == there


def test_what_is_not_there_is_refused(there: str) -> None:
    for wanted in {"cuda", "mps"} - {there}:
        with pytest.raises(ValueError, match=f"{wanted}' is not there.*'{there}'"):
            device.resolve(wanted, "smoke")
    with pytest.raises(ValueError, match="choose auto, cpu, cuda, mps"):
        device.resolve("tpu", "smoke")


def test_a_notebook_computes_where_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENDIFF_DEVICE", "mps")
    assert of_run("smoke").type == "mps"
    monkeypatch.delenv("GENDIFF_DEVICE")
    assert of_run("cpu").type == "cpu"
